import type { Log } from '../lib/log.ts'
import { buildLanding, type Chain, type LandingParts } from './build-rows.ts'
import type { SpooledEvent } from './event.ts'
import { readSegment, type SegmentReader } from './read-spool.ts'
import type { Spool } from './spool.ts'
import type { AuditStore } from './store.ts'

/** Long enough to gather a batch, short enough to be in the database within 100 ms. */
const gatherMs = 40
/** With so many waiting there is nothing to gather. */
const manyEvents = 1_000
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

type LandingOptions = LandingParts & { spool: Spool; store: AuditStore; chain: Chain; log: Log }

/**
 * Carries events from the spool's files to the database. It always reads the files, never memory: what a restart would
 * replay is exactly what is stored, and a database that is away costs disk, not memory.
 */
export function startLanding(o: LandingOptions): Lander {
  return new SpoolLander(o)
}

class SpoolLander implements Lander {
  readonly #o: LandingOptions
  readonly #reader: SpoolReader
  #chain: Chain
  #unlanded: SpooledEvent[] = []
  #pauseMs = 0
  #running: Promise<void> | undefined
  #hurry = () => {}
  #waiters: { seq: number; done: PromiseWithResolvers<void> }[] = []
  #closed = false

  constructor(o: LandingOptions) {
    this.#o = o
    this.#chain = o.chain
    this.#reader = new SpoolReader(o.spool)
  }

  wake(): void {
    this.#running ??= this.#run()
  }

  flush(): Promise<void> {
    const seq = this.#o.spool.written()
    if (this.#chain.seq >= seq) return Promise.resolve()
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
    await this.#reader.close()
    if (this.#behind() <= 0) this.#o.spool.release(Number.POSITIVE_INFINITY)
  }

  #behind(): number {
    return this.#o.spool.written() - this.#chain.seq
  }

  async #run(): Promise<void> {
    while (this.#behind() > 0 && !(this.#closed && this.#pauseMs > 0)) {
      await this.#gather()
      try {
        if (this.#unlanded.length === 0) this.#unlanded = await this.#reader.next()
        this.#chain = await landBatch(this.#o, this.#o.store, this.#chain, this.#unlanded)
        this.#unlanded = []
        this.#pauseMs = 0
        this.#settle(undefined)
      } catch (error) {
        this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2 || 200)
        this.#o.log.error(
          { err: error, waiting: this.#behind() },
          'audit events could not be stored; trying again',
        )
        this.#settle(error)
      }
    }
    this.#running = undefined
  }

  #settle(error: unknown): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (error !== undefined) waiter.done.reject(error)
      else if (waiter.seq <= this.#chain.seq) waiter.done.resolve()
      else this.#waiters.push(waiter)
    }
  }

  #gather(): Promise<void> | undefined {
    const inHurry = this.#closed || this.#waiters.length > 0
    if (inHurry || (this.#behind() >= manyEvents && this.#pauseMs === 0)) return undefined
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(gatherMs, this.#pauseMs))
      this.#hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Reads the spool's segments in order, behind their writer, and lets go of each one that is finished. */
class SpoolReader {
  readonly #spool: Spool
  #at: { number: number; reader: SegmentReader } | undefined

  constructor(spool: Spool) {
    this.#spool = spool
  }

  /** The next events, at most about 512 KiB of them; empty while there are none. */
  async next(): Promise<SpooledEvent[]> {
    for (;;) {
      const segments = this.#spool.segments()
      const number = this.#at?.number
      const current =
        number === undefined ? segments[0] : segments.find((segment) => segment.number === number)
      if (current === undefined) return []
      if (this.#at === undefined) {
        const reader = await readSegment(current.path)
        if (reader === undefined) return []
        this.#at = { number: current.number, reader }
      }
      // Whether more can still be appended must be known before reading, or the segment's last frames would be missed.
      const next = segments.find((segment) => segment.number > current.number)
      const events = await this.#at.reader.next()
      if (events.length > 0 || next === undefined) return events
      await this.close()
      this.#spool.release(next.number)
    }
  }

  async close(): Promise<void> {
    const at = this.#at
    this.#at = undefined
    await at?.reader.close()
  }
}
