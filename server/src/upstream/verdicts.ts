import type { UpstreamFacts } from '../kernel/upstream.ts'
import type { Peer } from './session.ts'

/** How an upstream is spoken to. `sse`: the HTTP+SSE transport of 2024-11-05. */
export type Verdict = {
  readonly speaks: 'modern' | 'legacy' | 'sse'
  readonly facts: UpstreamFacts
  readonly at: number
}

type Whom = Pick<Peer, 'connector' | 'credential'>

/** Beyond it the oldest verdict goes; finding out again costs one request. */
const maxVerdicts = 10_000

/**
 * What each upstream was found to speak, per connector revision and credential owner. A verdict has an age, because one
 * that says legacy would keep succeeding after the upstream moved on (protocol.md §1.12).
 */
export class Verdicts {
  readonly #known = new Map<string, Verdict>()
  readonly #maxAgeMs: number
  readonly #now: () => number

  constructor(maxAgeMs: number, now: () => number) {
    this.#maxAgeMs = maxAgeMs
    this.#now = now
  }

  of(peer: Whom): Verdict | undefined {
    const verdict = this.#known.get(keyOf(peer))
    return verdict !== undefined && this.#now() - verdict.at < this.#maxAgeMs ? verdict : undefined
  }

  /** Saying the same again makes a verdict no younger: only asking anew after its end does. */
  record(peer: Whom, speaks: Verdict['speaks'], facts: UpstreamFacts): void {
    const key = keyOf(peer)
    const before = this.of(peer)
    const at = before?.speaks === speaks ? before.at : this.#now()
    this.#known.delete(key)
    this.#known.set(key, { speaks, facts, at })
    if (this.#known.size <= maxVerdicts) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }

  drop(peer: Whom): void {
    this.#known.delete(keyOf(peer))
  }

  sweep(): void {
    for (const [key, verdict] of this.#known)
      if (this.#now() - verdict.at >= this.#maxAgeMs) this.#known.delete(key)
  }
}

export function keyOf(peer: Whom): string {
  return `${peer.connector.id} ${peer.connector.revision} ${peer.credential.owner} ${peer.credential.revision}`
}
