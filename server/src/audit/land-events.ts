import type { Log } from '../lib/log.ts'
import { buildLanding, type Chain, type LandingParts } from './build-rows.ts'
import type { SpooledEvent } from './event.ts'
import { type FollowedSpool, SpoolFollower } from './follow-spool.ts'
import type { AuditStore } from './store.ts'

/** Long enough to gather a batch, short enough to be in the database within 100 ms. */
const gatherMs = 40
/** After a full batch the next is gathered longer: rows cost a fifth less in large batches, and land within 200 ms. */
const gatherLongMs = 80
const fullBatch = 200
/** With so many waiting there is nothing to gather. */
const manyEvents = 4_000
const longestPauseMs = 5_000

/**
 * Stores one batch and returns where the chain is then. A statement whose answer was lost may have been committed: the
 * stored chain tells, so nothing is stored twice.
 */
export async function landBatch(
  parts: LandingParts,
  store: AuditStore,
  from: Chain,
  events: readonly SpooledEvent[],
): Promise<Chain> {
  if (events.length === 0) return from
  const landing = await buildLanding(parts, from, events)
  if (await store.land(landing)) return landing.to
  const stored = await store.findChain(from.writer)
  if (stored?.seq === landing.to.seq && stored.hash === landing.to.hash) return landing.to
  throw new Error(
    `the chain of audit writer ${from.writer} is at ${stored?.seq ?? 'nothing'}, expected ${from.seq}`,
  )
}

export type Lander = {
  /** Says that there is something new in the spool. */
  wake(): void
  /** Resolves once everything the spool holds now is in the database. */
  flush(): Promise<void>
  close(): Promise<void>
}

export type LandingOptions = LandingParts & {
  spool: FollowedSpool
  store: AuditStore
  log: Log
  /** Of a writer that landed before: where its chain is, is then asked of the database. */
  chain: Chain | undefined
  onLanded?: (seq: number) => void
}

/**
 * Carries events from the spool's files to the database. It always reads the files, never memory: what a restart would
 * replay is exactly what is stored, and a database that is away costs disk, not memory.
 */
export function startLanding(o: LandingOptions): Lander & { rest(): Promise<void> } {
  return new SpoolLander(o)
}

class SpoolLander implements Lander {
  readonly #o: LandingOptions
  readonly #follower: SpoolFollower
  #chain: Chain | undefined
  /** The last statement of whoever landed before may still commit, so the chain is asked for anew until one landed. */
  #mayMove: boolean
  #unlanded: SpooledEvent[] = []
  #pauseMs = 0
  #lastBatch = 0
  #running: Promise<void> | undefined
  #hurry = () => {}
  #waiters: { seq: number; done: PromiseWithResolvers<void> }[] = []
  #closed = false

  constructor(o: LandingOptions) {
    this.#o = o
    this.#chain = o.chain
    this.#mayMove = o.chain === undefined
    this.#follower = new SpoolFollower(o.spool)
  }

  wake(): void {
    // A run that had nothing to do would end before it could be told from one that goes on.
    if (this.#running === undefined && this.#hasWork()) this.#running = this.#run()
  }

  /** Resolves once there is nothing to do until the next `wake`. */
  async rest(): Promise<void> {
    await this.#running
  }

  flush(): Promise<void> {
    const seq = this.#o.spool.written()
    if (this.#landed() >= seq) return Promise.resolve()
    if (this.#closed) return Promise.reject(new Error('the landing is closed'))
    const done = Promise.withResolvers<void>()
    this.#waiters.push({ seq, done })
    this.#hurry()
    this.wake()
    return done.promise
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#hurry()
    this.wake()
    await this.#running
    await this.#follower.close()
    if (this.#behind() <= 0) this.#o.spool.release(Number.POSITIVE_INFINITY)
  }

  #landed(): number {
    return this.#chain?.seq ?? 0
  }

  #behind(): number {
    return this.#o.spool.written() - this.#landed()
  }

  #hasWork(): boolean {
    return this.#behind() > 0 && !(this.#closed && this.#pauseMs > 0)
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      await this.#gather()
      try {
        await this.#landNext()
        this.#pauseMs = 0
        this.#settle(undefined)
      } catch (error) {
        this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2 || 200)
        this.#o.log.error(
          { err: error, waiting: this.#behind() },
          'audit events could not be stored; trying again',
        )
        if (this.#mayMove) await this.#loseThread()
        this.#settle(error)
      }
    }
    this.#running = undefined
  }

  async #landNext(): Promise<void> {
    const { store, spool } = this.#o
    if (this.#chain === undefined) {
      this.#chain = await store.findChain(spool.writer)
      if (this.#chain === undefined) throw new Error(`the database lacks audit writer ${spool.writer}`)
      this.#o.onLanded?.(this.#chain.seq)
      if (this.#behind() <= 0) return
    }
    if (this.#unlanded.length === 0) this.#unlanded = await this.#follower.next(this.#chain.seq)
    if (this.#unlanded.length === 0) throw new Error('the audit spool holds less than was written to it')
    this.#chain = await landBatch(this.#o, store, this.#chain, this.#unlanded)
    this.#lastBatch = this.#unlanded.length
    this.#unlanded = []
    this.#mayMove = false
    this.#o.onLanded?.(this.#chain.seq)
  }

  async #loseThread(): Promise<void> {
    this.#chain = undefined
    this.#unlanded = []
    await this.#follower.close()
  }

  #settle(error: unknown): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (error !== undefined) waiter.done.reject(error)
      else if (waiter.seq <= this.#landed()) waiter.done.resolve()
      else this.#waiters.push(waiter)
    }
  }

  #gather(): Promise<void> | undefined {
    const inHurry = this.#closed || this.#waiters.length > 0
    if (inHurry || (this.#behind() >= manyEvents && this.#pauseMs === 0)) return undefined
    return new Promise((resolve) => {
      const timer = setTimeout(
        resolve,
        Math.max(this.#lastBatch < fullBatch ? gatherMs : gatherLongMs, this.#pauseMs),
      )
      this.#hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
