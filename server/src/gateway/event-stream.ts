import type { ServerResponse } from 'node:http'

/** A beat keeps intermediaries from closing a quiet stream (R21). */
const beatMs = 15_000
/** A reader that takes nothing while this much waits is cut off: memory has a bound. */
const maxWaitingBytes = 8 * 1024 * 1024
/** Beyond this, progress and log messages are left out: they may be lost, the answer behind them may not. */
const maxWaitingNews = 1024 * 1024

/** Something the shared timer tells; `seat` is its place in the list, -1 outside. Only Beats writes it. */
export type Beating = { beat(): void; seat: number }

/**
 * All open streams share one timer. Every call comes and goes here, so this is a list with seats and not a Set: the tables
 * a Set has outgrown keep what was in them alive (see lib/running.ts).
 */
export class Beats {
  readonly #streams: Beating[] = []
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => {
      // A copy: an answer that turns into a stream at this beat has had it.
      for (const stream of [...this.#streams]) stream.beat()
    }, beatMs)
    this.#timer.unref()
  }

  add(stream: Beating): void {
    if (stream.seat !== -1) return
    stream.seat = this.#streams.length
    this.#streams.push(stream)
  }

  remove(stream: Beating): void {
    const { seat } = stream
    if (seat === -1) return
    stream.seat = -1
    const last = this.#streams.pop()
    if (last === undefined || last === stream) return
    last.seat = seat
    this.#streams[seat] = last
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** One server-sent event stream on a response whose head this class writes. */
export class EventStream {
  seat = -1
  readonly #response: ServerResponse
  readonly #beats: Beats

  constructor(response: ServerResponse, beats: Beats, headers: Record<string, string>) {
    this.#response = response
    this.#beats = beats
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store',
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    beats.add(this)
    response.on('close', () => beats.remove(this))
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** True while the reader is too far behind for what may be left out. */
  get behind(): boolean {
    return this.#response.writableLength > maxWaitingNews
  }

  /** JSON text may hold line breaks only between tokens, so one line of data keeps its meaning. */
  send(text: string, event = 'message'): void {
    if (this.closed) return
    const line = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]+/g, ' ') : text
    this.#response.write(`event: ${event}\ndata: ${line}\n\n`)
    if (this.#response.writableLength > maxWaitingBytes) this.#response.destroy()
  }

  beat(): void {
    if (!this.closed) this.#response.write(': beat\n\n')
  }

  end(): void {
    this.#beats.remove(this)
    if (!this.closed) this.#response.end()
  }
}
