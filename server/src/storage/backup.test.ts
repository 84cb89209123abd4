import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyTemplate, quietLog } from '../../../test/support/stores.ts'
import { storageRoutes } from './api.ts'
import { scheduleBackups } from './schedule-backups.ts'
import { backUpFolder, openStorage, restoreBackup } from './storage.ts'
import { openBackup, takeBackup } from './take-backup.ts'

let home = ''
let dataDir = ''

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'runlayer-backup-'))
  dataDir = join(home, 'data')
  await copyTemplate(dataDir)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const open = () =>
  openStorage({ databaseUrl: undefined, dataDir, log: quietLog, backups: { everyMs: 0, keep: 2 } })

async function numbers(): Promise<number[]> {
  const storage = await open()
  const { rows } = await storage.pool.query<{ n: number }>('SELECT n FROM kept ORDER BY n')
  await storage.close()
  return rows.map((row) => row.n)
}

test('a backup of a running store is verified, private, and restores to that moment', async () => {
  const storage = await open()
  await storage.pool.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2)')
  const report = await storage.backups!.create()
  expect(report.rows).toBeGreaterThanOrEqual(2)
  expect(statSync(report.file).mode & 0o777).toBe(0o600)
  await storage.pool.query('INSERT INTO kept VALUES (3)')
  await expect(restoreBackup({ file: report.file, dataDir })).rejects.toThrow(
    `in use by process ${process.pid}`,
  )
  await storage.close()

  const restored = await restoreBackup({ file: report.file, dataDir })
  expect(restored.rows).toBe(report.rows)
  expect(await numbers()).toEqual([1, 2])
  expect(existsSync(join(restored.keptAside!, 'db'))).toBe(true)

  rmSync(join(dataDir, 'db'), { recursive: true })
  renameSync(join(restored.keptAside!, 'db'), join(dataDir, 'db'))
  expect(await numbers()).toEqual([1, 2, 3])
})

describe('a file that is no backup is refused and loses nothing', () => {
  test('truncated, foreign, empty, missing, or a database of something else', async () => {
    const storage = await open()
    await storage.pool.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)')
    await storage.close()
    const good = (await backUpFolder({ dataDir, file: join(home, 'good.backup'), log: quietLog })).file
    const bytes = readFileSync(good)
    const wrong = (name: string, content: Buffer) => {
      writeFileSync(join(home, name), content)
      return join(home, name)
    }
    const other = await PGlite.create()
    await other.exec('CREATE TABLE somebody_elses (n int)')
    const otherDump = Buffer.from(await (await other.dumpDataDir('gzip')).arrayBuffer())
    await other.close()
    for (const file of [
      wrong('half', bytes.subarray(0, bytes.length >> 1)),
      wrong('one-byte-less', bytes.subarray(0, -1)),
      wrong('text', Buffer.from('this is not a backup')),
      wrong('gzip', gzipSync('this is not a backup either')),
      wrong('empty', Buffer.alloc(0)),
      wrong('other', otherDump),
      join(home, 'missing'),
    ]) {
      await expect(restoreBackup({ file, dataDir }), file).rejects.toThrow()
    }
    expect(
      readdirSync(dataDir).filter((name) => name.startsWith('before') || name.startsWith('db.')),
    ).toEqual([])
    expect(await numbers()).toEqual([7])
  }, 60_000)
})

test('an interrupted restore is finished or never happened', async () => {
  const storage = await open()
  await storage.pool.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)')
  await storage.close()
  await copyTemplate(join(home, 'fresh'))
  renameSync(join(home, 'fresh', 'db'), join(dataDir, 'db.restored'))
  expect(await numbers()).toEqual([1])
  renameSync(join(dataDir, 'db'), join(dataDir, 'db.restored'))
  expect(await numbers()).toEqual([1])
})

test('a copy that does not hold what was counted is not kept', async () => {
  const file = join(home, 'wrong.backup')
  const good = (await backUpFolder({ dataDir, file: join(home, 'good.backup'), log: quietLog })).file
  const dump = async (target: string) => {
    writeFileSync(target, readFileSync(good))
    return { schema_migrations: 1, lost_table: 3 }
  }
  await expect(takeBackup({ dump, file, now: Date.now })).rejects.toThrow('does not verify')
  truncateSync(good, 1000)
  await expect(takeBackup({ dump, file, now: Date.now })).rejects.toThrow()
  expect(readdirSync(home).sort()).toEqual(['data', 'good.backup'])
})

test('only so many backups are kept, and nothing else in the folder is touched', async () => {
  const good = (await backUpFolder({ dataDir, file: join(home, 'good.backup'), log: quietLog })).file
  const storage = await open()
  const { rows } = await storage.pool.query<{ n: number }>('SELECT count(*) AS n FROM schema_migrations')
  await storage.close()
  let now = Date.parse('2026-01-01T00:00:00Z')
  const folder = join(home, 'backups')
  const counts = await openBackup({ file: good, folder: undefined })
  expect(counts['schema_migrations']).toBe(rows[0]!.n)
  const dump = async (target: string) => {
    writeFileSync(target, readFileSync(good))
    return counts
  }
  const backups = scheduleBackups({ folder, dump, everyMs: 0, keep: 2, now: () => now, log: quietLog })
  await backups.create()
  writeFileSync(join(folder, 'mine.txt'), 'keep me')
  for (const day of [2, 3]) {
    now = Date.parse(`2026-01-0${day}T00:00:00Z`)
    await backups.create()
  }
  await backups.close()
  expect((await backups.list()).map((one) => one.takenAt)).toEqual([
    '2026-01-03T00:00:00.000Z',
    '2026-01-02T00:00:00.000Z',
  ])
  expect(readdirSync(folder)).toContain('mine.txt')
}, 60_000)

test('on PostgreSQL the operation names the tool to use', async () => {
  const [create] = storageRoutes({ backups: undefined })
  await expect(create!.run({} as never, {} as never)).rejects.toMatchObject({ reason: 'conflict' })
})
