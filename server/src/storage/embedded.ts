import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '../lib/log.ts'
import type { Ask, TableCounts, WorkerAsk, WorkerSay, WorkerSetup } from './engine-worker-words.ts'

/** sockaddr_un holds 108 bytes with the ending zero. */
const maxSocketPath = 107
const socketName = '.s.PGSQL.5432'
const pingEveryMs = 10_000
/** A statement that keeps the thread for two minutes is taken for a hang. */
const maxUnanswered = 12

export type EmbeddedEngine = {
  /** Folder of the socket, which is what `pg` takes as host. */
  readonly host: string
  /** undefined while the engine lives, then why it ended. */
  failure(): string | undefined
  /** Writes a gzipped copy of the database; resolves with the rows each table had in it. */
  dump(file: string): Promise<TableCounts>
  /** Ends the engine at once, as a failure. */
  abandon(why: string): void
  close(): Promise<void>
}

type Pending = { resolve(result: unknown): void; reject(error: Error): void }

/** Starts the embedded engine on a thread of its own, so that its work never blocks the event loop here. */
export async function startEngine(o: {
  dataDir: string
  log: Log
  idleTransactionMs: number
}): Promise<EmbeddedEngine> {
  const host = socketFolder(o.dataDir)
  const socketPath = join(host, socketName)
  rmSync(socketPath, { force: true })
  const databaseDir = join(o.dataDir, 'db')
  const thread = startThread({ databaseDir, socketPath, idleTransactionMs: o.idleTransactionMs }, (why) =>
    o.log.error({ reason: why }, 'the embedded database has ended'),
  )
  try {
    await thread.ready
  } catch (error) {
    await thread.end()
    throw new Error(
      `the embedded database in ${databaseDir} could not be opened: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
  const watch = watchThread(thread)
  return {
    host,
    failure: thread.failure,
    dump: (file) => thread.ask({ op: 'dump', file }) as Promise<TableCounts>,
    abandon: thread.fail,
    async close() {
      clearInterval(watch)
      // The answer to a close that fails says no more than the thread's end does.
      if (thread.failure() === undefined) await thread.ask({ op: 'close' }).catch(() => undefined)
      await thread.end()
      rmSync(host, { recursive: true, force: true })
    },
  }
}

type Thread = {
  readonly ready: Promise<unknown>
  failure(): string | undefined
  fail(why: string): void
  ask(wanted: Ask): Promise<unknown>
  end(): Promise<void>
}

function startThread(setup: WorkerSetup, onFailure: (why: string) => void): Thread {
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: setup,
    execArgv: [],
    name: 'embedded-store',
    // Unbounded, what V8 keeps for young objects grows with the load and stays: resident memory would never settle.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  })
  const pending = new Map<number, Pending>()
  let asked = 0
  let failure: string | undefined
  let ending = false

  const expect = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      pending.set(id, { resolve, reject })
    })
  const settle = (word: WorkerSay) => {
    const id = word.kind === 'ready' ? 0 : word.id
    const waiting = pending.get(id)
    pending.delete(id)
    if (word.kind === 'refusal') waiting?.reject(new Error(word.error))
    else waiting?.resolve(word.kind === 'answer' ? word.result : undefined)
  }
  const fail = (why: string) => {
    if (failure !== undefined) return
    failure = why
    if (!ending && !pending.has(0)) onFailure(why)
    for (const { reject } of pending.values()) reject(new Error(why))
    pending.clear()
  }
  worker.on('message', settle)
  worker.on('error', (error: unknown) => fail(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => fail(`its thread exited with code ${code}`))
  return {
    ready: expect(0),
    failure: () => failure,
    fail(why) {
      fail(why)
      void worker.terminate()
    },
    ask(wanted) {
      if (failure !== undefined)
        return Promise.reject(new Error(`the embedded database has ended: ${failure}`))
      asked += 1
      const question: WorkerAsk = { id: asked, ...wanted }
      worker.postMessage(question)
      return expect(asked)
    },
    async end() {
      ending = true
      await worker.terminate()
    },
  }
}

/** Counts questions and not time, so that a suspended machine is not taken for a hang. */
function watchThread(thread: Thread): NodeJS.Timeout {
  let unanswered = 0
  const timer = setInterval(() => {
    if (thread.failure() !== undefined) return clearInterval(timer)
    unanswered += 1
    if (unanswered > maxUnanswered) return thread.fail('it did not answer for two minutes')
    thread.ask({ op: 'ping' }).then(
      () => {
        unanswered = 0
      },
      () => undefined,
    )
  }, pingEveryMs)
  return timer.unref()
}

/** Inside the data folder, or a private temporary folder where that path would be too long for a socket. */
function socketFolder(dataDir: string): string {
  const inside = join(dataDir, 'run')
  if (Buffer.byteLength(join(inside, socketName)) > maxSocketPath) {
    return mkdtempSync(join(tmpdir(), 'runlayer-'))
  }
  mkdirSync(inside, { recursive: true, mode: 0o700 })
  return inside
}
