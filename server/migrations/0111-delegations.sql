-- Leave for an agent to act for a person. A new leave is a new row: nothing kept for an ended one comes back to life.
CREATE TABLE delegations (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  agent_id uuid NOT NULL REFERENCES agent_accounts (id) ON DELETE CASCADE,
  -- NULL: every connector that both may use.
  servers uuid[],
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  last_used_at timestamptz,
  last_used_ip text,
  CONSTRAINT delegations_some_server CHECK (servers IS NULL OR cardinality(servers) > 0),
  UNIQUE (user_id, agent_id)
);
CREATE INDEX delegations_agent ON delegations (agent_id);

-- A connector at which the agent may use the person's own credential while it acts for them.
CREATE TABLE session_grants (
  id uuid PRIMARY KEY,
  delegation_id uuid NOT NULL REFERENCES delegations (id) ON DELETE CASCADE,
  server_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  UNIQUE (delegation_id, server_id)
);
