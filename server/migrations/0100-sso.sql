-- Identity providers people sign in at. `settings` holds what is no secret; the client secret is sealed to its row.
-- tested_at: when a Super Admin last signed in through it; forgotten when how it is reached changes.
CREATE TABLE sso_providers (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  settings jsonb NOT NULL,
  secret text,
  create_people boolean NOT NULL,
  link_by_email boolean NOT NULL,
  trust_email boolean NOT NULL,
  shown boolean NOT NULL,
  enforced boolean NOT NULL DEFAULT false,
  tested_at timestamptz,
  tested_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX sso_providers_name ON sso_providers (lower(name));

-- A domain leads to one provider. Lower case.
CREATE TABLE sso_domains (
  domain text PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE
);
CREATE INDEX sso_domains_provider ON sso_domains (provider_id);

-- Who somebody is at a provider. The issuer is part of the key: a provider that is pointed elsewhere knows nobody.
CREATE TABLE sso_identities (
  provider_id uuid NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (provider_id, issuer, subject)
);
-- One identity per provider and person: an email that was given to somebody new does not open the old account.
CREATE UNIQUE INDEX sso_identities_user ON sso_identities (user_id, provider_id, issuer);

-- Answers that were used, kept until they would have expired, so that each counts once.
CREATE TABLE sso_answers (
  id text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sso_answers_end ON sso_answers (expires_at);

-- Links made by `admin recover`: they work where single sign-on is enforced.
CREATE TABLE recovery_links (
  hash text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
