-- What the authorization server keeps between requests: clients, codes, refresh tokens, grants, interactions. `id` is a
-- keyed hash of what the client holds; `sealed` opens for this row alone.
CREATE TABLE oauth_records (
  kind text NOT NULL,
  id text NOT NULL,
  sealed text NOT NULL,
  grant_id text,
  uid text,
  user_code text,
  consumed_at timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (kind, id)
);
CREATE INDEX oauth_records_grant ON oauth_records (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX oauth_records_uid ON oauth_records (kind, uid) WHERE uid IS NOT NULL;
CREATE INDEX oauth_records_code ON oauth_records (kind, user_code) WHERE user_code IS NOT NULL;
CREATE INDEX oauth_records_expiry ON oauth_records (expires_at) WHERE expires_at IS NOT NULL;

-- Keys that sign access tokens; the newest signs, all verify.
CREATE TABLE oauth_keys (
  id text PRIMARY KEY,
  sealed text NOT NULL,
  created_at timestamptz NOT NULL
);

-- A client a person connected: what they agreed to, and what they may take back.
CREATE TABLE oauth_connections (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  client_id text NOT NULL,
  client_hash text NOT NULL,
  client_name text NOT NULL,
  redirect_uri text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  last_used_ip text,
  UNIQUE (user_id, client_id, redirect_uri)
);

-- Each sign-in of a connected client; its tokens live and die with it. `id` is a keyed hash of the grant's name.
CREATE TABLE oauth_grants (
  id text PRIMARY KEY,
  connection_id uuid NOT NULL REFERENCES oauth_connections (id) ON DELETE CASCADE,
  resource text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX oauth_grants_connection ON oauth_grants (connection_id);
