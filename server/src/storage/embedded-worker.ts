import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createGzip } from 'node:zlib'
import { lowerPriority } from '../lib/lower-priority.ts'
import { countTables } from './count-tables.ts'
import type { TableCounts, WorkerAsk, WorkerSay, WorkerSetup } from './engine-worker-words.ts'
import { openPglite } from './open-pglite.ts'
import { type Engine, serveBridge } from './socket-bridge.ts'
import { openWalSync } from './wal-sync.ts'
import { startupMessage } from './wire-frames.ts'

const setup = workerData as WorkerSetup
const port = parentPort
if (port === null) throw new Error('embedded-worker runs only as a worker')
const say = (word: WorkerSay) => port.postMessage(word)

lowerPriority(10)
const db = await openPglite(setup.databaseDir)
const wal = openWalSync(setup.databaseDir)

const engine: Engine = {
  async run(exchange) {
    const parts: Buffer[] = []
    // Streams, because the collecting variant keeps every answer it ever parsed. The chunk is a view of the engine's
    // memory, so it is copied before the engine goes on.
    await db.execProtocolRawStream(exchange, {
      syncToFs: false,
      onRawData: (data) => void parts.push(Buffer.from(data)),
    })
    wal.touched()
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  },
}

const bridge = await serveBridge({
  engine,
  greeting: await engine.run(startupMessage()),
  path: setup.socketPath,
  idleTransactionMs: setup.idleTransactionMs,
  onFatal(error) {
    // Thrown outside any promise: the thread ends and the main thread hears why.
    setImmediate(() => {
      throw error
    })
  },
})

/** The copy is taken between two exchanges; compressing it no longer stops anybody. */
async function dump(file: string): Promise<TableCounts> {
  const { counts, tar } = await bridge.alone(async () => {
    await db.exec('CHECKPOINT')
    const counts = await countTables(db)
    return { counts, tar: await db.dumpDataDir('none') }
  })
  const bytes = Buffer.from(await tar.arrayBuffer())
  await pipeline(
    Readable.from([bytes]),
    createGzip(),
    createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true }),
  )
  return counts
}

async function close(): Promise<void> {
  await bridge.close()
  await db.close()
  await wal.close()
}

async function answer(ask: WorkerAsk): Promise<unknown> {
  switch (ask.op) {
    case 'dump':
      return dump(ask.file)
    case 'close':
      return close()
    case 'ping':
      return undefined
    default:
      return ask satisfies never
  }
}

port.on('message', (ask: WorkerAsk) => {
  answer(ask).then(
    (result) => say({ kind: 'answer', id: ask.id, result }),
    (error: Error) => say({ kind: 'refusal', id: ask.id, error: error.message }),
  )
})
say({ kind: 'ready' })
