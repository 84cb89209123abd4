import type { Attributes } from '../kernel/attributes.ts'
import type { Caller, Principal, Role } from '../kernel/caller.ts'
import type { AgentId, DelegationId, GroupId, KeyId, ServerId, SessionId, UserId } from '../kernel/ids.ts'
import type { KeyRole, OrganizationRole } from '../kernel/key-roles.ts'

export type PersonStatus = 'active' | 'deactivated'

export type Person = {
  readonly id: UserId
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly status: PersonStatus
  readonly groupIds: readonly GroupId[]
  readonly attributes: Attributes
  /** Connectors they administer without a role over the others. */
  readonly adminOf: readonly ServerId[]
  readonly demo: boolean
  readonly signedInAt: Date | undefined
  /** Last sign-in, console request or use of a key, up to a minute late; not read with a Caller. */
  readonly lastSeenAt: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type Group = {
  readonly id: GroupId
  readonly name: string
  /** Entered here, or by a directory. */
  readonly memberIds: readonly UserId[]
  /** Members because an identity provider said so when they last signed in. */
  readonly ssoMemberIds: readonly UserId[]
  readonly demo: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Whom a key acts as: its owner, or the workspace within a role. */
export type KeyPower =
  | {
      readonly kind: 'personal'
      readonly userId: UserId
      readonly role: undefined
      readonly platformRole: undefined
    }
  | {
      readonly kind: 'organization'
      readonly userId: undefined
      readonly role: OrganizationRole
      /** What a management key may do on REST; the other roles have none. */
      readonly platformRole: Role | undefined
    }
  | {
      readonly kind: 'enrollment'
      readonly userId: undefined
      readonly role: undefined
      readonly platformRole: undefined
    }

/** An API key without its secret, which is shown once and stored as a keyed hash. */
export type ApiKey = KeyPower & {
  readonly id: KeyId
  readonly userEmail: string | undefined
  readonly name: string
  /** How the secret begins, to tell keys apart. */
  readonly prefix: string
  readonly createdBy: UserId | undefined
  readonly createdAt: Date
  readonly expiresAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly lastUsedIp: string | undefined
}

export type ConsoleSession = {
  readonly id: SessionId
  readonly userId: UserId
  readonly createdAt: Date
  readonly seenAt: Date
}

/** How somebody proved who they are when a session began. */
export type SignInMethod = 'link' | 'password' | 'passkey' | 'single_sign_on'

/** A session as its person sees it in the list of their devices. */
export type Device = ConsoleSession & {
  readonly ip: string | undefined
  readonly userAgent: string | undefined
  readonly method: SignInMethod
}

export function principalOf(person: Person): Principal {
  const { id, email, roles, groupIds, attributes } = person
  return { type: 'user', id, email, roles, groupIds, attributes }
}

/** The caller a key of the workspace makes: nobody's groups, and no role but that of a management key. */
export function callerOfKey(key: {
  id: KeyId
  name: string
  role: KeyRole
  platformRole: Role | undefined
}): Caller {
  const { id, name, role, platformRole } = key
  return {
    type: 'organization',
    id,
    email: '',
    name,
    roles: platformRole === undefined ? [] : [platformRole],
    groupIds: [],
    proof: { kind: 'organization_key', id, role },
  } as unknown as Caller
}

/** The caller an agent account makes: no groups, no roles, and only rules that name it or everyone. */
export function callerOfAgent(token: { agentId: AgentId; clientId: string; clientName: string }): Caller {
  const { agentId: id, clientId, clientName } = token
  return {
    type: 'agent',
    id,
    email: '',
    name: clientName,
    roles: [],
    groupIds: [],
    proof: { kind: 'agent_token', id, clientId, clientName },
  } as unknown as Caller
}

export type ActingFacts = {
  agentId: AgentId
  delegationId: DelegationId
  servers: readonly ServerId[] | undefined
  lent: readonly ServerId[]
}

/** The caller an agent makes while it acts for a person. Its id is the delegation's: nothing is shared with either alone. */
export function callerOfActing(
  person: Person,
  token: ActingFacts & { clientId: string; clientName: string },
): Caller {
  const { delegationId: id, servers, lent, clientId, clientName } = token
  const agent = callerOfAgent(token)
  return {
    ...agent,
    id,
    email: person.email,
    proof: { kind: 'agent_token', id, clientId, clientName },
    acting: { agent, person: principalOf(person), servers, lent },
  } as unknown as Caller
}

/** Makes the Caller of a person: whoever calls this has checked the proof. */
export function callerOf(person: Person, proof: Caller['proof']): Caller {
  return { ...principalOf(person), name: person.name, proof, adminOf: person.adminOf } as unknown as Caller
}
