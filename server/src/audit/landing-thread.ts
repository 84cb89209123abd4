import { Worker } from 'node:worker_threads'
import type { Log } from '../lib/log.ts'
import type { Lander } from './land-events.ts'
import type { LandingAsk, LandingSay, LandingSetup } from './landing-words.ts'
import type { Spool } from './spool.ts'
import { type SpoolCounters, spoolCounters } from './spool-counters.ts'

const longestPauseMs = 5_000
/** A closing thread that stored nothing for this long has no database: the next start stores what the spool holds. */
const closeWithoutProgressMs = 5_000

type ThreadOptions = {
  setup: Omit<LandingSetup, 'counters' | 'firstSegment'>
  spool: Spool
  log: Log
}

/**
 * Lands on a thread of its own, so that calls share theirs with nothing but the writing of the spool. A thread that ends
 * is replaced with growing pauses, up to 5 s; the new one goes on where the database says the chain is. Rejects when the
 * first one does not start.
 */
export async function openLandingThread(o: ThreadOptions): Promise<Lander> {
  const lander = new ThreadLander(o)
  await lander.started()
  return lander
}

class ThreadLander implements Lander {
  readonly #o: ThreadOptions
  readonly #counters: SpoolCounters = spoolCounters()
  readonly #flushes = new Map<number, PromiseWithResolvers<void>>()
  #worker: Worker | undefined
  readonly #ready = Promise.withResolvers<void>()
  #wasReady = false
  #gone = Promise.withResolvers<void>()
  #asked = 0
  #starts = 0
  #landedAtStart = 0
  #pauseMs = 0
  #why = 'it has not started'
  #restart: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(o: ThreadOptions) {
    this.#o = o
    this.#start()
  }

  started(): Promise<void> {
    return this.#ready.promise
  }

  wake(): void {
    this.#counters.publishWritten(this.#o.spool.written(), this.#o.spool.lastSegment())
  }

  flush(): Promise<void> {
    if (this.#counters.landed() >= this.#o.spool.written()) return Promise.resolve()
    const worker = this.#worker
    if (worker === undefined || this.#closing !== undefined)
      return Promise.reject(new Error(`audit events are not being stored: ${this.#why}`))
    this.#asked += 1
    const done = Promise.withResolvers<void>()
    this.#flushes.set(this.#asked, done)
    this.#ask(worker, { kind: 'flush', id: this.#asked })
    return done.promise
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === undefined) return
    this.#why = 'the journal is closed'
    this.wake()
    this.#ask(worker, { kind: 'close' })
    let landed = this.#counters.landed()
    const watch = setInterval(() => {
      const now = this.#counters.landed()
      if (now === landed) void worker.terminate()
      landed = now
    }, closeWithoutProgressMs)
    await this.#gone.promise
    clearInterval(watch)
    const waiting = this.#o.spool.written() - this.#counters.landed()
    if (waiting > 0)
      this.#o.log.warn({ waiting }, 'audit events stay in the spool; the next start stores them')
  }

  #start(): void {
    const { setup, spool } = this.#o
    this.#starts += 1
    this.#landedAtStart = this.#counters.landed()
    this.#gone = Promise.withResolvers()
    const workerData: LandingSetup = {
      ...setup,
      chain: this.#starts === 1 ? setup.chain : undefined,
      counters: this.#counters.memory,
      firstSegment: spool.firstSegment(),
    }
    const worker = new Worker(new URL('./landing-worker.ts', import.meta.url), {
      workerData,
      execArgv: [],
      name: 'audit-landing',
      // Unbounded, what V8 keeps for young objects grows with the load and stays: resident memory would never settle.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    this.#worker = worker
    worker.on('message', (word: LandingSay) => this.#hear(word))
    worker.on('error', (error: unknown) => {
      this.#why = error instanceof Error ? error.message : String(error)
      this.#o.log.error({ err: error }, 'the thread that stores audit events failed')
    })
    worker.on('exit', (code) => this.#ended(code))
  }

  #ask(worker: Worker, ask: LandingAsk): void {
    worker.postMessage(ask)
  }

  #hear(word: LandingSay): void {
    switch (word.kind) {
      case 'ready':
        this.#wasReady = true
        this.#why = 'it ended by itself'
        this.#ready.resolve()
        break
      case 'flushed':
        this.#settle(word.id, undefined)
        break
      case 'refusal':
        this.#settle(word.id, new Error(word.error))
        break
      case 'release':
        this.#o.spool.release(word.below)
        break
      case 'log':
        this.#o.log[word.level](word.fields, word.message)
        break
      default:
        word satisfies never
    }
  }

  #settle(id: number, error: Error | undefined): void {
    const done = this.#flushes.get(id)
    this.#flushes.delete(id)
    if (error === undefined) done?.resolve()
    else done?.reject(error)
  }

  #ended(code: number): void {
    this.#worker = undefined
    this.#gone.resolve()
    const error = new Error(`audit events are not being stored: ${this.#why}`)
    for (const id of this.#flushes.keys()) this.#settle(id, error)
    this.#ready.reject(error)
    // A first thread that never was ready is for whoever opens the journal to hear of.
    if (this.#closing !== undefined || !this.#wasReady) return
    const hasLanded = this.#counters.landed() > this.#landedAtStart
    this.#pauseMs = hasLanded ? 100 : Math.min(longestPauseMs, this.#pauseMs * 2 || 100)
    this.#o.log.error(
      { code, waiting: this.#o.spool.written() - this.#counters.landed(), retryMs: this.#pauseMs },
      'the thread that stores audit events has ended; starting another',
    )
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs)
  }
}
