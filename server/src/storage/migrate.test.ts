import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import { migrate, readMigrations } from './migrate.ts'
import { migrationsFolder, type Storage } from './storage.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runlayer-migrations-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

async function run({ pool }: Storage): Promise<void> {
  const client = await pool.connect()
  try {
    await migrate(client, folder, quietLog)
  } finally {
    client.release()
  }
}

eachStore((open) => {
  test('files run once, in order of number, and a later file with a lower number still runs', async () => {
    const storage = await open()
    write('9002-fill.sql', 'INSERT INTO ordered VALUES (2);')
    write('9001-make.sql', 'CREATE TABLE ordered (n int); INSERT INTO ordered VALUES (1);')
    await run(storage)
    await run(storage)
    write('9000-late.sql', 'INSERT INTO ordered VALUES (0);')
    await run(storage)
    expect((await storage.pool.query('SELECT n FROM ordered')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 0 }])
    await storage.pool.query('DELETE FROM schema_migrations WHERE number >= 9000')
  })

  test('a file that changed after it was applied is an error', async () => {
    const storage = await open()
    write('9001-make.sql', 'CREATE TABLE made (n int);')
    await run(storage)
    write('9001-make.sql', 'CREATE TABLE made (n int, more int);')
    await expect(run(storage)).rejects.toThrow('9001-make.sql was changed after it was applied')
    await storage.pool.query('DELETE FROM schema_migrations WHERE number >= 9000')
  })

  test('a failing file leaves nothing of itself behind and names itself', async () => {
    const storage = await open()
    write('9001-good.sql', 'CREATE TABLE good (n int);')
    write('9002-bad.sql', 'CREATE TABLE half (n int); INSERT INTO missing VALUES (1);')
    await expect(run(storage)).rejects.toThrow('9002-bad.sql failed')
    const { rows } = await storage.pool.query(
      `SELECT to_regclass('half') AS half, to_regclass('good') IS NOT NULL AS good`,
    )
    expect(rows).toEqual([{ half: null, good: true }])
    await storage.pool.query('DELETE FROM schema_migrations WHERE number >= 9000')
  })

  test('a migration this build does not know is left alone', async () => {
    const storage = await open()
    await storage.pool.query(
      `INSERT INTO schema_migrations (number, name, sha256) VALUES (9009, '9009-later.sql', 'x')`,
    )
    await run(storage)
    await storage.pool.query('DELETE FROM schema_migrations WHERE number >= 9000')
  })

  test('processes that start at once migrate once', async () => {
    const storage = await open()
    write('9001-make.sql', 'CREATE TABLE contested (n int); INSERT INTO contested VALUES (1);')
    if (storage.kind === 'postgres') await Promise.all([run(storage), run(storage), run(storage)])
    else await run(storage)
    expect((await storage.pool.query('SELECT count(*) AS n FROM contested')).rows).toEqual([{ n: 1 }])
    await storage.pool.query('DELETE FROM schema_migrations WHERE number >= 9000')
  })
})

test('names that do not follow the form, and shared numbers, are errors', async () => {
  write('1-short.sql', '')
  await expect(readMigrations(folder)).rejects.toThrow('NNNN-name.sql')
  rmSync(join(folder, '1-short.sql'))
  write('0001-a.sql', '')
  write('0001-b.sql', '')
  await expect(readMigrations(folder)).rejects.toThrow('two migrations')
})

test('the migrations of the product have names and numbers', async () => {
  expect((await readMigrations(migrationsFolder)).length).toBeGreaterThan(0)
})
