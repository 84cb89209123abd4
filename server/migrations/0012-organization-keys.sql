-- Keys that act as the workspace and belong to nobody: each opens the operations of its role alone.
ALTER TABLE api_keys ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE api_keys ADD COLUMN kind text NOT NULL DEFAULT 'personal'
  CHECK (kind IN ('personal', 'organization', 'enrollment'));
ALTER TABLE api_keys ADD COLUMN role text CHECK (role IN ('deploy', 'detect_scan', 'security_scan', 'management'));
-- What a management key may do on REST.
ALTER TABLE api_keys ADD COLUMN platform_role text;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_owner CHECK ((kind = 'personal') = (user_id IS NOT NULL));
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role CHECK ((kind = 'organization') = (role IS NOT NULL));
ALTER TABLE api_keys ADD CONSTRAINT api_keys_platform_role
  CHECK ((role IS NOT DISTINCT FROM 'management') = (platform_role IS NOT NULL));

-- What somebody else did that a person should know of.
CREATE TABLE person_notices (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  text text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX person_notices_user ON person_notices (user_id, id);
