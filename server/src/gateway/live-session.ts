import type { AskReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { Running } from '../lib/running.ts'
import type { EventStream } from './event-stream.ts'
import type { KeptWatch } from './keep-watching.ts'
import type { Requester } from './requester.ts'
import { notificationText, requestText } from './rpc-text.ts'
import type { SessionFacts } from './session-token.ts'

const maxRunningPerSession = 256
const maxAsksPerSession = 32
const maxSubscriptions = 256
const maxTasks = 256
const askTimeoutMs = 10 * 60 * 1000

const stopping = 'the server is shutting down'

type Ask = { answer(reply: AskReply): void; timer: NodeJS.Timeout }

/** What this process holds of one legacy session: its streams, running requests and open questions. */
export class LiveSession {
  readonly facts: SessionFacts
  logLevel: string | undefined
  lastSeenMs: number
  stream: EventStream | undefined
  /** While its stream is open. */
  watch: KeptWatch | undefined
  /** Whose the stream is, as judged last, at this moment. */
  who: (() => Requester) | undefined
  readonly subscriptions = new Set<string>()
  /** Ids this client knows its tasks by, by the upstream's own; the oldest are forgotten first. */
  readonly #tasks = new Map<string, string>()
  readonly #running = new Running<AbortController>()
  /** The stream carries answers too, as that of the 2024-11-05 transport does. */
  answersOnStream = false
  #draining = false
  readonly #cancelled = new WeakSet<AbortSignal>()
  readonly #asks = new Map<string, Ask>()
  #nextAsk = 1

  constructor(facts: SessionFacts, nowMs: number) {
    this.facts = facts
    this.lastSeenMs = nowMs
  }

  get busy(): boolean {
    return this.running > 0 || this.stream !== undefined || this.#asks.size > 0
  }

  /** Requests being answered right now. */
  get running(): number {
    return this.#running.size
  }

  /** Registers a request so that notifications/cancelled can reach it. An id still in use is refused. */
  start(id: string): AbortController {
    if (this.#running.has(id))
      throw new GatewayError('invalid-request', 'a request with this id is still running')
    if (this.#running.size >= maxRunningPerSession)
      throw new GatewayError('busy', `a session may have at most ${maxRunningPerSession} requests at once`)
    const controller = new AbortController()
    this.#running.set(id, controller)
    return controller
  }

  finish(id: string): void {
    this.#running.delete(id)
  }

  cancel(id: string): void {
    const controller = this.#running.get(id)
    if (controller === undefined) return
    this.#cancelled.add(controller.signal)
    controller.abort(new GatewayError('invalid-request', 'the client cancelled the request'))
  }

  /** Ends a request for a reason of ours, towards its upstream too. */
  stop(id: string, why: GatewayError): void {
    this.#running.get(id)?.abort(why)
  }

  /** True when the client itself gave the request up: it expects no answer any more. */
  wasCancelled(signal: AbortSignal): boolean {
    return this.#cancelled.has(signal)
  }

  /** Asks the client over `send` and waits for its answer, at most ten minutes. */
  ask(method: string, params: string, send: (text: string) => boolean): Promise<AskReply> {
    if (this.#draining) return Promise.resolve(refusedAsk(stopping))
    if (this.#asks.size >= maxAsksPerSession) return Promise.resolve(refusedAsk('too many open questions'))
    const id = `ask-${this.#nextAsk++}`
    return new Promise((resolve) => {
      const answer = (reply: AskReply) => {
        const open = this.#asks.get(id)
        if (open !== undefined) clearTimeout(open.timer)
        this.#asks.delete(id)
        resolve(reply)
      }
      const timer = setTimeout(() => answer(refusedAsk('the client did not answer in time')), askTimeoutMs)
      timer.unref()
      this.#asks.set(id, { answer, timer })
      if (!send(requestText(JSON.stringify(id), method, params)))
        answer(refusedAsk('the client takes no stream'))
    })
  }

  /** Takes a client's response; false when nobody waits for this id. */
  answer(id: string, reply: AskReply): boolean {
    const open = this.#asks.get(id.startsWith('"') ? (JSON.parse(id) as string) : id)
    open?.answer(reply)
    return open !== undefined
  }

  /** False when it was subscribed to already. */
  subscribe(uri: string): boolean {
    if (this.subscriptions.has(uri)) return false
    if (this.subscriptions.size >= maxSubscriptions)
      throw new GatewayError('busy', `a session may have at most ${maxSubscriptions} subscriptions`)
    this.subscriptions.add(uri)
    return true
  }

  rememberTask(taskId: string, known: string): void {
    this.#tasks.delete(taskId)
    this.#tasks.set(taskId, known)
    for (const oldest of this.#tasks.keys()) {
      if (this.#tasks.size <= maxTasks) break
      this.#tasks.delete(oldest)
    }
  }

  taskKnownAs(taskId: string): string | undefined {
    return this.#tasks.get(taskId)
  }

  notify(method: string, params: string): void {
    this.stream?.send(notificationText(method, params))
  }

  end(): void {
    for (const controller of [...this.#running.values()])
      controller.abort(new GatewayError('session-unknown', 'the session has ended'))
    for (const ask of [...this.#asks.values()]) ask.answer(refusedAsk('the session has ended'))
    this.stream?.end()
    this.stream = undefined
    this.watch?.close()
    this.watch = undefined
  }

  /** No answer of the client can reach us from here on, so questions end; what else runs may end by itself. */
  drain(): void {
    this.#draining = true
    for (const ask of [...this.#asks.values()]) ask.answer(refusedAsk(stopping))
    this.watch?.close()
    this.watch = undefined
    if (!this.answersOnStream) this.stream?.end()
  }
}

function refusedAsk(why: string): AskReply {
  return { error: JSON.stringify({ code: -32000, message: why }) }
}
