-- What the guards said about a definition: {version, risk, score, hold, findings}. Null until they looked.
ALTER TABLE tool_versions ADD COLUMN scan jsonb;
