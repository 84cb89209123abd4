-- Proofs of keys (DPoP) that were shown, kept until they could no longer be shown again, so that each counts once.
CREATE TABLE oauth_spent_proofs (
  hash text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_spent_proofs_end ON oauth_spent_proofs (expires_at);
