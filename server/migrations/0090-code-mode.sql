-- Where models may run scripts. Scope 'runlayer' is the Runlayer Plugin; other scopes are plugins, by id.
CREATE TABLE code_mode_settings (
  scope text PRIMARY KEY,
  enabled boolean NOT NULL,
  updated_at timestamptz NOT NULL
);
