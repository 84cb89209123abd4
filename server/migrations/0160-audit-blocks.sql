-- Entries that opened and closed within one batch, a batch to a row: storing them one by one cost more than everything
-- else about a call. A column holds what its namesake of audit_entries holds, one value a line, U+0002 for NULL.
CREATE TABLE audit_blocks (
  -- The smallest and the largest id: a block is found by time, and by an entry's id.
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  writer uuid NOT NULL,
  entries integer NOT NULL,
  -- A line for each entry; shared: the line below that holds the rest of it, from 1.
  id text NOT NULL,
  time text NOT NULL,
  request_id text NOT NULL,
  correlation_id text NOT NULL,
  open_hashes text NOT NULL,
  open_bodies text NOT NULL,
  open_seq text NOT NULL,
  closed_at text NOT NULL,
  close_hashes text NOT NULL,
  close_bodies text NOT NULL,
  close_seq text NOT NULL,
  shared text NOT NULL,
  -- A line for each combination; shared_count: how many entries have it.
  action text NOT NULL,
  outcome text NOT NULL,
  actor_type text NOT NULL,
  actor_id text NOT NULL,
  actor_email text NOT NULL,
  proof text NOT NULL,
  server_id text NOT NULL,
  tool text NOT NULL,
  plugin_id text NOT NULL,
  resource_type text NOT NULL,
  resource_id text NOT NULL,
  client_name text NOT NULL,
  client_version text NOT NULL,
  ip text NOT NULL,
  via text NOT NULL,
  meta text NOT NULL,
  opened text NOT NULL,
  reason text NOT NULL,
  rules text NOT NULL,
  scans text NOT NULL,
  shared_count text NOT NULL,
  PRIMARY KEY (last_id, first_id)
);
-- Compressing would cost the embedded engine as much as the rest of the row, and sealed bodies do not shrink.
ALTER TABLE audit_blocks
  ALTER id SET STORAGE EXTERNAL,
  ALTER time SET STORAGE EXTERNAL,
  ALTER request_id SET STORAGE EXTERNAL,
  ALTER correlation_id SET STORAGE EXTERNAL,
  ALTER open_hashes SET STORAGE EXTERNAL,
  ALTER open_bodies SET STORAGE EXTERNAL,
  ALTER open_seq SET STORAGE EXTERNAL,
  ALTER closed_at SET STORAGE EXTERNAL,
  ALTER close_hashes SET STORAGE EXTERNAL,
  ALTER close_bodies SET STORAGE EXTERNAL,
  ALTER close_seq SET STORAGE EXTERNAL,
  ALTER shared SET STORAGE EXTERNAL;

CREATE FUNCTION audit_lines(text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN string_to_array($1, E'\n', E'\x02');

-- The entries of a block. Whoever changes audit_entries creates this and the view anew.
CREATE FUNCTION audit_entries_of(b audit_blocks) RETURNS SETOF audit_entries LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT
    r.id::uuid, to_timestamp(r.time::float8 / 1000), to_timestamp(r.closed_at::float8 / 1000), s.action,
    s.outcome, s.actor_type, s.actor_id, s.actor_email, s.proof, r.request_id,
    coalesce(r.correlation_id, r.request_id), s.server_id, s.tool, s.plugin_id, s.resource_type,
    s.resource_id, s.client_name, s.client_version, s.ip, s.via, s.meta, s.reason, s.rules, s.scans,
    s.opened, r.open_hashes, r.close_hashes, r.open_bodies, r.close_bodies, b.writer, r.open_seq::bigint,
    r.close_seq::bigint
  FROM unnest(
    audit_lines(b.id), audit_lines(b.time), audit_lines(b.request_id), audit_lines(b.correlation_id),
    audit_lines(b.open_hashes), audit_lines(b.open_bodies), audit_lines(b.open_seq),
    audit_lines(b.closed_at), audit_lines(b.close_hashes), audit_lines(b.close_bodies),
    audit_lines(b.close_seq), audit_lines(b.shared)
  ) AS r(id, time, request_id, correlation_id, open_hashes, open_bodies, open_seq, closed_at,
    close_hashes, close_bodies, close_seq, shared)
  JOIN unnest(
    audit_lines(b.action), audit_lines(b.outcome), audit_lines(b.actor_type), audit_lines(b.actor_id),
    audit_lines(b.actor_email), audit_lines(b.proof), audit_lines(b.server_id), audit_lines(b.tool),
    audit_lines(b.plugin_id), audit_lines(b.resource_type), audit_lines(b.resource_id),
    audit_lines(b.client_name), audit_lines(b.client_version), audit_lines(b.ip), audit_lines(b.via),
    audit_lines(b.meta), audit_lines(b.opened), audit_lines(b.reason), audit_lines(b.rules),
    audit_lines(b.scans)
  ) WITH ORDINALITY AS s(action, outcome, actor_type, actor_id, actor_email, proof, server_id, tool, plugin_id, resource_type,
    resource_id, client_name, client_version, ip, via, meta, opened, reason, rules, scans, number)
  ON s.number = r.shared::bigint
$$;

-- Every entry, for whoever reads the database by hand.
CREATE VIEW audit_log AS
  SELECT * FROM audit_entries UNION ALL SELECT e.* FROM audit_blocks b CROSS JOIN LATERAL audit_entries_of(b) e;
