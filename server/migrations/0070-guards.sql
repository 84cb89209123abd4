-- How strict the guards are. One row, scope 'global'; other scopes are connectors, by id.
CREATE TABLE guard_settings (
  scope text PRIMARY KEY,
  settings jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);
