-- People, the groups they are in, and what they prove themselves with. Secrets stand here as keyed hashes only.
CREATE TABLE people (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  name text NOT NULL DEFAULT '',
  roles text[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deactivated')),
  demo boolean,
  signed_in_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX people_email ON people (lower(email));

CREATE TABLE groups (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  demo boolean,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX groups_name ON groups (lower(name));

CREATE TABLE group_members (
  group_id uuid NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  name text NOT NULL,
  hash text NOT NULL UNIQUE,
  prefix text NOT NULL,
  created_by uuid,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_ip text
);
CREATE INDEX api_keys_user ON api_keys (user_id);

CREATE TABLE console_sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  hash text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  ip text,
  user_agent text
);
CREATE INDEX console_sessions_user ON console_sessions (user_id);

-- A link signs its person in once. The newest replaces those before it.
CREATE TABLE sign_in_links (
  hash text PRIMARY KEY,
  user_id uuid NOT NULL UNIQUE REFERENCES people (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);

-- Administrators set by the environment that have been applied: each is applied once, so a revoked key stays revoked.
CREATE TABLE applied_admins (
  hash text PRIMARY KEY,
  applied_at timestamptz NOT NULL
);
