-- What a provider's signed assertion said, between the provider's POST and the browser that began the sign-in: that POST
-- comes from another site, so it carries no cookie. Sealed, taken once, a few minutes at most.
CREATE TABLE sso_arrivals (
  flow_id text PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  sealed text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sso_arrivals_end ON sso_arrivals (expires_at);
