-- A provider may vouch for its people at upstreams too; then what it gave at their last sign-in is kept, sealed to its row.
ALTER TABLE sso_providers ADD COLUMN keep_sign_in boolean NOT NULL DEFAULT false;

CREATE TABLE sso_kept_sign_ins (
  user_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
  provider_id uuid NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  sealed text NOT NULL,
  revision integer NOT NULL,
  leased_until timestamptz,
  kept_at timestamptz NOT NULL
);
CREATE INDEX sso_kept_sign_ins_provider ON sso_kept_sign_ins (provider_id);
