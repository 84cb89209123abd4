import type { Attributes } from './attributes.ts'
import type {
  AgentId,
  ConnectionId,
  DelegationId,
  GroupId,
  KeyId,
  ServerId,
  SessionId,
  UserId,
} from './ids.ts'
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
  /** A token of an agent account: its own, or one to act for a person, which lives by their delegation. */
  | { kind: 'agent_token'; id: AgentId | DelegationId; clientId: string; clientName: string }

declare const authenticated: unique symbol
/**
 * Somebody who proved who they are. Only `identity` makes one, so a function that takes a Caller cannot be
 * reached without a credential.
 */
export type Caller = {
  readonly [authenticated]: true
  /**
   * `organization`: a key that belongs to nobody; then `id` is the key's own. `agent`: an agent account, by its own id, or
   * by that of the delegation it acts by, so that nothing kept by id is shared with the person or with the agent alone.
   */
  readonly type: 'user' | 'organization' | 'agent'
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
  /** Of an agent that acts for a person: whose rights meet. */
  readonly acting?: Acting
}

/** What policy sees of whoever asks. */
export type Principal = Pick<Caller, 'type' | 'id' | 'email' | 'roles' | 'groupIds' | 'attributes' | 'acting'>

/** An agent for a person: what both may, at the connectors the person named. */
export type Acting = {
  readonly agent: Principal
  readonly person: Principal
  /** undefined: at every connector. */
  readonly servers: readonly ServerId[] | undefined
  /** Connectors at which the agent may use the person's own credential. */
  readonly lent: readonly ServerId[]
}

/** Whose upstream credential a call uses: an agent has the person's only where they lent it. */
export function credentialOwner({ id, acting }: Pick<Caller, 'id' | 'acting'>, serverId: ServerId): UserId {
  if (acting === undefined) return id
  return acting.lent.includes(serverId) ? acting.person.id : acting.agent.id
}

export function administers(caller: Pick<Caller, 'adminOf'>, serverId: string): boolean {
  return caller.adminOf?.some((id) => id === serverId) ?? false
}
