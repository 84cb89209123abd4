import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'

/**
 * Smaller than the engine's own choice: the operating system caches the files as well, and the log is part of every
 * backup. A checkpoint each 256 MB of log also bounds what a start after a kill has to replay.
 */
const settings = ['shared_buffers=32MB', 'min_wal_size=32MB', 'max_wal_size=256MB']

const startParams = [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])]

/** A first creation that was interrupted must not be taken for a database: its mark says so, and it begins anew. */
export async function openPglite(folder: string): Promise<PGlite> {
  const mark = `${folder}.creating`
  if (existsSync(mark)) rmSync(folder, { recursive: true, force: true })
  if (existsSync(folder)) return PGlite.create({ dataDir: folder, startParams })
  writeFileSync(mark, '')
  const created = await PGlite.create({ dataDir: folder, startParams })
  rmSync(mark)
  return created
}

/** Opens a copy of a database, in memory or in a folder that does not exist yet. */
export function loadPglite(loadDataDir: Blob, folder: string | undefined): Promise<PGlite> {
  return PGlite.create(
    folder === undefined ? { loadDataDir, startParams } : { loadDataDir, startParams, dataDir: folder },
  )
}
