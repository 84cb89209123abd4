import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'

/** How many calls a person or a connector may have running, and how fast a person may start them. */
export type Limits = {
  /**
   * Takes a share of both caps and answers the function that gives it back; calling that twice is harmless.
   * Throws GatewayError('rate-limited') when the person starts or holds too many calls, 'busy' when the connector
   * holds too many.
   */
  takeShare(principalId: string, connectorId: ServerId): () => void
  /** Calls running now, for metrics. */
  running(): number
}

export type LimitSettings = {
  /** Calls one person may have running. */
  perPrincipal?: number
  /** Calls one connector may have running, whoever made them. */
  perConnector?: number
  /** Token bucket per person: `burst` calls at once, refilled with `perSecond`. Off when absent. */
  rate?: { perSecond: number; burst: number }
  now?: () => number
}

type Bucket = { tokens: number; at: number }

/** Counters kept of people and connectors that have nothing running. */
const maxIdleCounts = 10_000
/** Buckets kept; a person whose bucket was forgotten starts with a full one again. */
const maxBuckets = 20_000

export function openLimits(settings: LimitSettings = {}): Limits {
  const { perPrincipal = 256, perConnector = 1024, now = Date.now } = settings
  const principals = new Map<string, number>()
  const connectors = new Map<string, number>()
  const checkRate = settings.rate === undefined ? undefined : rateCheck(settings.rate, now)
  let running = 0

  return {
    takeShare(principalId, connectorId) {
      const mine = principals.get(principalId) ?? 0
      if (mine >= perPrincipal) throw tooMany(`You already have ${mine} calls running, which is the limit.`)
      const its = connectors.get(connectorId) ?? 0
      if (its >= perConnector)
        throw new GatewayError('busy', `This connector already has ${its} calls running, which is the limit.`)
      checkRate?.(principalId)
      principals.set(principalId, mine + 1)
      connectors.set(connectorId, its + 1)
      running++
      let held = true
      return () => {
        if (!held) return
        held = false
        running--
        giveBack(principals, principalId)
        giveBack(connectors, connectorId)
      }
    },
    running: () => running,
  }
}

function tooMany(detail: string, retryAfterSeconds = 1): GatewayError {
  return new GatewayError('rate-limited', detail, { data: { retry_after_seconds: retryAfterSeconds } })
}

/** Counters at zero stay while there is room: a map that loses a key with every call keeps rebuilding its table. */
function giveBack(counts: Map<string, number>, key: string): void {
  const count = counts.get(key) ?? 0
  counts.set(key, Math.max(0, count - 1))
  if (count > 1 || counts.size <= maxIdleCounts) return
  for (const [idle, calls] of counts) if (calls === 0) counts.delete(idle)
}

function rateCheck(
  rate: { perSecond: number; burst: number },
  now: () => number,
): (principalId: string) => void {
  const buckets = new BoundedCache<Bucket>(maxBuckets)
  return (principalId) => {
    const at = now()
    let bucket = buckets.get(principalId)
    if (bucket === undefined) {
      bucket = { tokens: rate.burst, at }
      buckets.set(principalId, bucket)
    }
    bucket.tokens = Math.min(
      rate.burst,
      bucket.tokens + (Math.max(0, at - bucket.at) / 1000) * rate.perSecond,
    )
    bucket.at = at
    if (bucket.tokens < 1)
      throw tooMany(
        'You start calls faster than this installation allows.',
        Math.ceil((1 - bucket.tokens) / rate.perSecond),
      )
    bucket.tokens -= 1
  }
}
