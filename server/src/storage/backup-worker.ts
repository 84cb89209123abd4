import { openAsBlob } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { countTables } from './count-tables.ts'
import type { BackupTask, BackupTaskEnd } from './engine-worker-words.ts'

const task = workerData as BackupTask

/** Opens the copy as a database, in memory or in a new folder, and counts what is in it. */
async function run(): Promise<BackupTaskEnd> {
  const loadDataDir = await openAsBlob(task.file, { type: 'application/x-gzip' })
  const db = await PGlite.create(
    task.folder === undefined ? { loadDataDir } : { loadDataDir, dataDir: task.folder },
  )
  const counts = await countTables(db)
  await db.close()
  return { counts }
}

const end = await run().catch((error: Error): BackupTaskEnd => ({ error: error.message }))
parentPort?.postMessage(end)
