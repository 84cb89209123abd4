-- Rules of access. `servers` NULL means every server, which only a deny may say; an emptied list can never become NULL.
CREATE TABLE policies (
  id uuid PRIMARY KEY,
  effect text NOT NULL CHECK (effect IN ('allow', 'deny')),
  description text NOT NULL DEFAULT '',
  enabled boolean NOT NULL DEFAULT true,
  expires_at timestamptz,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'group', 'role', 'everyone')),
  principal_ids text[] NOT NULL DEFAULT '{}',
  servers uuid[],
  tools jsonb,
  resources jsonb,
  conditions jsonb NOT NULL DEFAULT '[]',
  version integer NOT NULL DEFAULT 1,
  demo boolean,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT policies_some_server CHECK (servers IS NULL OR cardinality(servers) > 0),
  CONSTRAINT policies_global_is_deny CHECK (servers IS NOT NULL OR effect = 'deny'),
  CONSTRAINT policies_principals CHECK ((principal_type = 'everyone') = (cardinality(principal_ids) = 0))
);
CREATE INDEX policies_servers ON policies USING gin (servers);

-- What an administrator did to the rules that come with the product; no row means as shipped.
CREATE TABLE builtin_policies (
  id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('enabled', 'disabled', 'removed')),
  updated_at timestamptz NOT NULL
);
