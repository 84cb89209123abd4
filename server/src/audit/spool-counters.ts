/** How far a spool has been written and landed, readable from both threads at any moment without a message. */
export type SpoolCounters = {
  /** To be handed to the other thread. */
  readonly memory: SharedArrayBuffer
  /** Events the kernel has. */
  written(): number
  /** The number of the newest segment; 0 while there is none. */
  lastSegment(): number
  /** Events the database has. */
  landed(): number
  /** By the thread that writes; wakes who waits in `writtenBeyond`. */
  publishWritten(written: number, lastSegment: number): void
  publishLanded(landed: number): void
  /** Resolves once `written` differs from `seen`. Does not keep a thread alive. */
  writtenBeyond(seen: number): Promise<unknown>
}

const at = { written: 0, lastSegment: 1, landed: 2 }

export function spoolCounters(memory = new SharedArrayBuffer(8 * 3)): SpoolCounters {
  const words = new BigInt64Array(memory)
  const read = (index: number) => Number(Atomics.load(words, index))
  return {
    memory,
    written: () => read(at.written),
    lastSegment: () => read(at.lastSegment),
    landed: () => read(at.landed),
    publishWritten(written, lastSegment) {
      // In this order: whoever sees the events also sees the segment they are in.
      Atomics.store(words, at.lastSegment, BigInt(lastSegment))
      Atomics.store(words, at.written, BigInt(written))
      Atomics.notify(words, at.written)
    },
    publishLanded(landed) {
      Atomics.store(words, at.landed, BigInt(landed))
    },
    async writtenBeyond(seen) {
      const wait = Atomics.waitAsync(words, at.written, BigInt(seen))
      if (wait.async) await wait.value
    },
  }
}
