-- The data key of the installation, wrapped by RUNLAYER_SECRET_KEY. One row.
CREATE TABLE keyring (
  id smallint PRIMARY KEY CHECK (id = 1),
  wrapped_key text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  rewrapped_at timestamptz
);
