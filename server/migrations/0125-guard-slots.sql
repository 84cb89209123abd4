-- What administrators forbid in arguments and answers, as patterns of the linear engine.
CREATE TABLE guard_patterns (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  pattern text NOT NULL,
  looks_at text NOT NULL,
  created_at timestamptz NOT NULL
);
-- Models outside that may be asked: 'model_server', 'llm_judge'. The key is sealed by the keyring.
CREATE TABLE guard_outside_models (
  slot text PRIMARY KEY,
  settings jsonb NOT NULL,
  sealed_key text,
  updated_at timestamptz NOT NULL
);
