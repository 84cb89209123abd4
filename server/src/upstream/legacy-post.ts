import type { IncomingHttpHeaders } from 'node:http'
import type { UpstreamRequest } from '../kernel/upstream.ts'
import { failure, malformed, statusFailure } from './explain-failure.ts'
import { type AnswerReader, type HttpExchange, type HttpMessage, isMedia } from './http-exchange.ts'
import type { LegacyHttpSession } from './legacy-http.ts'
import { type CallCarrier, PendingCall } from './pending-call.ts'
import { errorIn, readUpstream } from './rpc-text.ts'
import { SessionGone } from './session.ts'

/** One request to a legacy HTTP server: its POST, the stream that answers it, and the resuming of that stream. */
export class LegacyPost implements CallCarrier, AnswerReader {
  readonly call: PendingCall
  readonly #session: LegacyHttpSession
  headers: IncomingHttpHeaders = {}
  #exchange: HttpExchange
  #lastEventId = ''
  #attempts = 0
  #retry: NodeJS.Timeout | undefined

  constructor(session: LegacyHttpSession, request: UpstreamRequest, id: string) {
    this.#session = session
    this.call = new PendingCall(request, id, 'legacy', this)
    this.#exchange = session.http.exchange('calls', this)
  }

  send(message: HttpMessage): void {
    this.#exchange.send(message)
  }

  onGivenUp(call: PendingCall, reason: string): void {
    this.#exchange.abort()
    // The specification forbids cancelling initialize.
    if (call.request.method !== 'initialize') this.#session.cancel(call.id, reason)
  }

  onSettled(call: PendingCall, answered: boolean): void {
    clearTimeout(this.#retry)
    this.#session.book.running.delete(call.id)
    if (answered) this.#exchange.release()
    else this.#exchange.abort()
  }

  onBody(status: number, text: string, headers: IncomingHttpHeaders): void {
    this.headers = headers
    const { connector } = this.call.request
    if (status !== 200) {
      this.#refused(status, text, headers)
      return
    }
    if (!isMedia(headers['content-type'], 'application/json')) {
      this.call.fail(malformed(connector, 'an answer that is neither JSON nor an event stream'))
      return
    }
    try {
      const message = readUpstream(connector, text, this.#session.parts.limits.jsonDepth)
      if (message.kind !== 'response' || message.id !== this.call.id)
        throw malformed(connector, 'an answer to something else')
      this.call.answer(message)
    } catch (error) {
      this.call.fail(error)
    }
  }

  #refused(status: number, text: string, headers: IncomingHttpHeaders): void {
    const { connector } = this.call.request
    if (status < 300) {
      this.call.fail(malformed(connector, `status ${status} in place of an answer`))
      return
    }
    const said =
      status === 401 || status === 403
        ? undefined
        : errorIn(connector, 'legacy', text, this.#session.parts.limits.jsonDepth)
    if (said?.id === this.call.id) {
      this.call.succeed(said.reply)
      return
    }
    const refusal = statusFailure(connector, status, headers)
    // Servers are to answer 404 to a session they do not know; many answer 400 with an error that names no request.
    const unknown =
      this.#session.sessionId !== undefined && (status === 404 || (status === 400 && said?.id === 'null'))
    if (!unknown) {
      this.call.fail(refusal)
      return
    }
    this.call.fail(new SessionGone(refusal))
    this.#session.lost()
  }

  onStreamStart(headers: IncomingHttpHeaders): void {
    if (this.#lastEventId === '') this.headers = headers
  }

  onEvent(event: string, data: string): void {
    const { call } = this
    if (call.settled || data === '' || event !== 'message') return
    this.#attempts = 0
    try {
      const message = readUpstream(call.request.connector, data, this.#session.parts.limits.jsonDepth)
      this.#session.book.deliver(message, call, this.#session.reply)
    } catch (error) {
      this.#exchange.abort()
      call.fail(error)
    }
  }

  onStreamEnd(): void {
    this.#broken(
      failure(this.call.request.connector, 'upstream-unreachable', 'ended its stream without an answer.'),
    )
  }

  onFailure(error: Error): void {
    this.#broken(error)
  }

  /** A stream with event ids may be resumed (SSE polling closes it on purpose); any other break is the end of the call. */
  #broken(error: Error): void {
    if (this.call.settled) return
    const { caps } = this.#session.parts
    const lastEventId = this.#exchange.lastEventId === '' ? this.#lastEventId : this.#exchange.lastEventId
    if (lastEventId !== this.#lastEventId) this.#attempts = 0
    this.#attempts++
    if (lastEventId === '' || this.#attempts > caps.resumeAttempts) {
      this.call.fail(error)
      return
    }
    this.#lastEventId = lastEventId
    const delay = Math.min(this.#exchange.retryMs ?? caps.resumeDelayMs, 10_000)
    this.#retry = setTimeout(() => this.#resume(), delay)
    this.#retry.unref()
  }

  #resume(): void {
    this.#exchange = this.#session.http.exchange('calls', this)
    this.#exchange.send(this.#session.streamMessage(this.#lastEventId))
  }
}
