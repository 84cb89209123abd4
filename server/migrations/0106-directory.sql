-- What a directory (Entra ID, Okta, …) may use to keep people and groups in step. Its own kind: opens SCIM and nothing else.
CREATE TABLE provisioning_tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  hash text NOT NULL UNIQUE,
  prefix text NOT NULL,
  created_by uuid,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  last_used_ip text,
  -- Of the last change it made, in words.
  last_change_at timestamptz,
  last_change text,
  last_error_at timestamptz,
  last_error text
);

-- What the directory calls a person or group, as far as the person's own record has no place for it.
CREATE TABLE directory_people (
  user_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
  user_name text NOT NULL,
  external_id text,
  given_name text,
  family_name text,
  synced_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX directory_people_name ON directory_people (lower(user_name));
CREATE INDEX directory_people_external ON directory_people (external_id);

CREATE TABLE directory_groups (
  group_id uuid PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
  external_id text,
  synced_at timestamptz NOT NULL
);
CREATE INDEX directory_groups_external ON directory_groups (external_id);
