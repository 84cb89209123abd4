import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamFacts } from '../kernel/upstream.ts'
import { modernFacts } from './detect-era.ts'
import { DuplexSession } from './duplex-session.ts'
import { failure } from './explain-failure.ts'
import { LegacyHttpSession } from './legacy-http.ts'
import { ModernHttpSession } from './modern-http.ts'
import type { Parts, Peer, Session } from './session.ts'
import { openSseLink } from './sse-link.ts'
import { keyOf, type Verdicts } from './verdicts.ts'

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof GatewayError) || error.data === undefined) return undefined
  const { status } = error.data
  return typeof status === 'number' ? status : undefined
}

/** Opens sessions with HTTP upstreams, finding out first what they speak. */
export class HttpOpener {
  readonly #parts: Parts
  readonly #verdicts: Verdicts
  readonly #detecting = new Map<string, Promise<UpstreamFacts | undefined>>()

  constructor(parts: Parts, verdicts: Verdicts) {
    this.#parts = parts
    this.#verdicts = verdicts
  }

  async open(peer: Peer): Promise<Session> {
    const { connector } = peer
    if (connector.url === undefined || !URL.canParse(connector.url))
      throw failure(connector, 'upstream-failed', 'has no URL.')
    const url = new URL(connector.url)
    if (connector.transport === 'sse') return this.#openSse(peer, url)
    if (connector.protocol === 'legacy') return this.#openLegacy(peer, url)
    const known = this.#verdicts.of(peer)
    if (known?.speaks === 'modern') return new ModernHttpSession(this.#parts, peer, url, known.facts)
    if (known?.speaks === 'sse') return this.#openSse(peer, url)
    if (known?.speaks === 'legacy') return this.#openLegacy(peer, url)
    const facts = await this.#detect(peer, url)
    if (facts === undefined) return this.#openLegacy(peer, url)
    this.#verdicts.record(peer, 'modern', facts)
    return new ModernHttpSession(this.#parts, peer, url, facts)
  }

  /** One detection at a time for each upstream and credential. */
  #detect(peer: Peer, url: URL): Promise<UpstreamFacts | undefined> {
    const key = keyOf(peer)
    const running = this.#detecting.get(key)
    if (running !== undefined) return running
    const detection = this.#discover(peer, url).finally(() => this.#detecting.delete(key))
    this.#detecting.set(key, detection)
    return detection
  }

  /** Facts of a modern server, undefined for a legacy one. A server error or silence is evidence of neither. */
  async #discover(peer: Peer, url: URL): Promise<UpstreamFacts | undefined> {
    const pinned = peer.connector.protocol === 'modern'
    const session = new ModernHttpSession(this.#parts, peer, url)
    try {
      const facts = modernFacts(peer.connector, await session.discover(this.#parts.caps.openMs))
      return pinned ? (facts ?? session.facts) : facts
    } catch (error) {
      const status = statusOf(error)
      // Some servers refuse server/discover with 401 although initialize works with the same credential.
      if (status !== undefined && status >= 400 && status < 500 && status !== 429)
        return pinned ? session.facts : undefined
      if (error instanceof GatewayError && error.reason === 'upstream-malformed' && !pinned) return undefined
      throw error
    }
  }

  async #openLegacy(peer: Peer, url: URL): Promise<Session> {
    try {
      const session = await LegacyHttpSession.open(this.#parts, peer, url)
      this.#verdicts.record(peer, 'legacy', session.facts)
      return session
    } catch (error) {
      const status = statusOf(error)
      if (status !== 400 && status !== 404 && status !== 405) throw error
      return this.#openSse(peer, url).catch(() => {
        throw error
      })
    }
  }

  async #openSse(peer: Peer, url: URL): Promise<Session> {
    const session = new DuplexSession(this.#parts, peer, await openSseLink(this.#parts, peer, url))
    try {
      await session.initialize()
    } catch (error) {
      session.end()
      throw error
    }
    this.#verdicts.record(peer, 'sse', session.facts)
    return session
  }
}
