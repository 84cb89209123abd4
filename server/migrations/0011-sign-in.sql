-- How a session began, shown in the list of a person's devices.
ALTER TABLE console_sessions ADD COLUMN method text NOT NULL DEFAULT 'link';

-- scrypt with its parameters and salt in the text.
CREATE TABLE person_passwords (
  user_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
  hash text NOT NULL,
  changed_at timestamptz NOT NULL
);

-- The secret is sealed. last_step: the newest time step a code was taken for; that code and older ones are refused.
CREATE TABLE person_totp (
  user_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
  sealed text NOT NULL,
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  hash text NOT NULL,
  PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  credential_id text NOT NULL UNIQUE,
  public_key text NOT NULL,
  counter bigint NOT NULL,
  transports text[] NOT NULL DEFAULT '{}',
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- Challenges that were answered, kept until they would have expired, so that each is answered once.
CREATE TABLE answered_challenges (
  id text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX answered_challenges_end ON answered_challenges (expires_at);
