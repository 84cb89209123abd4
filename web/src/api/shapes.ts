// The shapes of the REST operations the console uses, until the generated client names them all.
import type { Problem } from '../../../contract/client.ts'

export type { Problem }

export type Role = 'super_admin' | 'security_admin' | 'it_admin' | 'analytics_admin' | 'developer' | 'helpdesk' | 'user'
export type User = {
  id: string
  email: string
  name: string
  roles: Role[]
  status: 'active' | 'deactivated'
  group_ids?: string[]
  created_at: string
  last_seen_at?: string | null
}
export type Me = User & { capabilities: string[]; csrf_token?: string | null; groups?: { id: string; name: string }[] }
export type Group = { id: string; name: string; member_ids: string[]; created_at: string }
export type ApiKey = {
  id: string
  name: string
  kind: string
  user_id: string
  prefix?: string
  created_at: string
  expires_at?: string | null
  last_used_at?: string | null
  last_used_ip?: string | null
}
export type Connector = {
  id: string
  name: string
  slug: string
  description: string
  kind: 'hosted' | 'local'
  transport: 'streamable_http' | 'sse' | 'stdio'
  status: 'draft' | 'active' | 'disabled'
  health: 'unknown' | 'ok' | 'failing' | 'needs_connection'
  health_message: string | null
  health_checked_at: string | null
  mcp_url: string
  personal_values: string[]
  url: string | null
  headers: Record<string, string>
  command: string | null
  args: string[]
  env: Record<string, string>
  auth: { type: 'auto' | 'bearer' | 'none' }
  protocol: 'auto' | 'legacy' | 'modern'
  tool_review: 'quarantine' | 'alert' | 'off'
  skip_input_validation: boolean
  tool_output_offloading: boolean
  sensitive: boolean
  identity_forward: boolean
  network: 'none' | 'open'
  mounts: { path: string; mode: 'ro' | 'rw' }[]
  package: { name: string; version: string; integrity: string } | null
  fingerprint: string
  demo: boolean
  created_by: string | null
  created_at: string
  updated_at: string
  revision: number
}
export type ServerTool = {
  name: string
  public_name: string
  title?: string | null
  description: string
  hash: string
  state: 'active' | 'quarantined' | 'gone'
  definition: unknown
  pending?: { hash: string; definition: unknown } | null
}
export type Principals = { type: string; ids?: string[] }
export type Condition = { field: string; operator: string; value: unknown }
export type Policy = {
  id: string
  effect: 'allow' | 'deny' | 'require_approval'
  description: string
  enabled: boolean
  expires_at: string | null
  principals: { type: string; ids: string[] }
  scope: { servers: '*' | string[]; tools: string[] | null; resources: string[] | null }
  conditions: Condition[]
  builtin: boolean
  demo: boolean
  version: number
  created_at: string | null
  updated_at: string | null
  notes: string[]
}
export type Page<Row> = { data: Row[]; next_cursor: string | null }
export type AuditRow = {
  id: string
  time: string
  action: string
  outcome: 'success' | 'failure' | 'denied' | 'pending' | 'interrupted'
  actor: { type: string; id: string; email?: string }
  server_id?: string | null
  tool?: string | null
  resource_type?: string | null
  resource_id?: string | null
  client_name?: string | null
  client_version?: string | null
  correlation_id: string
  request_id: string
  duration_ms?: number | null
  reason?: string | null
}
export type AuditDetail = AuditRow & Record<string, unknown>
