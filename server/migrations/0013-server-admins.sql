-- Who administers one connector without any role over the others. Connectors are made by a later migration, so what
-- a deleted one leaves here is removed by the program; its id never comes again.
CREATE TABLE server_admins (
  server_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (server_id, user_id)
);
CREATE INDEX server_admins_user ON server_admins (user_id);
