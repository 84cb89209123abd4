import type { IncomingMessage } from 'node:http'
import { newId } from '../kernel/ids.ts'
import type { PeerAddress } from '../lib/peer-address.ts'

/** What is known of a request before anybody read it. */
export type RequestFacts = {
  requestId: string
  correlationId: string
  ip: string
  userAgent: string
  startedAt: number
}

export type FactsOf = (request: IncomingMessage) => RequestFacts

const safeCorrelation = /^[\w.:/+=-]{1,128}$/

/**
 * The request id is always ours, so that nobody can point two requests at one audit entry; the client's own word for
 * what belongs together is kept as the correlation id. Facts of a request are made once.
 */
export function requestFacts(peer: PeerAddress, now: () => number): FactsOf {
  const known = new WeakMap<IncomingMessage, RequestFacts>()
  return (request) => {
    const found = known.get(request)
    if (found !== undefined) return found
    const requestId: string = newId(now())
    const wished = request.headers['x-correlation-id']
    const facts = {
      requestId,
      correlationId: typeof wished === 'string' && safeCorrelation.test(wished) ? wished : requestId,
      ip: peer(request),
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
      startedAt: now(),
    }
    known.set(request, facts)
    return facts
  }
}
