/** Stops asking somebody who keeps failing: after five failures in a row nobody asks for half a minute, then one may try. */
const maxFailures = 5
const restMs = 30_000

export type Circuit = {
  /** Whether to ask now. */
  closed(): boolean
  succeeded(): void
  failed(): void
}

export function openCircuit(now: () => number): Circuit {
  let failures = 0
  let restsUntil = 0
  return {
    closed() {
      if (failures < maxFailures) return true
      if (now() < restsUntil) return false
      // This one tries; the others rest on until it is known how that went.
      restsUntil = now() + restMs
      return true
    },
    succeeded() {
      failures = 0
    },
    failed() {
      failures++
      if (failures >= maxFailures) restsUntil = now() + restMs
    },
  }
}
