import type { AskReply, Era, RawObject, UpstreamReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamRequest } from '../kernel/upstream.ts'
import { isObjectText, membersOf, objectText } from '../lib/raw-json.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import { failure, transportFailure } from './explain-failure.ts'
import { refusalText, replyOf } from './rpc-text.ts'

/** Why a call was given up when the upstream said nothing for too long. */
export const silence = 'no sign of life'

/** The transport's side of a running call. */
export type CallCarrier = {
  /** The caller gave up or the time is over: tell the upstream, as its era wants. */
  onGivenUp(call: PendingCall, reason: string): void
  /** Fires once, however the call ended. `answered`: the upstream has said its last word. */
  onSettled(call: PendingCall, answered: boolean): void
}

/** Questions one call may have open: people answer them. */
const maxAsks = 16

/**
 * One request of ours on its way: its clock, its cancellation, what it hears, and exactly one end. The clock restarts
 * with each message for this call and stands still while a person is being asked.
 */
export class PendingCall {
  readonly id: string
  readonly request: UpstreamRequest
  readonly reply: Promise<UpstreamReply>
  readonly #era: Era
  readonly #carrier: CallCarrier
  #resolve: (reply: UpstreamReply) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  readonly #timer: NodeJS.Timeout
  #asks = 0
  #settled = false

  constructor(request: UpstreamRequest, id: string, era: Era, carrier: CallCarrier) {
    this.id = id
    this.request = request
    this.#era = era
    this.#carrier = carrier
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setTimeout(expire, request.idleTimeoutMs, this)
    this.#timer.unref()
    request.signal.addEventListener('abort', this)
  }

  get settled(): boolean {
    return this.#settled
  }

  /** EventListener: the request's own abort signal. */
  handleEvent(): void {
    this.giveUp(
      new GatewayError('call-lost', 'The call was cancelled by its client.'),
      'cancelled by the client',
    )
  }

  expire(): void {
    if (this.#asks > 0) {
      this.#timer.refresh()
      return
    }
    const seconds = this.request.idleTimeoutMs / 1000
    this.giveUp(
      failure(this.request.connector, 'upstream-timeout', `gave no sign of life for ${seconds} s.`),
      silence,
    )
  }

  /** For calls that stay open by design, once they do. */
  holdClock(): void {
    clearTimeout(this.#timer)
  }

  giveUp(error: GatewayError, reason: string): void {
    if (this.#settled) return
    this.#carrier.onGivenUp(this, reason)
    this.fail(error)
  }

  #settle(answered: boolean): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#timer)
    this.request.signal.removeEventListener('abort', this)
    this.#carrier.onSettled(this, answered)
    return true
  }

  succeed(reply: UpstreamReply): void {
    if (this.#settle(true)) this.#resolve(reply)
  }

  fail(error: unknown): void {
    if (this.#settle(false)) this.#reject(error)
  }

  /** The response to this call. */
  answer(message: RpcMessage & { kind: 'response' }): void {
    try {
      this.succeed(replyOf(this.request.connector, this.#era, message))
    } catch (error) {
      this.fail(error)
    }
  }

  /** A notification that belongs to this call. */
  hear(method: string, params: RawObject): void {
    if (this.#settled) return
    this.#timer.refresh()
    if (method === 'notifications/progress') {
      if (!this.request.wantsProgress) return
      const plain = new Map(params)
      plain.delete('progressToken')
      this.request.onNotification(method, plain)
    } else this.request.onNotification(method, params)
  }

  /** A question of the upstream that belongs to this call. Always resolves: a failure becomes a JSON-RPC error. */
  async ask(method: string, params: RawObject): Promise<AskReply> {
    if (this.#settled) return refusalText(-32603, 'the call this belongs to has ended')
    if (this.#asks >= maxAsks) return refusalText(-32603, 'too many questions at once')
    this.#asks++
    try {
      return await this.request.onAsk(method, objectText(withoutProgressToken(params)))
    } catch (error) {
      return refusalText(
        -32603,
        error instanceof GatewayError
          ? error.message
          : transportFailure(this.request.connector, error).message,
      )
    } finally {
      this.#asks--
      this.#timer.refresh()
    }
  }
}

/** The token counts on the upstream's own connection; whoever answers has no way to send progress there. */
function withoutProgressToken(params: RawObject): RawObject {
  const meta = params.get('_meta')
  if (!isObjectText(meta)) return params
  const rest = membersOf(meta)
  if (!rest.delete('progressToken')) return params
  const own = new Map(params)
  if (rest.size === 0) own.delete('_meta')
  else own.set('_meta', objectText(rest))
  return own
}

function expire(call: PendingCall): void {
  call.expire()
}
