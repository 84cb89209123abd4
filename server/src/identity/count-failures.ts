import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Failure } from './read-proof.ts'

/** A sampled failure: the first of an address and a reason, then at most one a minute. */
export type FailedAuthentication = {
  readonly why: Failure
  readonly ip: string
  /** Failures of the same address and reason that were only counted since the last sample. */
  readonly sinceLast: number
}

export type FailureCount = { add(why: Failure, ip: string): void; total(): number }

const sampleMs = 60_000
const maxSources = 5_000
/** Samples a minute over all sources, so that a flood from many addresses does not become a flood of audit rows. */
const maxSamples = 300

export function countFailures(
  onFailed: (facts: FailedAuthentication) => void,
  now: () => number,
): FailureCount {
  const sources = new BoundedCache<{ sampledAt: number; skipped: number }>(maxSources)
  let total = 0
  let minute = { from: Number.NEGATIVE_INFINITY, samples: 0 }
  return {
    total: () => total,
    add(why, ip) {
      total++
      const at = now()
      const key = `${why} ${ip}`
      const source = sources.get(key)
      if (source !== undefined && at - source.sampledAt < sampleMs) {
        source.skipped++
        return
      }
      if (at - minute.from >= sampleMs) minute = { from: at, samples: 0 }
      if (++minute.samples > maxSamples) return
      sources.set(key, { sampledAt: at, skipped: 0 })
      onFailed({ why, ip, sinceLast: source?.skipped ?? 0 })
    },
  }
}
