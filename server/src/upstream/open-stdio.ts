import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError } from '../kernel/errors.ts'
import type { Hosting, UpstreamFacts } from '../kernel/upstream.ts'
import { modernFacts } from './detect-era.ts'
import { DuplexSession } from './duplex-session.ts'
import { transportFailure } from './explain-failure.ts'
import { unknownFacts } from './modern-http.ts'
import type { Parts, Peer, Session } from './session.ts'
import { stdioLink } from './stdio-link.ts'
import { keyOf, type Verdicts } from './verdicts.ts'

/** A process that dies younger than this died of itself, and starting it at once again would only spin. */
const quickDeathMs = 10_000
const firstPauseMs = 200
const longestPauseMs = 5000

type Deaths = { count: number; notBefore: number }

/** Opens sessions with hosted processes: one process, one session. */
export class StdioOpener {
  readonly #parts: Parts
  readonly #verdicts: Verdicts
  readonly #hosting: Hosting
  readonly #deaths = new Map<string, Deaths>()

  constructor(parts: Parts, verdicts: Verdicts, hosting: Hosting) {
    this.#parts = parts
    this.#verdicts = verdicts
    this.#hosting = hosting
  }

  async open(peer: Peer, principal: string): Promise<Session> {
    const first = await this.#start(peer, principal)
    try {
      return await this.#agree(peer, principal, first)
    } catch (error) {
      first.end()
      throw error
    }
  }

  async #agree(peer: Peer, principal: string, first: DuplexSession): Promise<Session> {
    const { protocol } = peer.connector
    const known = protocol === 'auto' ? this.#verdicts.of(peer)?.speaks : protocol
    if (known === 'legacy') return this.#initialize(peer, first)
    const facts = await this.#probe(peer, first, known === 'modern')
    if (facts !== undefined) {
      first.becomeModern(facts)
      this.#verdicts.record(peer, 'modern', facts)
      return first
    }
    if (!first.ended) return this.#initialize(peer, first)
    // Some servers exit on anything before initialize.
    this.#deaths.delete(paceKey(peer, principal))
    const second = await this.#start(peer, principal)
    try {
      return await this.#initialize(peer, second)
    } catch (error) {
      second.end()
      throw error
    }
  }

  /** Facts of a modern server, undefined for a legacy one. Silence and exit say legacy here (protocol.md §1.12). */
  async #probe(peer: Peer, session: DuplexSession, sure: boolean): Promise<UpstreamFacts | undefined> {
    const fallback = sure ? unknownFacts : undefined
    try {
      const limit = sure ? this.#parts.caps.openMs : this.#parts.caps.probeStdioMs
      return modernFacts(peer.connector, await session.discover(limit)) ?? fallback
    } catch (error) {
      if (sure || !(error instanceof GatewayError)) throw error
      return undefined
    }
  }

  async #initialize(peer: Peer, session: DuplexSession): Promise<Session> {
    await session.initialize()
    this.#verdicts.record(peer, 'legacy', session.facts)
    return session
  }

  async #start(peer: Peer, principal: string): Promise<DuplexSession> {
    const key = paceKey(peer, principal)
    const pause = (this.#deaths.get(key)?.notBefore ?? 0) - this.#parts.now()
    if (pause > 0) await wait(pause, undefined, { ref: false })
    const startedAt = this.#parts.now()
    try {
      const process = await this.#hosting.start(peer.connector, peer.credential, principal)
      const link = stdioLink(peer.connector, process, {
        maxChars: this.#parts.limits.upstreamBytes,
        onExit: () => this.#died(key, startedAt),
      })
      return new DuplexSession(this.#parts, peer, link)
    } catch (error) {
      this.#died(key, startedAt)
      throw transportFailure(peer.connector, error)
    }
  }

  #died(key: string, startedAt: number): void {
    const now = this.#parts.now()
    if (now - startedAt >= quickDeathMs) {
      this.#deaths.delete(key)
      return
    }
    const count = (this.#deaths.get(key)?.count ?? 0) + 1
    this.#deaths.set(key, {
      count,
      notBefore: now + Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 1)),
    })
  }

  sweep(): void {
    const now = this.#parts.now()
    for (const [key, deaths] of this.#deaths)
      if (now - deaths.notBefore > quickDeathMs) this.#deaths.delete(key)
  }
}

function paceKey(peer: Peer, principal: string): string {
  return `${keyOf(peer)} ${principal}`
}
