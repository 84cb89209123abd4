import { statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { BackupTask, BackupTaskEnd, TableCounts } from './engine-worker-words.ts'

const openLimitMs = 15 * 60_000

/** A verified copy of the database. */
export type BackupReport = { file: string; bytes: number; takenAt: string; tables: number; rows: number }

/**
 * Writes a backup to `file` and keeps it only if it opens as a database with the same tables and as many rows as were
 * counted when it was taken. Needs about three times the size of the database in memory for a moment.
 */
export async function takeBackup(o: {
  dump(file: string): Promise<TableCounts>
  file: string
  now: () => number
}): Promise<BackupReport> {
  const draft = `${o.file}.partial`
  await rm(draft, { force: true })
  try {
    const takenAt = new Date(o.now()).toISOString()
    const expected = await o.dump(draft)
    const found = await openBackup({ file: draft, folder: undefined })
    rejectDifference(expected, found)
    await rename(draft, o.file)
    return { file: o.file, bytes: statSync(o.file).size, takenAt, ...totals(found) }
  } finally {
    await rm(draft, { force: true })
  }
}

export function totals(counts: TableCounts): { tables: number; rows: number } {
  const rows = Object.values(counts)
  return { tables: rows.length, rows: rows.reduce((sum, one) => sum + one, 0) }
}

function rejectDifference(expected: TableCounts, found: TableCounts): void {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (expected[name] === found[name]) continue
    throw new Error(
      `the backup does not verify: table ${name} has ${found[name] ?? 'no'} rows instead of ${expected[name] ?? 'none'}`,
    )
  }
}

/** Opens a backup on a thread of its own and counts its rows. Throws when it is truncated or something else. */
export function openBackup(task: BackupTask): Promise<TableCounts> {
  const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), {
    workerData: task,
    execArgv: [],
    name: 'backup',
  })
  return new Promise<TableCounts>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it could not be opened within 15 minutes')), openLimitMs)
    const settle = (end: BackupTaskEnd) => {
      clearTimeout(timer)
      if ('counts' in end) resolve(end.counts)
      else reject(new Error(end.error))
    }
    worker.on('message', settle)
    worker.on('error', (error) => settle({ error: error instanceof Error ? error.message : String(error) }))
    worker.on('exit', (code) => settle({ error: `its thread exited with code ${code}` }))
  }).finally(() => worker.terminate())
}
