import type { ScanNote } from './call.ts'
import type { Caller } from './caller.ts'
import type { EntryId, ServerId } from './ids.ts'

export type Outcome = 'success' | 'failure' | 'denied' | 'pending' | 'interrupted'

export type Actor = {
  /** `provisioning_token`: a directory that changes people and groups by SCIM. */
  type: 'user' | 'organization_key' | 'agent' | 'provisioning_token' | 'system'
  id: string
  email?: string
  /** Of a token the id is its client's, which people know; elsewhere it is that of the key or session. */
  proof?: { kind: Caller['proof']['kind']; id: string }
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

/** What an agent does for a person is the person's, who sees it among their own; the proof names the agent. */
export function userActor(caller: Pick<Caller, 'type' | 'id' | 'email' | 'proof' | 'acting'>): Actor {
  const { kind } = caller.proof
  const proof = { kind, id: 'clientId' in caller.proof ? caller.proof.clientId : caller.proof.id }
  if (caller.acting !== undefined) {
    const { id, email } = caller.acting.person
    return { type: 'user', id, email, proof }
  }
  if (caller.type === 'organization') return { type: 'organization_key', id: caller.id, proof }
  if (caller.type === 'agent') return { type: 'agent', id: caller.id, proof }
  return { type: 'user', id: caller.id, email: caller.email, proof }
}
