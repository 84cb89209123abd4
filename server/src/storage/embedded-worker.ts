import { writeFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { type Engine, serveBridge } from './socket-bridge.ts'
import { openWalSync } from './wal-sync.ts'
import { startupMessage } from './wire-frames.ts'

/** What the main thread asks; every ask is answered once, with the same number. */
export type WorkerAsk = { id: number } & ({ op: 'dump'; file: string } | { op: 'close' })
export type WorkerSay = { kind: 'ready' } | { kind: 'answer'; id: number; error: string | undefined }
export type WorkerSetup = { databaseDir: string; socketPath: string; idleTransactionMs: number }

const setup = workerData as WorkerSetup
const port = parentPort
if (port === null) throw new Error('embedded-worker runs only as a worker')
const say = (word: WorkerSay) => port.postMessage(word)

const db = await PGlite.create({ dataDir: setup.databaseDir })
const wal = openWalSync(setup.databaseDir)

/** Streams, because the collecting variant keeps every answer it ever parsed. */
const engine: Engine = {
  async run(exchange) {
    const parts: Buffer[] = []
    // The chunk is a view of the engine's memory, so it is copied before the engine goes on.
    await db.execProtocolRawStream(exchange, {
      syncToFs: false,
      onRawData: (data) => void parts.push(Buffer.from(data)),
    })
    wal.touched()
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  },
}

const greeting = await engine.run(startupMessage())
const bridge = await serveBridge({
  engine,
  greeting,
  path: setup.socketPath,
  idleTransactionMs: setup.idleTransactionMs,
  onFatal(error) {
    // Thrown outside any promise: the thread ends and the main thread hears why.
    setImmediate(() => {
      throw error
    })
  },
})

async function answer(ask: WorkerAsk): Promise<void> {
  if (ask.op === 'dump') {
    await bridge.idle()
    const dump = await db.dumpDataDir('gzip')
    await writeFile(ask.file, Buffer.from(await dump.arrayBuffer()), { mode: 0o600 })
    return
  }
  await bridge.close()
  await db.close()
  await wal.close()
}

port.on('message', (ask: WorkerAsk) => {
  answer(ask).then(
    () => say({ kind: 'answer', id: ask.id, error: undefined }),
    (error: Error) => say({ kind: 'answer', id: ask.id, error: error.message }),
  )
})
say({ kind: 'ready' })
