import type { IncomingHttpHeaders } from 'node:http'
import { statusFailure } from './explain-failure.ts'
import type { AnswerReader, HttpExchange } from './http-exchange.ts'
import type { LegacyHttpSession } from './legacy-http.ts'
import { readUpstream } from './rpc-text.ts'

/** The GET stream of a legacy session: what the server says outside of any call. Comes back after a break, some times. */
export class LegacyListener implements AnswerReader {
  readonly #session: LegacyHttpSession
  #exchange: HttpExchange | undefined
  #lastEventId = ''
  #attempts = 0
  #retry: NodeJS.Timeout | undefined
  #closed = false
  /** Resolves once the server has said whether it offers the stream, so that nothing after it is missed. */
  readonly settled: Promise<void>
  #settle: () => void = () => undefined

  constructor(session: LegacyHttpSession) {
    this.#session = session
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#open()
  }

  #open(): void {
    this.#exchange = this.#session.http.exchange('streams', this)
    this.#exchange.send(this.#session.streamMessage(this.#lastEventId))
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#exchange?.abort()
    this.#settle()
  }

  onStreamStart(): void {
    this.#settle()
  }

  onEvent(event: string, data: string): void {
    this.#attempts = 0
    if (data === '' || event !== 'message') return
    try {
      const message = readUpstream(this.#session.peer.connector, data, this.#session.parts.limits.jsonDepth)
      this.#session.book.deliver(message, undefined, this.#session.reply)
    } catch (error) {
      this.#session.parts.log.warn(
        { connector: this.#session.peer.connector.id, err: error },
        'unreadable message on a listening stream',
      )
    }
  }

  /** 405: the server has no such stream; what it says during calls is still heard. */
  onBody(status: number, _text: string, headers: IncomingHttpHeaders): void {
    this.#settle()
    if (status === 405) return
    if (status === 404 && this.#session.sessionId !== undefined) this.#session.lost()
    else this.#again(statusFailure(this.#session.peer.connector, status, headers))
  }

  onStreamEnd(): void {
    this.#again(undefined)
  }

  onFailure(error: Error): void {
    this.#again(error)
  }

  #again(error: Error | undefined): void {
    this.#settle()
    if (this.#closed) return
    const { caps, log } = this.#session.parts
    this.#lastEventId = this.#exchange?.lastEventId || this.#lastEventId
    this.#attempts++
    if (this.#attempts > caps.resumeAttempts) {
      log.debug({ connector: this.#session.peer.connector.id, err: error }, 'listening stream is gone')
      this.#session.stopListening()
      return
    }
    this.#retry = setTimeout(
      () => this.#open(),
      Math.min(this.#exchange?.retryMs ?? caps.resumeDelayMs, 10_000) * this.#attempts,
    )
    this.#retry.unref()
  }
}
