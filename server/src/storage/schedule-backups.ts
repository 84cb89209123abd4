import { mkdirSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../lib/log.ts'
import type { TableCounts } from './engine-worker-words.ts'
import { type BackupReport, takeBackup } from './take-backup.ts'

/** So that a start, which is when everybody waits, is not the time of a backup. */
const firstAfterMs = 10 * 60_000
const retryMs = 60 * 60_000
/** The longest a timer can wait. */
const maxTimerMs = 2 ** 31 - 1

export type BackupFile = { name: string; bytes: number; takenAt: string }

export type Backups = {
  /** Takes a verified backup now. Callers at the same time share one. Throws when it does not verify; nothing is kept then. */
  create(): Promise<BackupReport>
  /** Newest first. */
  list(): Promise<readonly BackupFile[]>
  close(): Promise<void>
}

export type BackupsOptions = {
  folder: string
  dump(file: string): Promise<TableCounts>
  /** 0: only when asked. */
  everyMs: number
  keep: number
  now: () => number
  log: Log
}

/** Backups of the embedded store into a folder: one each interval, the newest `keep` stay. */
export function scheduleBackups(o: BackupsOptions): Backups {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<BackupReport> | undefined
  let closed = false

  const create = async (): Promise<BackupReport> => {
    mkdirSync(o.folder, { recursive: true, mode: 0o700 })
    const report = await takeBackup({ dump: o.dump, file: join(o.folder, nameAt(o.now())), now: o.now })
    const surplus = (await listBackups(o.folder)).slice(o.keep)
    for (const { name } of surplus) await rm(join(o.folder, name), { force: true })
    o.log.info({ file: report.file, bytes: report.bytes, rows: report.rows }, 'backup taken and verified')
    return report
  }
  const once = () => {
    running ??= create().finally(() => {
      running = undefined
    })
    return running
  }
  const schedule = (ms: number) => {
    if (closed || o.everyMs === 0) return
    timer = setTimeout(() => void tick(), Math.min(ms, maxTimerMs))
    timer.unref()
  }
  const dueInMs = async () => {
    const [newest] = await listBackups(o.folder)
    return newest === undefined ? 0 : Date.parse(newest.takenAt) + o.everyMs - o.now()
  }
  const tick = async () => {
    try {
      if ((await dueInMs()) <= 0) await once()
      schedule(Math.max(await dueInMs(), firstAfterMs))
    } catch (error) {
      o.log.error({ err: error }, 'the scheduled backup failed; it is tried again in an hour')
      schedule(retryMs)
    }
  }
  schedule(firstAfterMs)
  return {
    create: once,
    list: () => listBackups(o.folder),
    async close() {
      closed = true
      clearTimeout(timer)
      await running?.catch(() => undefined)
    },
  }
}

const pattern = /^runlayer-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.backup$/

export function nameAt(nowMs: number): string {
  return `runlayer-${new Date(nowMs).toISOString().replace(/[-:.]/g, '')}.backup`
}

/** Only files named by us count, so that nothing else is ever removed. */
async function listBackups(folder: string): Promise<BackupFile[]> {
  const names = await readdir(folder).catch(() => [])
  const files: BackupFile[] = []
  for (const name of names) {
    if (!pattern.test(name)) continue
    const takenAt = name.replace(pattern, '$1-$2-$3T$4:$5:$6.$7Z')
    files.push({ name, bytes: (await stat(join(folder, name))).size, takenAt })
  }
  return files.sort((a, b) => b.takenAt.localeCompare(a.takenAt))
}
