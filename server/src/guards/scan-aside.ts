import { Worker } from 'node:worker_threads'
import { GatewayError } from '../kernel/errors.ts'
import type { ContentKind } from './finding.ts'
import { endsOf, type ScanResult } from './scan-content.ts'

export type LongScanRequest = { id: number; kind: ContentKind; text: string }
export type LongScanAnswer = { id: number; result: ScanResult } | { id: number; failure: string }

/** Texts longer than this are scanned beside the main thread, so that other calls do not wait. */
export const longText = 65_536
/** Scans that may wait or run, and characters they may hold together. */
const maxWaiting = 64
const maxCharacters = 64_000_000
const deadlineMs = 10_000

type Waiting = {
  settle(result: ScanResult): void
  fail(cause: Error): void
  size: number
  timer: NodeJS.Timeout
}

export type ScanAside = {
  /** Rejects with `busy` when too much waits, and with an Error when the scan failed or took ten seconds. */
  scan(kind: ContentKind, text: string): Promise<ScanResult>
  close(): Promise<void>
}

/** One thread, started by the first long text, replaced when it dies or hangs. */
export function openScanAside(): ScanAside {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let held = 0
  let last = 0

  const take = (id: number): Waiting | undefined => {
    const one = waiting.get(id)
    if (one === undefined) return undefined
    waiting.delete(id)
    clearTimeout(one.timer)
    held -= one.size
    if (waiting.size === 0) worker?.unref()
    return one
  }
  const drop = (cause: Error) => {
    const ended = worker
    worker = undefined
    for (const id of [...waiting.keys()]) take(id)?.fail(cause)
    return ended?.terminate()
  }
  const start = (): Worker => {
    const begun = new Worker(new URL('./scan-worker.ts', import.meta.url))
    begun.on('message', (answer: LongScanAnswer) => {
      const one = take(answer.id)
      if ('result' in answer) one?.settle(answer.result)
      else one?.fail(new Error(`a long scan failed: ${answer.failure}`))
    })
    begun.on('error', (error) => {
      if (worker === begun) void drop(error)
    })
    return begun
  }

  return {
    scan(kind, given) {
      // Only what is looked at is copied to the other thread.
      const text = endsOf(given)
      if (waiting.size >= maxWaiting || held + text.length > maxCharacters)
        return Promise.reject(
          new GatewayError('busy', 'Too many long contents wait for the guards; try again.'),
        )
      worker ??= start()
      worker.ref()
      const id = ++last
      held += text.length
      return new Promise((settle, fail) => {
        const timer = setTimeout(() => void drop(new Error('a long scan took ten seconds')), deadlineMs)
        waiting.set(id, { settle, fail, size: text.length, timer })
        worker?.postMessage({ id, kind, text } satisfies LongScanRequest)
      })
    },
    async close() {
      await drop(new Error('the guards were closed'))
    },
  }
}
