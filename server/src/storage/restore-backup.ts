import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TableCounts } from './engine-worker-words.ts'
import { lockFolder } from './folder-lock.ts'
import { openBackup, totals } from './take-backup.ts'

/** What a point in time consists of: the database and the audit events not yet in it. */
const movedAside = ['db', 'spool']

export type RestoreReport = { tables: number; rows: number; keptAside: string | undefined }

/**
 * Puts a backup in the place of the database of a data folder that no process uses. The backup is opened and checked
 * first; what was there is kept in before-restore-<time>. Throws an Error for the operator and changes nothing when
 * the folder is in use or the file is truncated or is not a backup.
 */
export async function restoreInto(o: {
  file: string
  dataDir: string
  now: () => number
}): Promise<RestoreReport> {
  if (!existsSync(o.file)) throw new Error(`${o.file} does not exist`)
  mkdirSync(o.dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(o.dataDir, () => undefined)
  try {
    finishRestore(o.dataDir)
    const draft = join(o.dataDir, 'db.unpacking')
    rmSync(draft, { recursive: true, force: true })
    const counts = await unpack(o.file, draft)
    renameSync(draft, join(o.dataDir, 'db.restored'))
    const stamp = new Date(o.now()).toISOString().replace(/[-:.]/g, '')
    const keptAside = moveAside(o.dataDir, join(o.dataDir, `before-restore-${stamp}`))
    finishRestore(o.dataDir)
    return { ...totals(counts), keptAside }
  } finally {
    rmSync(join(o.dataDir, 'db.unpacking'), { recursive: true, force: true })
    await lock.release()
  }
}

async function unpack(file: string, folder: string): Promise<TableCounts> {
  const counts = await openBackup({ file, folder }).catch((error: Error) => {
    throw new Error(`${file} cannot be opened as a backup, nothing was changed: ${error.message}`, {
      cause: error,
    })
  })
  if (counts['schema_migrations'] === undefined || counts['keyring'] === undefined) {
    throw new Error(`${file} is a database, but not one of this product; nothing was changed`)
  }
  return counts
}

function moveAside(dataDir: string, target: string): string | undefined {
  const present = movedAside.filter((name) => existsSync(join(dataDir, name)))
  if (present.length === 0) return undefined
  mkdirSync(target, { mode: 0o700 })
  // The database last: while it stands, an interrupted restore is one that did not happen.
  for (const name of present.toReversed()) renameSync(join(dataDir, name), join(target, name))
  return target
}

/**
 * Ends what an interrupted restore left: once the old database is out of the way the restored one takes its place,
 * before that it is thrown away. The caller holds the folder's lock.
 */
export function finishRestore(dataDir: string): void {
  const restored = join(dataDir, 'db.restored')
  if (!existsSync(restored)) return
  if (existsSync(join(dataDir, 'db'))) rmSync(restored, { recursive: true, force: true })
  else renameSync(restored, join(dataDir, 'db'))
}
