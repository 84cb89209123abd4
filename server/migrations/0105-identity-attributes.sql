-- What the directory says of a person by name (department, title, manager, …), and rules that go by it.
ALTER TABLE people ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}';

ALTER TABLE policies ADD COLUMN principal_attributes jsonb;
ALTER TABLE policies DROP CONSTRAINT policies_principal_type_check;
ALTER TABLE policies ADD CONSTRAINT policies_principal_type_check
  CHECK (principal_type IN ('user', 'group', 'role', 'agent_account', 'attributes', 'everyone'));
ALTER TABLE policies DROP CONSTRAINT policies_principals;
ALTER TABLE policies ADD CONSTRAINT policies_principals
  CHECK ((principal_type IN ('everyone', 'attributes')) = (cardinality(principal_ids) = 0));
-- No attributes would be everybody.
ALTER TABLE policies ADD CONSTRAINT policies_attributes
  CHECK ((principal_type = 'attributes') = (principal_attributes IS NOT NULL) AND principal_attributes IS DISTINCT FROM '{}'::jsonb);
