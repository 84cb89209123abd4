import { close, open, type PathLike, rm, write, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { frameHeaderBytes, segmentHead, segmentName } from './read-spool.ts'

export type SpoolLimits = {
  /** All segments of this writer together; beyond it nothing is accepted. */
  totalBytes: number
  segmentBytes: number
  /** What may wait for one running write. */
  queuedChars: number
  queuedEvents: number
}
export const spoolLimits: SpoolLimits = {
  totalBytes: 1024 * 1024 * 1024,
  segmentBytes: 32 * 1024 * 1024,
  queuedChars: 64 * 1024 * 1024,
  queuedEvents: 50_000,
}

type Segment = { readonly number: number; readonly path: string; bytes: number }

/** `append` resolves once the kernel has the event (it survives kill -9) and rejects with audit-unavailable. */
export type Spool = {
  append(payload: string): Promise<void>
  /** Events the kernel has. */
  written(): number
  /** The number of the newest segment that was begun; 0 while there is none. Numbers may be left out. */
  lastSegment(): number
  /** The number of the oldest segment that was not released. */
  firstSegment(): number
  /** Removes segments numbered below `number`: everything in them is in the database. */
  release(number: number): void
  close(): Promise<void>
}

type Batch = { text: string; events: number; done: PromiseWithResolvers<void> }

const openFile = promisify(open)
const closeFile = promisify(close)
const keptBufferBytes = 1024 * 1024
const firstBufferBytes = 256 * 1024

/**
 * Turns of the event loop that a batch waits for company. Calls written together go on together, and what they send then
 * wakes the other side once instead of once each (measured: 16 events a write become 26, +10 % calls under load). An idle
 * loop turns in microseconds, so a lonely call does not notice.
 */
const gatherTurns = 4

type SpoolOptions = { dir: string; writer: string; limits: SpoolLimits; log: Log; onWritten(): void }

export async function openSpool(o: SpoolOptions): Promise<Spool> {
  await mkdir(o.dir, { recursive: true, mode: 0o700 })
  return new SegmentedSpool(o)
}

/**
 * Group commit: what is queued in one turn of the event loop, or while a write runs, becomes one frame and one write.
 * After a failed write the segment is left with a torn tail and the next batch starts a new one.
 */
class SegmentedSpool implements Spool {
  readonly #o: SpoolOptions
  readonly #segments: Segment[] = []
  #file: number | undefined
  #nextNumber = 1
  #lastSegment = 0
  #totalBytes = 0
  #written = 0
  #waiting: Batch | undefined
  #writing = false
  #closing: PromiseWithResolvers<void> | undefined
  #warned = false
  readonly #pace = new DiskPace()
  #buffer = Buffer.allocUnsafeSlow(firstBufferBytes)

  constructor(o: SpoolOptions) {
    this.#o = o
  }

  append(payload: string): Promise<void> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const batch = this.#waiting
    if (batch !== undefined) {
      batch.text += `\x01${payload}`
      batch.events += 1
      return batch.done.promise
    }
    const first: Batch = { text: payload, events: 1, done: Promise.withResolvers() }
    this.#waiting = first
    // Whoever appended hears of a failure; that somebody stopped listening must not end the process.
    first.done.promise.catch(() => undefined)
    if (!this.#writing) {
      this.#writing = true
      setImmediate(() => void this.#run())
    }
    return first.done.promise
  }

  written(): number {
    return this.#written
  }

  lastSegment(): number {
    return this.#lastSegment
  }

  firstSegment(): number {
    return this.#segments[0]?.number ?? this.#nextNumber
  }

  release(number: number): void {
    for (
      let oldest = this.#segments[0];
      oldest !== undefined && oldest.number < number;
      oldest = this.#segments[0]
    ) {
      this.#segments.shift()
      this.#totalBytes -= oldest.bytes
      remove(oldest.path, this.#o.log)
    }
    if (this.#totalBytes < this.#o.limits.totalBytes / 4) this.#warned = false
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers()
    if (!this.#writing) this.#closing.resolve()
    await this.#closing.promise
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) await closeFile(file)
  }

  async #run(): Promise<void> {
    while (this.#waiting !== undefined) {
      for (let turn = 0; turn < gatherTurns; turn++) await nextTurn()
      const batch: Batch = this.#waiting
      this.#waiting = undefined
      try {
        await this.#write(batch.text)
        this.#written += batch.events
        batch.done.resolve()
        this.#o.onWritten()
      } catch (cause) {
        this.#abandonSegment(cause)
        batch.done.reject(
          full('The call could not be recorded: the audit spool could not be written.', cause),
        )
      }
    }
    this.#writing = false
    this.#closing?.resolve()
  }

  async #write(text: string): Promise<void> {
    const { file, segment } = await this.#current()
    const length = this.#frame(text)
    if (!this.#pace.writeNow(file, this.#buffer, length)) await writeAll(file, this.#buffer, length)
    segment.bytes += length
    this.#totalBytes += length
    if (this.#buffer.length > keptBufferBytes) this.#buffer = Buffer.allocUnsafeSlow(firstBufferBytes)
  }

  #frame(text: string): number {
    const room = frameHeaderBytes + text.length * 3
    if (this.#buffer.length < room) this.#buffer = Buffer.allocUnsafeSlow(room)
    const buffer = this.#buffer
    const length = buffer.write(text, frameHeaderBytes)
    buffer.writeUInt32LE(length, 0)
    buffer.writeUInt32LE(crc32(buffer.subarray(frameHeaderBytes, frameHeaderBytes + length)), 4)
    return frameHeaderBytes + length
  }

  async #current(): Promise<{ file: number; segment: Segment }> {
    const last = this.#segments.at(-1)
    if (this.#file !== undefined && last !== undefined && last.bytes < this.#o.limits.segmentBytes) {
      return { file: this.#file, segment: last }
    }
    if (this.#file !== undefined) await closeFile(this.#file)
    this.#file = undefined
    const number = this.#nextNumber++
    const path = join(this.#o.dir, segmentName(this.#o.writer, number))
    const file = await openFile(path, 'ax', 0o600)
    this.#file = file
    const head = Buffer.from(segmentHead(this.#written))
    await writeAll(file, head, head.length)
    const segment = { number, path, bytes: head.length }
    this.#segments.push(segment)
    this.#lastSegment = number
    this.#totalBytes += head.length
    return { file, segment }
  }

  #abandonSegment(cause: unknown): void {
    this.#o.log.error(
      { err: cause },
      'the audit spool could not be written; calls are refused until it can be',
    )
    if (this.#file !== undefined) close(this.#file, () => undefined)
    this.#file = undefined
  }

  #refusal(): GatewayError | undefined {
    const { limits, log } = this.#o
    if (this.#closing !== undefined) return new GatewayError('stopping', 'The journal is closed.')
    if (this.#totalBytes > limits.totalBytes / 2 && !this.#warned) {
      this.#warned = true
      log.warn(
        { bytes: this.#totalBytes, limit: limits.totalBytes },
        'the audit spool is half full: is the database away?',
      )
    }
    if (this.#totalBytes > limits.totalBytes)
      return full('The audit spool is full: the database has been away too long.')
    const waiting = this.#waiting
    if (waiting === undefined) return undefined
    if (waiting.events < limits.queuedEvents && waiting.text.length < limits.queuedChars) return undefined
    return full('Too many audit events are waiting for the disk.')
  }
}

function full(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('audit-unavailable', detail, { cause })
}

function remove(path: PathLike, log: Log): void {
  rm(path, { force: true }, (error) => {
    if (error !== null) log.warn({ err: error }, 'a landed audit segment could not be removed')
  })
}

/** A write that takes longer than this held up everybody else, so the next ones go through the thread pool. */
const slowWriteMs = 10
/** A lone slow write is the scheduler's or the page cache's; a disk that stays slow is left alone twice as long each time. */
const cautiousMs = { first: 200, longest: 60_000, forgottenAfter: 10_000 }

/**
 * Whether the disk takes writes at once. It nearly always does, because write(2) only copies into the page cache: then
 * writing in place costs a few microseconds, where a trip through the thread pool costs ten times that and two switches.
 */
class DiskPace {
  #cautiousUntil = 0
  #cautiousForMs = cautiousMs.first

  /** Writes all of it in place and answers true, or answers false when the disk was slow lately. Throws what write(2) does. */
  writeNow(file: number, bytes: Buffer, length: number): boolean {
    const start = performance.now()
    if (start < this.#cautiousUntil) return false
    for (let from = 0; from < length; ) from += writeSync(file, bytes, from, length - from, null)
    const end = performance.now()
    if (end - start > slowWriteMs) this.#beCautious(end)
    return true
  }

  #beCautious(now: number): void {
    const again = now - this.#cautiousUntil < cautiousMs.forgottenAfter
    this.#cautiousForMs = again ? Math.min(cautiousMs.longest, this.#cautiousForMs * 2) : cautiousMs.first
    this.#cautiousUntil = now + this.#cautiousForMs
  }
}

/** write(2) may take less than it was given; positionless, because the file is open for appending. */
function writeAll(file: number, bytes: Buffer, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (from: number) => {
      write(file, bytes, from, length - from, null, (error, count) => {
        if (error !== null) reject(error)
        else if (from + count < length) step(from + count)
        else resolve()
      })
    }
    step(0)
  })
}
