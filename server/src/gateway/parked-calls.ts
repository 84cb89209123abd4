import { randomUUID } from 'node:crypto'
import type { AskReply, ParkedReply, UpstreamReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { objectText } from '../lib/raw-json.ts'

/**
 * Calls of modern clients that wait because a legacy upstream asked something in the middle (protocol.md §1.13).
 * Each lives on this process only, ends by itself, and belongs to one person.
 */
const parkedForMs = 10 * 60 * 1000
const maxParked = 1_000
const maxPerPrincipal = 16
/** Questions asked in quick succession travel in one round: after each one, another is waited for this long. */
const gatherMs = 10

type Ask = { method: string; params: string; answer(reply: AskReply): void }
type Settled = { reply: UpstreamReply } | { error: unknown }

export type ParkHooks = {
  /** Ends when the call is given up; not tied to the client's connection once the call is parked. */
  signal: AbortSignal
  onAsk(method: string, params: string): Promise<AskReply>
  onNotification(method: string, params: ReadonlyMap<string, string>): void
}

/** What a round of a call offers: where notifications go, and when the client is gone. */
export type Round = {
  signal: AbortSignal
  onNotification(method: string, params: ReadonlyMap<string, string>): void
}

const shortNames: Record<string, string> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
}

class ParkedCall {
  readonly handle = randomUUID()
  readonly asks = new Map<string, Ask>()
  readonly controller = new AbortController()
  readonly principal: string
  round: Round | undefined
  #settled: Settled | undefined
  #count = 0
  #wake: (() => void) | undefined
  #gathering: NodeJS.Timeout | undefined

  constructor(principal: string, start: (hooks: ParkHooks) => Promise<UpstreamReply>) {
    this.principal = principal
    const hooks: ParkHooks = {
      signal: this.controller.signal,
      onAsk: (method, params) => this.#ask(method, params),
      onNotification: (method, params) => this.round?.onNotification(method, params),
    }
    start(hooks).then(
      (reply) => this.#settle({ reply }),
      (error: unknown) => this.#settle({ error }),
    )
  }

  #settle(settled: Settled): void {
    this.#settled = settled
    this.#wake?.()
  }

  #ask(method: string, params: string): Promise<AskReply> {
    this.#count += 1
    const key = `${shortNames[method] ?? 'ask'}_${this.#count}`
    return new Promise((answer) => {
      this.asks.set(key, { method, params, answer })
      clearTimeout(this.#gathering)
      this.#gathering = setTimeout(() => {
        if (this.asks.size > 0) this.#wake?.()
      }, gatherMs)
      this.#gathering.unref()
    })
  }

  /** Waits until the upstream answered, or asked something, or the client left. */
  async next(round: Round): Promise<Settled | 'asked' | 'left'> {
    this.round = round
    const left = new Promise<'left'>((resolve) => {
      if (round.signal.aborted) resolve('left')
      else round.signal.addEventListener('abort', () => resolve('left'), { once: true })
    })
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#settled !== undefined || this.asks.size > 0) resolve()
    })
    const first = await Promise.race([left, woken])
    this.round = undefined
    if (first === 'left') return 'left'
    return this.#settled ?? 'asked'
  }

  /** Hands answers to the questions they belong to; questions without one stay open. */
  answer(responses: ReadonlyMap<string, string>): void {
    for (const [key, result] of responses) {
      const ask = this.asks.get(key)
      this.asks.delete(key)
      ask?.answer({ result })
    }
  }

  giveUp(why: GatewayError): void {
    clearTimeout(this.#gathering)
    this.controller.abort(why)
    for (const ask of this.asks.values())
      ask.answer({ error: JSON.stringify({ code: -32000, message: why.message }) })
    this.asks.clear()
  }

  inputRequests(): string {
    return objectText(
      [...this.asks].map(
        ([key, ask]) => [key, `{"method":${JSON.stringify(ask.method)},"params":${ask.params}}`] as const,
      ),
    )
  }
}

export type ParkedCalls = {
  /** Runs a call that may be asked back. */
  run(
    principal: string,
    round: Round,
    start: (hooks: ParkHooks) => Promise<UpstreamReply>,
  ): Promise<UpstreamReply | ParkedReply>
  /** Continues a parked call of this very person; throws call-lost when it is not here any more. */
  resume(
    handle: string,
    next: { principal: string; round: Round; responses: ReadonlyMap<string, string> },
  ): Promise<UpstreamReply | ParkedReply>
  count(): number
  close(): void
}

export function parkedCalls(): ParkedCalls {
  const parked = new Map<string, { call: ParkedCall; timer: NodeJS.Timeout }>()

  const park = (call: ParkedCall): ParkedReply => {
    const mine = [...parked.values()].filter((entry) => entry.call.principal === call.principal).length
    if (parked.size >= maxParked || mine >= maxPerPrincipal) {
      const full = new GatewayError(
        'busy',
        `at most ${maxPerPrincipal} calls of one person may wait for answers at once`,
      )
      call.giveUp(full)
      throw full
    }
    const timer = setTimeout(() => {
      parked.delete(call.handle)
      call.giveUp(new GatewayError('call-lost', 'the waiting call was given up after ten minutes'))
    }, parkedForMs)
    timer.unref()
    parked.set(call.handle, { call, timer })
    return { kind: 'parked', handle: call.handle, inputRequests: call.inputRequests() }
  }

  const settle = async (call: ParkedCall, round: Round): Promise<UpstreamReply | ParkedReply> => {
    const next = await call.next(round)
    if (next === 'asked') return park(call)
    if (next === 'left') {
      const gone = new GatewayError('invalid-request', 'the client closed the request')
      call.giveUp(gone)
      throw gone
    }
    if ('error' in next) throw next.error
    return next.reply
  }

  return {
    run: (principal, round, start) => settle(new ParkedCall(principal, start), round),
    async resume(handle, { principal, round, responses }) {
      const entry = parked.get(handle)
      if (entry === undefined || entry.call.principal !== principal) {
        throw new GatewayError('call-lost', 'the call that asked for this is not waiting any more')
      }
      parked.delete(handle)
      clearTimeout(entry.timer)
      entry.call.answer(responses)
      return await settle(entry.call, round)
    },
    count: () => parked.size,
    close() {
      for (const { call, timer } of parked.values()) {
        clearTimeout(timer)
        call.giveUp(new GatewayError('stopping', 'the server is shutting down'))
      }
      parked.clear()
    },
  }
}
