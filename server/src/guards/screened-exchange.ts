import type { AskReply, Exchange, ScanNote } from '../kernel/call.ts'

export type ExchangeGuard = {
  /** What a notification may say; undefined: nothing. */
  notice(params: string): string | undefined
  /** What a question may ask, or why it may not be asked. */
  question(method: string, params: string): { params: string; refused?: string }
}

/** The way back to the client, with a guard on it: progress, log messages, and questions in the middle of a call. */
export class ScreenedExchange implements Exchange {
  readonly #inner: Exchange
  readonly #guard: (late: ScanNote[]) => ExchangeGuard
  #opened: ExchangeGuard | undefined
  /** What was seen on the way, for the call's audit entry. */
  readonly late: ScanNote[] = []

  constructor(inner: Exchange, guard: (late: ScanNote[]) => ExchangeGuard) {
    this.#inner = inner
    this.#guard = guard
  }

  get signal(): AbortSignal {
    return this.#inner.signal
  }

  notify(method: string, params: string): void {
    const said = this.#open().notice(params)
    if (said !== undefined) this.#inner.notify(method, said)
  }

  async ask(method: string, params: string): Promise<AskReply> {
    const asked = this.#open().question(method, params)
    if (asked.refused !== undefined)
      return { error: JSON.stringify({ code: -32602, message: asked.refused }) }
    return await this.#inner.ask(method, asked.params)
  }

  #open(): ExchangeGuard {
    this.#opened ??= this.#guard(this.late)
    return this.#opened
  }
}
