-- Managed MCP servers. Values of headers and env stand here only when they are templates; secrets are in connector_secrets.
CREATE TABLE connectors (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL UNIQUE,
  description text NOT NULL DEFAULT '',
  kind text NOT NULL CHECK (kind IN ('hosted', 'local')),
  transport text NOT NULL CHECK (transport IN ('streamable_http', 'sse', 'stdio')),
  url text,
  headers jsonb NOT NULL DEFAULT '{}',
  command text,
  args jsonb NOT NULL DEFAULT '[]',
  env jsonb NOT NULL DEFAULT '{}',
  auth_type text NOT NULL CHECK (auth_type IN ('none', 'bearer', 'auto')),
  status text NOT NULL CHECK (status IN ('draft', 'active', 'disabled')),
  protocol text NOT NULL CHECK (protocol IN ('auto', 'legacy', 'modern')),
  tool_review text NOT NULL CHECK (tool_review IN ('quarantine', 'alert', 'off')),
  skip_input_validation boolean NOT NULL DEFAULT false,
  tool_output_offloading boolean NOT NULL DEFAULT true,
  sensitive boolean NOT NULL DEFAULT false,
  network text NOT NULL DEFAULT 'none' CHECK (network IN ('none', 'open')),
  mounts jsonb NOT NULL DEFAULT '[]',
  personal_values jsonb NOT NULL DEFAULT '[]',
  pinned jsonb,
  health_state text NOT NULL DEFAULT 'unknown' CHECK (health_state IN ('unknown', 'ok', 'failing', 'needs_connection')),
  health_message text,
  health_checked_at timestamptz,
  demo boolean NOT NULL DEFAULT false,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  revision integer NOT NULL DEFAULT 1
);

-- The dependency tree of every installed npm package, so that another process installs the same bytes.
CREATE TABLE hosted_packages (
  folder text PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  integrity text NOT NULL,
  lock text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
