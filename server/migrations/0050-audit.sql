-- One row per process start that writes audit events, and where its chain has got to.
CREATE TABLE audit_writers (
  id uuid PRIMARY KEY,
  -- Names the data folder: a process only replays and ends writers of its own folder.
  place uuid NOT NULL,
  demo boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  -- The last event in the database and the chain's hash after it.
  seq bigint NOT NULL DEFAULT 0,
  hash text NOT NULL
);
CREATE INDEX audit_writers_open ON audit_writers (heartbeat_at) WHERE closed_at IS NULL;

-- A signed stretch of a writer's chain: the digests of events from_seq to to_seq, 43 characters each.
CREATE TABLE audit_heads (
  writer uuid NOT NULL,
  to_seq bigint NOT NULL,
  from_seq bigint NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL,
  digests text NOT NULL,
  signed_at bigint NOT NULL,
  key_id text NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (writer, to_seq)
);

-- One row per call or change. Ids are version 7 UUIDs of `time`, so the primary key also orders by time. Everything
-- that comes from outside is text: no value may ever stop a batch from landing.
CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  time timestamptz NOT NULL,
  closed_at timestamptz,
  action text NOT NULL,
  outcome text NOT NULL,
  actor_type text NOT NULL,
  actor_id text NOT NULL,
  actor_email text,
  proof text,
  request_id text NOT NULL,
  correlation_id text NOT NULL,
  server_id text,
  tool text,
  plugin_id text,
  resource_type text,
  resource_id text,
  client_name text,
  client_version text,
  ip text,
  via text,
  meta text,
  reason text,
  rules text,
  scans text,
  -- [action, server_id, tool, resource_id] as opened, where closing changed one of them.
  opened text,
  -- SHA-256 of each body as stored: 'arguments:… result:…'. What remains when bodies are erased.
  open_hashes text,
  close_hashes text,
  -- Sealed, base64: decoding in the database would cost the embedded engine more than the rest of the row.
  open_bodies text,
  close_bodies text,
  writer uuid NOT NULL,
  open_seq bigint NOT NULL,
  close_seq bigint
);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);
CREATE INDEX audit_entries_server ON audit_entries (server_id, id);
CREATE INDEX audit_entries_pending ON audit_entries (writer) WHERE outcome = 'pending';
