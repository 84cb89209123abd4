-- Where the other processes of this installation are reached, while they live.
CREATE TABLE processes (
  id text PRIMARY KEY,
  internal_url text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);
