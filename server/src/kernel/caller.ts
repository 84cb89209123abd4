import type { GroupId, KeyId, SessionId, UserId } from './ids.ts'

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
export type Proof = { kind: 'api_key'; id: KeyId } | { kind: 'session'; id: SessionId }

declare const authenticated: unique symbol
/**
 * Somebody who proved who they are. Only `identity` makes one, so a function that takes a Caller cannot be
 * reached without a credential.
 */
export type Caller = {
  readonly [authenticated]: true
  readonly type: 'user'
  readonly id: UserId
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly groupIds: readonly GroupId[]
  readonly proof: Proof
}

/** What policy sees of a person. */
export type Principal = Pick<Caller, 'type' | 'id' | 'email' | 'roles' | 'groupIds'>
