-- Programs with an identity of their own. A secret is kept as a keyed hash; public keys take its place when there are any.
CREATE TABLE agent_accounts (
  id uuid PRIMARY KEY,
  client_id text NOT NULL UNIQUE,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  -- No reference: what somebody deleted leaves behind is still found by their id, to be handed over.
  owner_id uuid,
  secret_hash text,
  public_keys jsonb,
  -- Grows when the credential changes or the account is handed on: tokens of an earlier generation no longer count.
  generation integer NOT NULL DEFAULT 1,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  rotated_at timestamptz NOT NULL,
  last_used_at timestamptz,
  last_used_ip text,
  CONSTRAINT agent_accounts_credential CHECK ((secret_hash IS NULL) <> (public_keys IS NULL))
);
CREATE INDEX agent_accounts_owner ON agent_accounts (owner_id);

ALTER TABLE policies DROP CONSTRAINT policies_principal_type_check;
ALTER TABLE policies ADD CONSTRAINT policies_principal_type_check
  CHECK (principal_type IN ('user', 'group', 'role', 'agent_account', 'attributes', 'everyone'));
