import { randomUUID } from 'node:crypto'

declare const kind: unique symbol
/** A UUID that cannot be mistaken for the id of another kind of thing. */
export type Id<Kind extends string> = string & { readonly [kind]: Kind }
export type UserId = Id<'user'>
export type GroupId = Id<'group'>
export type KeyId = Id<'api_key'>
export type ServerId = Id<'server'>
export type PolicyId = Id<'policy'>
export type EntryId = Id<'audit_entry'>
export type SessionId = Id<'console_session'>
export type ConnectionId = Id<'oauth_connection'>
export type AgentId = Id<'agent_account'>
export type DelegationId = Id<'delegation'>

/**
 * A new version 7 UUID (RFC 9562 §5.7): sorts by creation time, so indexes stay local. The random part comes from
 * randomUUID, which draws from a pool: ids are made several times per call.
 */
export function newId<Kind extends string>(nowMs: number = Date.now()): Id<Kind> {
  const time = nowMs.toString(16).padStart(12, '0')
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.slice(15)}` as Id<Kind>
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The canonical lower-case form only: an odd spelling of an id is an unknown id, never a wider scope (T10). */
export function isUuid(text: string): boolean {
  return uuid.test(text)
}
