import type { ClientFacts, Peer } from '../kernel/call.ts'
import type { Question } from '../policy/policy.ts'

type RequestFacts = Question['facts']

/** What `meta.*` conditions may look at. */
export function factsOf(call: {
  peer: Peer
  client: Pick<ClientFacts, 'name'>
  receivedAt: number
}): RequestFacts {
  return {
    ip: call.peer.ip,
    userAgent: call.peer.userAgent,
    clientName: call.client.name,
    timeMs: call.receivedAt,
  }
}
