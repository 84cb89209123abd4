// Short names for what the operations of the REST interface answer.
import type * as Contract from '../../../contract/client.ts'

export type Connector = Contract.Connector
export type ServerTool = Contract.Tool
export type ToolVersion = Contract.ToolVersion
export type Policy = Contract.Policy
export type Principals = { type: string; ids?: string[] }
export type AuditRow = Contract.AuditLog
export type AuditDetail = Contract.AuditLogDetail
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
