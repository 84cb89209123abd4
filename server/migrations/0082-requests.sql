-- What people asked an administrator for. One open request per subject, however many people wait for it.
CREATE TABLE requests (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  subject text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'rejected')),
  requested_by uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  reason text NOT NULL DEFAULT '',
  detail jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by uuid,
  note text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX requests_open ON requests (kind, subject) WHERE status = 'pending';
CREATE INDEX requests_by ON requests (requested_by, id);
