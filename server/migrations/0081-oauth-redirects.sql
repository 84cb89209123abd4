-- Where authorization codes may be sent. A block is stronger than an allow; what neither names waits for an administrator.
CREATE TABLE oauth_redirect_rules (
  id uuid PRIMARY KEY,
  effect text NOT NULL CHECK (effect IN ('allow', 'block')),
  pattern text NOT NULL,
  note text NOT NULL DEFAULT '',
  created_by uuid,
  created_at timestamptz NOT NULL,
  UNIQUE (effect, pattern)
);
-- A code sent to the person's own machine leaves nobody's hands; take this rule away to have each client approved.
INSERT INTO oauth_redirect_rules (id, effect, pattern, note, created_at)
VALUES ('01900000-0000-7000-8000-000000000080', 'allow', 'loopback', 'Clients on the person''s own machine', now());
