import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Log } from '../lib/log.ts'

/** Names the one migration at a time; any number that nothing else in the database uses. */
const lockKey = 7_265_110_001

type Migration = {
  readonly number: number
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

/**
 * Brings the schema up to date: files NNNN-name.sql in order of number, each in one transaction, forward only, one
 * process at a time. An applied file that has changed since stops the start. Migrations the database has and this
 * build does not know are left alone: expand and contract lets the build before serve beside the new one.
 */
export async function migrate(client: pg.ClientBase, folder: string, log: Log): Promise<void> {
  const migrations = await readMigrations(folder)
  await client.query('SELECT pg_advisory_lock($1)', [lockKey])
  try {
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const { rows } = await client.query<{ number: number; sha256: string }>(
      'SELECT number, sha256 FROM schema_migrations',
    )
    const applied = new Map(rows.map((row) => [row.number, row.sha256]))
    rejectChanged(migrations, applied)
    for (const migration of migrations) {
      if (applied.has(migration.number)) continue
      await apply(client, migration)
      log.info({ migration: migration.name }, 'schema migrated')
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey])
  }
}

/** The migrations of a folder in order. Throws when two share a number or a name does not follow NNNN-name.sql. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const seen = new Set<number>()
  const migrations: Migration[] = []
  for (const name of names) {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
    if (!Number.isInteger(number)) throw new Error(`migration ${name} is not named NNNN-name.sql`)
    if (seen.has(number)) throw new Error(`two migrations have the number of ${name}`)
    seen.add(number)
    const sql = await readFile(join(folder, name), 'utf8')
    migrations.push({ number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') })
  }
  return migrations
}

function rejectChanged(migrations: readonly Migration[], applied: ReadonlyMap<number, string>): void {
  for (const { number, name, sha256 } of migrations) {
    const before = applied.get(number)
    if (before !== undefined && before !== sha256) {
      throw new Error(
        `migration ${name} was changed after it was applied; put the file back and write a new migration instead`,
      )
    }
  }
}

async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(migration.sql)
    await client.query('INSERT INTO schema_migrations (number, name, sha256) VALUES ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(
      `migration ${migration.name} failed: ${error instanceof Error ? error.message : 'unknown error'}`,
      { cause: error },
    )
  }
}
