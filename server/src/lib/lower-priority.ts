import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Lets the thread that calls this give way to the others: bookkeeping runs in the time that calls leave. Linux counts
 * priorities by thread; elsewhere, and where it is not allowed, nothing changes.
 */
export function lowerPriority(nice: number): void {
  if (process.platform !== 'linux') return
  try {
    const thread = /(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1]
    if (thread !== undefined) setPriority(Number(thread), nice)
  } catch {
    // A scheduling wish, nothing depends on it.
  }
}
