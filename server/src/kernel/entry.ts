import type { ScanNote } from './call.ts'
import type { Proof } from './caller.ts'
import type { EntryId, ServerId, UserId } from './ids.ts'

export type Outcome = 'success' | 'failure' | 'denied' | 'pending' | 'interrupted'

export type Actor = {
  type: 'user' | 'organization_key' | 'system'
  id: string
  email?: string
  /** Of an access token the id is its client's, which people know; elsewhere it is that of the key or session. */
  proof?: { kind: Proof['kind']; id: string }
}

/** What is known when an audit entry is opened. Values may still hold secrets: the journal masks before storing. */
export type OpenEntry = {
  /** The action if all goes well, such as `tool_call_success` or `server_created`; close may replace it. */
  action: string
  actor: Actor
  requestId: string
  correlationId: string
  serverId?: ServerId
  tool?: string
  pluginId?: string
  resourceType?: string
  resourceId?: string
  clientName?: string
  clientVersion?: string
  ip?: string
  via?: string
  meta?: string
  /** Raw JSON text. */
  arguments?: string
}

/** What is known when it is closed. */
export type CloseEntry = {
  action: string
  outcome: Outcome
  reason?: string
  error?: string
  /** Raw JSON text. */
  result?: string
  rules?: readonly string[]
  scans?: readonly ScanNote[]
  serverId?: ServerId
  tool?: string
  resourceId?: string
  before?: string
  after?: string
}

/**
 * The append-only journal (design.md §6). `open` resolves once the entry survives a killed process and rejects when it
 * cannot be recorded: then nothing may run. `close` resolves once the end survives too, before the reply is sent.
 */
export type Journal = {
  open(entry: OpenEntry): Promise<OpenedEntry>
}

export type OpenedEntry = {
  readonly id: EntryId
  close(end: CloseEntry): Promise<void>
}

export function userActor(user: { id: UserId; email: string; proof: Proof }): Actor {
  const { kind } = user.proof
  const id = user.proof.kind === 'access_token' ? user.proof.clientId : user.proof.id
  if (kind === 'organization_key') return { type: kind, id: user.id, proof: { kind, id } }
  return { type: 'user', id: user.id, email: user.email, proof: { kind, id } }
}
