-- How a connector signs in to its upstream by OAuth. The client secret stands sealed in connector_secrets.token.
ALTER TABLE connectors DROP CONSTRAINT connectors_auth_type_check;
ALTER TABLE connectors ADD CONSTRAINT connectors_auth_type_check CHECK (auth_type IN ('none', 'bearer', 'auto', 'oauth'));
ALTER TABLE connectors ADD COLUMN oauth jsonb;

-- What one person, or everybody together, was granted at an upstream's authorization server. `tokens` is sealed and bound
-- to the row. `generation` grows with each new consent, `refreshes` with each new token: pools key on the first alone.
CREATE TABLE grants (
  server_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
  owner text NOT NULL,
  user_id uuid REFERENCES people (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('connected', 'ended')),
  reason text,
  issuer text NOT NULL,
  client_id text NOT NULL,
  scope text,
  -- Rights an operation asked for since: the next sign-in asks for them too.
  wanted_scope text,
  facts jsonb NOT NULL,
  tokens text NOT NULL,
  expires_at timestamptz,
  generation bigint NOT NULL,
  refreshes integer NOT NULL DEFAULT 0,
  leased_by text,
  leased_until timestamptz,
  connected_at timestamptz NOT NULL,
  refreshed_at timestamptz,
  PRIMARY KEY (server_id, owner)
);
CREATE INDEX grants_user ON grants (user_id);

-- Clients registered at authorization servers, one for each issuer and redirect address, never used at another.
CREATE TABLE upstream_clients (
  issuer text NOT NULL,
  redirect_uri text NOT NULL,
  client_id text NOT NULL,
  secret text,
  auth_method text NOT NULL,
  expires_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (issuer, redirect_uri)
);

-- Sign-ins at upstreams that have begun: used once, by the person who began them, within minutes.
CREATE TABLE grant_flows (
  state_hash text PRIMARY KEY,
  server_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  sealed text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX grant_flows_expiry ON grant_flows (expires_at);

-- What was found out about an upstream's authorization, for one address of it.
CREATE TABLE grant_discoveries (
  server_id uuid PRIMARY KEY REFERENCES connectors (id) ON DELETE CASCADE,
  url text NOT NULL,
  facts jsonb NOT NULL,
  found_at timestamptz NOT NULL
);
