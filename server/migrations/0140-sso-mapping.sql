-- What a provider's claims become here: groups, and attributes of people.
ALTER TABLE sso_providers ADD COLUMN mapping jsonb NOT NULL DEFAULT '{"groups": null, "attributes": []}';

-- Groups people are in because a provider said so when they last signed in; apart from members entered here or by a
-- directory, so that neither takes away what the other gave.
CREATE TABLE sso_group_members (
  provider_id uuid NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  group_id uuid NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (provider_id, group_id, user_id)
);
CREATE INDEX sso_group_members_user ON sso_group_members (user_id);
CREATE INDEX sso_group_members_group ON sso_group_members (group_id);
