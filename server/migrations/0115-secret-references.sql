-- Which secrets of a connector are kept elsewhere: the field ("headers.X-Api-Key", "auth.token") and the reference.
ALTER TABLE connectors ADD COLUMN secret_refs jsonb NOT NULL DEFAULT '{}';
