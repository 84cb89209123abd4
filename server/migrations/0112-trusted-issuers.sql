-- Identity providers whose assertions (ID-JAG) the authorization server takes in place of a person's own agreement.
CREATE TABLE oauth_trusted_issuers (
  id uuid PRIMARY KEY,
  issuer text NOT NULL UNIQUE,
  jwks_uri text NOT NULL,
  algorithms text[] NOT NULL,
  link_by_email boolean NOT NULL DEFAULT false,
  created_by uuid,
  created_at timestamptz NOT NULL
);

-- Who somebody is at such an issuer, remembered from the first assertion that was linked by email.
CREATE TABLE oauth_issuer_accounts (
  issuer_id uuid NOT NULL REFERENCES oauth_trusted_issuers (id) ON DELETE CASCADE,
  subject text NOT NULL,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (issuer_id, subject)
);
CREATE UNIQUE INDEX oauth_issuer_accounts_user ON oauth_issuer_accounts (issuer_id, user_id);

-- Assertions that were used, kept until they would have expired, so that each counts once.
CREATE TABLE oauth_spent_assertions (
  hash text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_spent_assertions_end ON oauth_spent_assertions (expires_at);
