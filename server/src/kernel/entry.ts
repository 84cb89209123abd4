import type { ScanNote } from './call.ts'
import type { EntryId, KeyId, ServerId, SessionId, UserId } from './ids.ts'

export type Outcome = 'success' | 'failure' | 'denied' | 'pending' | 'interrupted'

export type Actor = {
  type: 'user' | 'system'
  id: string
  email?: string
  proof?: { kind: 'api_key' | 'session'; id: KeyId | SessionId }
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

export function userActor(user: {
  id: UserId
  email: string
  proof: { kind: 'api_key' | 'session'; id: KeyId | SessionId }
}): Actor {
  return { type: 'user', id: user.id, email: user.email, proof: { kind: user.proof.kind, id: user.proof.id } }
}
