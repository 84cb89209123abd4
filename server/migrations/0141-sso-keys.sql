-- A key pair of our own for each SAML provider: it encrypts assertions for us, and we sign requests where it wants that.
-- The private key is sealed to its row.
ALTER TABLE sso_providers ADD COLUMN own_key text;
ALTER TABLE sso_providers ADD COLUMN own_certificate text;
