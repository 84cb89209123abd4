import type { GatewayError } from '../kernel/errors.ts'
import { failure, statusFailure } from './explain-failure.ts'
import { type AnswerReader, HttpExchange, type HttpMessage } from './http-exchange.ts'
import type { OriginPool, Use } from './origin-pools.ts'
import type { Parts, Peer } from './session.ts'

/** One MCP address of one connector: makes messages and exchanges for it, within the connector's bounds. */
export class HttpPeer {
  readonly url: URL
  readonly #parts: Parts
  readonly #peer: Peer
  readonly #path: string
  #calls: OriginPool | undefined

  constructor(parts: Parts, peer: Peer, url: URL) {
    this.url = url
    this.#parts = parts
    this.#peer = peer
    this.#path = `${url.pathname}${url.search}`
  }

  message(method: HttpMessage['method'], headers: string[], body: string | null): HttpMessage {
    return { method, path: this.#path, headers, body }
  }

  /** Call streams end at four answers' worth of bytes; streams for listening are endless and bounded per event. */
  exchange(use: Use, reader: AnswerReader): HttpExchange {
    const { caps, limits, now } = this.#parts
    return new HttpExchange(
      {
        connector: this.#peer.connector,
        pool: this.#pool(use),
        maxBytes: limits.upstreamBytes,
        maxTotalBytes: use === 'streams' ? Number.POSITIVE_INFINITY : 4 * limits.upstreamBytes,
        maxQueued: caps.connectionsPerOrigin + caps.queuedPerOrigin,
        now,
      },
      reader,
    )
  }

  #pool(use: Use): OriginPool {
    if (use === 'streams') return this.#parts.pools.at(this.#peer.connector, this.url, use)
    if (this.#calls === undefined || this.#calls.closed)
      this.#calls = this.#parts.pools.at(this.#peer.connector, this.url, use)
    return this.#calls
  }

  /** Sends what has no answer: a notification, a reply, a DELETE. Rejects when the upstream does not take it in time. */
  tell(message: HttpMessage): Promise<void> {
    const { connector } = this.#peer
    return new Promise((done, fail) => {
      const end = (error: GatewayError | undefined) => {
        clearTimeout(timer)
        if (error === undefined) done()
        else fail(error)
      }
      const exchange = this.exchange('calls', {
        onBody: (status, _text, headers) =>
          end(status < 300 ? undefined : statusFailure(connector, status, headers)),
        onStreamStart: () => {
          exchange.release()
          end(undefined)
        },
        onEvent: () => undefined,
        onStreamEnd: () => undefined,
        onFailure: end,
      })
      const timer = setTimeout(() => {
        exchange.abort()
        end(failure(connector, 'upstream-timeout', 'did not take a message in time.'))
      }, this.#parts.caps.tellMs)
      timer.unref()
      exchange.send(message)
    })
  }
}
