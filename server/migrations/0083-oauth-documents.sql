-- What a client said of itself when its person agreed: when that changes, the person is asked again.
ALTER TABLE oauth_connections ADD COLUMN document_hash text NOT NULL DEFAULT '';
