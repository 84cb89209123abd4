import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const everyMs = 200

/**
 * The embedded engine never calls fsync, so the write-ahead log is flushed from here: at most every 200 ms after
 * activity, each log file that changed since. A commit is on disk at latest about 200 ms after it was answered. Table
 * files are left to the operating system, so this narrows the loss after a power failure and does not exclude damage.
 */
export function openWalSync(databaseDir: string): { touched(): void; close(): Promise<void> } {
  const folder = join(databaseDir, 'pg_wal')
  const synced = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const flush = async () => {
    const names = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name))
    for (const name of synced.keys()) if (!names.includes(name)) synced.delete(name)
    for (const name of names) {
      const path = join(folder, name)
      const { mtimeMs } = await stat(path)
      if (synced.get(name) === mtimeMs) continue
      const file = await open(path, 'r')
      try {
        await file.datasync()
      } finally {
        await file.close()
      }
      synced.set(name, mtimeMs)
    }
  }
  const run = () => {
    timer = undefined
    // A log file may be recycled between listing and opening; the next activity flushes what is there then.
    running = flush()
      .catch(() => undefined)
      .finally(() => {
        running = undefined
      })
  }
  return {
    touched() {
      timer ??= setTimeout(run, everyMs)
    },
    async close() {
      clearTimeout(timer)
      await running
      await flush().catch(() => undefined)
    },
  }
}
