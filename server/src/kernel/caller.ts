import type { Attributes } from './attributes.ts'
import type { ConnectionId, GroupId, KeyId, ServerId, SessionId, UserId } from './ids.ts'
import type { KeyRole } from './key-roles.ts'

export const roles = [
  'super_admin',
  'security_admin',
  'it_admin',
  'analytics_admin',
  'developer',
  'helpdesk',
  'user',
] as const
export type Role = (typeof roles)[number]

/** How the caller proved who they are. Ids only: the secret itself never leaves `identity`. */
export type Proof =
  | { kind: 'api_key'; id: KeyId }
  | { kind: 'session'; id: SessionId }
  /** Opens the operations of its role alone (key-roles.ts), and no MCP endpoint. */
  | { kind: 'organization_key'; id: KeyId; role: KeyRole }
  /** An access token of ours; `id` is the connection it lives by. */
  | { kind: 'access_token'; id: ConnectionId; clientId: string; clientName: string }

declare const authenticated: unique symbol
/**
 * Somebody who proved who they are. Only `identity` makes one, so a function that takes a Caller cannot be
 * reached without a credential.
 */
export type Caller = {
  readonly [authenticated]: true
  /** `organization`: a key that belongs to nobody; then `id` is the key's own. */
  readonly type: 'user' | 'organization'
  readonly id: UserId
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly groupIds: readonly GroupId[]
  /** What the directory says of them; nothing of a key of the workspace. */
  readonly attributes?: Attributes
  readonly proof: Proof
  /** Connectors this person administers without a role over the others. */
  readonly adminOf?: readonly ServerId[]
}

/** What policy sees of a person. */
export type Principal = Pick<Caller, 'type' | 'id' | 'email' | 'roles' | 'groupIds' | 'attributes'>

export function administers(caller: Pick<Caller, 'adminOf'>, serverId: string): boolean {
  return caller.adminOf?.some((id) => id === serverId) ?? false
}
