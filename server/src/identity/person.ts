import type { Caller, Principal, Role } from '../kernel/caller.ts'
import type { GroupId, KeyId, SessionId, UserId } from '../kernel/ids.ts'

export type PersonStatus = 'active' | 'deactivated'

export type Person = {
  readonly id: UserId
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly status: PersonStatus
  readonly groupIds: readonly GroupId[]
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
  readonly memberIds: readonly UserId[]
  readonly demo: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A personal API key without its secret, which is shown once and stored as a keyed hash. */
export type ApiKey = {
  readonly id: KeyId
  readonly userId: UserId
  readonly userEmail: string
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
  return { type: 'user', id: person.id, email: person.email, roles: person.roles, groupIds: person.groupIds }
}

/** The only place that makes a Caller: whoever calls this has checked the proof. */
export function callerOf(person: Person, proof: Caller['proof']): Caller {
  return { ...principalOf(person), name: person.name, proof } as unknown as Caller
}
