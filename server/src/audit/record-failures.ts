import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Log } from '../lib/log.ts'

/** What is known of a request whose credential was refused. Never the credential. */
export type FailedAuthentication = {
  ip: string
  /** Why it was refused, in a word. */
  why: string
  /** Failures like this one that somebody else only counted. */
  sinceLast?: number
  requestId?: string
  correlationId?: string
  path?: string
  userAgent?: string
}

const perAddressMs = 1000
/** Over all addresses, so that many of them together cannot fill the journal either. */
const perSecond = 20
const addresses = 10_000

type Seen = { recordedAt: number; unrecorded: number }

/** Counts every failure and records a sample; the record says how many were only counted. */
export function sampleFailures(o: {
  record(entry: OpenEntry, end: CloseEntry): Promise<unknown>
  now: () => number
  log: Log
}) {
  const seen = new BoundedCache<Seen>(addresses)
  let second = 0
  let inSecond = 0
  const isRoom = (now: number) => {
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000)
      inSecond = 0
    }
    inSecond += 1
    return inSecond <= perSecond
  }
  return {
    record(facts: FailedAuthentication): void {
      const now = o.now()
      const known = seen.get(facts.ip) ?? { recordedAt: Number.NEGATIVE_INFINITY, unrecorded: 0 }
      seen.set(facts.ip, known)
      if (now - known.recordedAt < perAddressMs || !isRoom(now)) {
        known.unrecorded += 1
        return
      }
      const { entry, end } = failure(facts, known.unrecorded + (facts.sinceLast ?? 0))
      known.recordedAt = now
      known.unrecorded = 0
      o.record(entry, end).catch((error: unknown) =>
        o.log.warn({ err: error }, 'a failed authentication could not be recorded'),
      )
    },
  }
}

function failure(facts: FailedAuthentication, unrecorded: number): { entry: OpenEntry; end: CloseEntry } {
  return {
    entry: {
      action: 'authentication_failed',
      actor: { type: 'system', id: 'anonymous' },
      requestId: facts.requestId ?? '',
      correlationId: facts.correlationId ?? facts.requestId ?? '',
      resourceType: 'credential',
      ip: facts.ip,
      ...(facts.path === undefined ? {} : { resourceId: facts.path }),
      ...(facts.userAgent === undefined || facts.userAgent === ''
        ? {}
        : { clientName: facts.userAgent.slice(0, 200) }),
      ...(unrecorded === 0 ? {} : { meta: `${unrecorded} more from this address since the last record` }),
    },
    end: { action: 'authentication_failed', outcome: 'denied', reason: facts.why },
  }
}
