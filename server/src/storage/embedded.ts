import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '../lib/log.ts'
import type { WorkerAsk, WorkerSay, WorkerSetup } from './embedded-worker.ts'

/** sockaddr_un holds 108 bytes with the ending zero. */
const maxSocketPath = 107
const socketName = '.s.PGSQL.5432'

export type EmbeddedEngine = {
  /** Folder of the socket, which is what `pg` takes as host. */
  readonly host: string
  /** undefined while the engine lives, then why it ended. */
  failure(): string | undefined
  /** Writes a gzipped dump of the data folder; waits until no transaction is open. */
  dump(file: string): Promise<void>
  close(): Promise<void>
}

type Pending = { resolve(): void; reject(error: Error): void }

/** Starts the embedded engine on a thread of its own, so that its work never blocks the event loop here. */
export async function startEngine(o: {
  dataDir: string
  log: Log
  idleTransactionMs?: number
}): Promise<EmbeddedEngine> {
  const host = socketFolder(o.dataDir)
  const socketPath = join(host, socketName)
  rmSync(socketPath, { force: true })
  const setup: WorkerSetup = {
    databaseDir: join(o.dataDir, 'db'),
    socketPath,
    idleTransactionMs: o.idleTransactionMs ?? 60_000,
  }
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: setup,
    execArgv: [],
    name: 'embedded-store',
  })
  const pending = new Map<number, Pending>()
  let asked = 0
  let failure: string | undefined
  let closing = false

  const fail = (why: string) => {
    if (failure !== undefined) return
    failure = why
    if (!closing) o.log.error({ reason: why }, 'the embedded database has ended')
    for (const { reject } of pending.values()) reject(new Error(`the embedded database has ended: ${why}`))
    pending.clear()
  }
  const ready = new Promise<void>((resolve, reject) => {
    pending.set(0, { resolve, reject })
  })
  worker.on('message', (word: WorkerSay) => {
    const id = word.kind === 'ready' ? 0 : word.id
    const error = word.kind === 'ready' ? undefined : word.error
    const waiting = pending.get(id)
    pending.delete(id)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(new Error(error))
  })
  worker.on('error', (error: unknown) => fail(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => fail(`its thread exited with code ${code}`))
  const ask = (wanted: { op: 'dump'; file: string } | { op: 'close' }) =>
    new Promise<void>((resolve, reject) => {
      if (failure !== undefined) return reject(new Error(`the embedded database has ended: ${failure}`))
      asked += 1
      pending.set(asked, { resolve, reject })
      const question: WorkerAsk = { id: asked, ...wanted }
      worker.postMessage(question)
    })
  await ready
  return {
    host,
    failure: () => failure,
    dump: (file) => ask({ op: 'dump', file }),
    async close() {
      closing = true
      if (failure === undefined) await ask({ op: 'close' })
      await worker.terminate()
      rmSync(host, { recursive: true, force: true })
    },
  }
}

/** Inside the data folder, or a private temporary folder where that path would be too long for a socket. */
function socketFolder(dataDir: string): string {
  const inside = join(dataDir, 'run')
  if (Buffer.byteLength(join(inside, socketName)) > maxSocketPath)
    return mkdtempSync(join(tmpdir(), 'runlayer-'))
  mkdirSync(inside, { recursive: true, mode: 0o700 })
  return inside
}
