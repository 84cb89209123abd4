-- What each connector last said its tools are. One row per connector that ever answered; its absence means the next
-- answer is the first one.
CREATE TABLE tool_lists (
  server_id uuid PRIMARY KEY,
  learned_at timestamptz NOT NULL,
  -- Whose credential was used, so that a later refresh can ask again; null for a shared one.
  learned_by uuid,
  -- Definitions that were refused: [{name, reason}].
  dropped jsonb NOT NULL
);

CREATE TABLE tools (
  server_id uuid NOT NULL REFERENCES tool_lists (server_id) ON DELETE CASCADE,
  name text NOT NULL,
  -- Never changes once given, also while the tool is gone.
  public_name text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('active', 'quarantined', 'gone')),
  -- The definition that may be served; null until one was accepted.
  approved_hash text,
  -- The definition last offered.
  offered_hash text NOT NULL,
  -- Why it waits, or what an administrator should look at; null when nothing.
  note text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (server_id, name)
);

CREATE TABLE tool_versions (
  server_id uuid NOT NULL,
  name text NOT NULL,
  hash text NOT NULL,
  definition text NOT NULL,
  seen_at timestamptz NOT NULL,
  decision text NOT NULL CHECK (decision IN ('pending', 'accepted', 'approved', 'rejected')),
  decided_by uuid,
  decided_at timestamptz,
  -- Against the definition approved when this one arrived: [{field, before, after}].
  changes jsonb NOT NULL,
  PRIMARY KEY (server_id, name, hash),
  FOREIGN KEY (server_id, name) REFERENCES tools (server_id, name) ON DELETE CASCADE
);
