import { join } from 'node:path'
import type { SpooledEvent } from './event.ts'
import { readSegment, type SegmentReader, segmentName } from './read-spool.ts'
import type { Spool } from './spool.ts'

/** What is seen of a spool by whoever reads behind its writer, on whichever thread. */
export type FollowedSpool = Pick<Spool, 'written' | 'lastSegment' | 'release'> & {
  readonly dir: string
  readonly writer: string
  /** The oldest segment that may still be there. */
  readonly firstSegment: number
}

/** Reads a spool's segments in order, behind their writer, and lets go of each one that is finished. */
export class SpoolFollower {
  readonly #spool: FollowedSpool
  #number: number
  #reader: SegmentReader | undefined
  /** The writer's events before what `#reader` gives next. */
  #at = 0

  constructor(spool: FollowedSpool) {
    this.#spool = spool
    this.#number = spool.firstSegment
  }

  /**
   * The events after the first `landed`, at most about 512 KiB of them; empty while there are none. Call it again only
   * when what it gave has landed. Rejects when the files lack some of them.
   */
  async next(landed: number): Promise<SpooledEvent[]> {
    for (;;) {
      // Whether more can still be appended must be known before reading, or the segment's last frames would be missed.
      const isFinished = this.#number < this.#spool.lastSegment()
      this.#reader ??= await this.#open(landed, isFinished)
      const events = (await this.#reader?.next()) ?? []
      const known = Math.max(0, landed - this.#at)
      this.#at += events.length
      if (events.length > known) return known === 0 ? events : events.slice(known)
      if (events.length > 0) continue
      if (!isFinished) return []
      await this.close()
      this.#number += 1
      this.#spool.release(this.#number)
    }
  }

  /** The next `next` begins again at the oldest segment that was not let go. */
  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  /** undefined for a segment whose making failed: its events went to the next one, or that one's base tells. */
  async #open(landed: number, isFinished: boolean): Promise<SegmentReader | undefined> {
    const path = join(this.#spool.dir, segmentName(this.#spool.writer, this.#number))
    const reader = await readSegment(path).catch((error: NodeJS.ErrnoException) => {
      if (isFinished && error.code === 'ENOENT') return undefined
      throw error
    })
    if (reader === undefined) return undefined
    if (reader.base > landed) {
      await reader.close()
      throw new Error(`the spool lacks the audit events from ${landed + 1} to ${reader.base}`)
    }
    this.#at = reader.base
    return reader
  }
}
