-- What changes about a sealed MCP session after it was issued. The token itself proves the session.
create table mcp_sessions (
  hash text primary key,
  user_id uuid not null,
  ended_at timestamptz,
  log_level text,
  expires_at timestamptz not null
);
create index mcp_sessions_expiry on mcp_sessions (expires_at);
