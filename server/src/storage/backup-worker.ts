import { createReadStream, openAsBlob } from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createGunzip } from 'node:zlib'
import { countTables } from './count-tables.ts'
import type { BackupTask, BackupTaskEnd } from './engine-worker-words.ts'
import { loadPglite } from './open-pglite.ts'

const task = workerData as BackupTask
/** A tar archive is made of blocks of this size and ends with two empty ones. */
const tarBlockBytes = 512

/** Reads the whole file first, so that a damaged or foreign one is named as such before anything is unpacked. */
async function rejectDamaged(): Promise<void> {
  let bytes = 0
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done()
    },
  })
  await pipeline(createReadStream(task.file), createGunzip(), count).catch((error: Error) => {
    throw new Error(`it is truncated or not a backup (${error.message})`)
  })
  if (bytes < 2 * tarBlockBytes || bytes % tarBlockBytes !== 0) throw new Error('it is not a backup')
}

/** Opens the copy as a database, in memory or in a new folder, and counts what is in it. */
async function run(): Promise<BackupTaskEnd> {
  await rejectDamaged()
  const archive = await openAsBlob(task.file, { type: 'application/x-gzip' })
  const db = await loadPglite(archive, task.folder)
  const counts = await countTables(db)
  await db.close()
  return { counts }
}

const end = await run().catch((error: Error): BackupTaskEnd => ({ error: error.message }))
parentPort?.postMessage(end)
