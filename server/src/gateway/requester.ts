import type { ClientFacts, Endpoint, Peer } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'

/** Who asks, where, and with what client: all that a list or a search depends on. */
export type Requester = {
  readonly caller: Caller
  readonly endpoint: Endpoint
  readonly client: ClientFacts
  readonly peer: Peer
  readonly requestId: string
  readonly correlationId: string
  readonly receivedAt: number
}
