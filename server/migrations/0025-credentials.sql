-- What a connector itself carries: bearer token, headers and environment, each sealed and bound to its row and field.
CREATE TABLE connector_secrets (
  server_id uuid PRIMARY KEY REFERENCES connectors (id) ON DELETE CASCADE,
  token text,
  headers text NOT NULL,
  env text NOT NULL
);

-- What one person supplies for a connector's {PLACEHOLDERS}, sealed and bound to the pair.
CREATE TABLE personal_values (
  server_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  sealed text NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (server_id, user_id)
);
CREATE INDEX personal_values_user ON personal_values (user_id);
