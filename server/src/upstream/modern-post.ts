import type { IncomingHttpHeaders } from 'node:http'
import type { UpstreamReply } from '../kernel/call.ts'
import type { UpstreamRequest } from '../kernel/upstream.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import { failure, malformed, statusFailure } from './explain-failure.ts'
import { type AnswerReader, type HttpExchange, type HttpMessage, isMedia } from './http-exchange.ts'
import type { ModernHttpSession } from './modern-http.ts'
import { type CallCarrier, PendingCall } from './pending-call.ts'
import { errorIn, modernErrors, readUpstream } from './rpc-text.ts'
import { SessionGone, type Watcher } from './session.ts'

/**
 * One request to a modern HTTP server and the answer or stream to it. Closing the stream is the cancellation. With a
 * watcher it is a `subscriptions/listen`: acknowledged, then open until closed.
 */
export class ModernPost implements CallCarrier, AnswerReader {
  readonly call: PendingCall
  /** Resolves when a listen was acknowledged; rejects when it was refused. */
  readonly acknowledged: Promise<void>
  readonly #session: ModernHttpSession
  readonly #watcher: Watcher | undefined
  readonly #exchange: HttpExchange
  #acknowledge: () => void = () => undefined
  #listening = false

  constructor(
    session: ModernHttpSession,
    o: { request: UpstreamRequest; id: string; watcher: Watcher | undefined },
  ) {
    this.#session = session
    this.#watcher = o.watcher
    this.call = new PendingCall(o.request, o.id, 'modern', this)
    this.#exchange = session.http.exchange(o.watcher === undefined ? 'calls' : 'streams', this)
    this.acknowledged = o.watcher === undefined ? Promise.resolve() : this.#untilAcknowledged()
  }

  #untilAcknowledged(): Promise<void> {
    return new Promise((done, fail) => {
      this.#acknowledge = done
      this.call.reply.then((reply) => {
        if (reply.kind === 'result')
          fail(malformed(this.call.request.connector, 'an end of listening before its begin'))
        else
          fail(
            failure(
              this.call.request.connector,
              'upstream-failed',
              `refused to be listened to: ${reply.message.slice(0, 200)}`,
              { data: { code: reply.code } },
            ),
          )
      }, fail)
    })
  }

  send(message: HttpMessage): void {
    this.#exchange.send(message)
  }

  close(): void {
    this.#listening = false
    this.#exchange.abort()
    this.call.fail(new Error('no longer listening'))
  }

  onGivenUp(): void {
    this.#exchange.abort()
  }

  onSettled(call: PendingCall, answered: boolean): void {
    this.#session.book.running.delete(call.id)
    if (answered) this.#exchange.release()
    else this.#exchange.abort()
    if (!this.#listening) return
    this.#listening = false
    this.#watcher?.onEnd()
  }

  onBody(status: number, text: string, headers: IncomingHttpHeaders): void {
    const { connector } = this.call.request
    try {
      if (status === 200 && isMedia(headers['content-type'], 'application/json')) {
        const message = readUpstream(connector, text, this.#session.parts.limits.jsonDepth)
        if (message.kind !== 'response' || message.id !== this.call.id)
          throw malformed(connector, 'an answer to something else')
        this.call.answer(message)
      } else if (status < 300) throw malformed(connector, `status ${status} without JSON or an event stream`)
      else this.call.succeed(this.#refusal(status, text, headers))
    } catch (error) {
      this.call.fail(error)
    }
  }

  /** Errors of the protocol travel in the bodies of 4xx answers (protocol.md §1.5). */
  #refusal(status: number, text: string, headers: IncomingHttpHeaders): UpstreamReply {
    const { connector, method } = this.call.request
    const refusal = statusFailure(connector, status, headers)
    if (status === 401 || status === 403 || status >= 500) throw refusal
    const said = errorIn(connector, 'modern', text, this.#session.parts.limits.jsonDepth)
    if (said !== undefined && (said.id === this.call.id || modernErrors.has(said.reply.code)))
      return said.reply
    // Anything else is how servers of the older era refuse a request outside of a session.
    if (status !== 429 && method !== 'server/discover') {
      this.#session.ended = true
      throw new SessionGone(refusal)
    }
    throw refusal
  }

  onStreamStart(): void {
    // Only the first message decides about a listen.
  }

  onEvent(event: string, data: string): void {
    const { call } = this
    if (call.settled || data === '' || event !== 'message') return
    try {
      this.#deliver(readUpstream(call.request.connector, data, this.#session.parts.limits.jsonDepth))
    } catch (error) {
      this.#exchange.abort()
      call.fail(error)
    }
  }

  #deliver(message: RpcMessage): void {
    if (message.kind === 'response') {
      if (message.id === this.call.id) this.call.answer(message)
    } else if (message.kind === 'notification') {
      if (this.#watcher === undefined) this.call.hear(message.method, message.params)
      else if (message.method === 'notifications/subscriptions/acknowledged') this.#startListening()
      else if (this.#listening) this.#watcher.onNotification(message.method, message.params)
    }
    // Requests of a server do not exist in this era (protocol.md §1.1), so they are not heard.
  }

  #startListening(): void {
    this.#listening = true
    this.call.holdClock()
    this.#acknowledge()
  }

  onStreamEnd(): void {
    this.call.fail(
      failure(this.call.request.connector, 'upstream-unreachable', 'ended its stream without an answer.'),
    )
  }

  onFailure(error: Error): void {
    this.call.fail(error)
  }
}
