import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../test/support/server.ts'
import { postgresMissing, postgresUrl } from '../../../test/support/stores.ts'
import { isDatabaseAway } from './database-away.ts'

/** What the query rejects with, over a pool of one connection. */
async function failureOf(
  query: string,
  o: { url?: string; isTaken?: boolean; timeoutMs?: number } = {},
): Promise<unknown> {
  const pool = new pg.Pool({
    connectionString: o.url ?? postgresUrl(),
    max: 1,
    connectionTimeoutMillis: 100,
    statement_timeout: o.timeoutMs ?? 5_000,
  })
  pool.on('error', () => undefined)
  const held = o.isTaken === true ? await pool.connect() : undefined
  try {
    return await drizzle(pool)
      .execute(sql.raw(query))
      .then(() => 'nothing failed')
      .catch((error: unknown) => error)
  } finally {
    held?.release()
    await pool.end()
  }
}

const missing = postgresMissing()
describe.skipIf(missing !== undefined)(`a database ${missing ?? ''}`, () => {
  test('is away while every connection is taken', async () => {
    expect(isDatabaseAway(await failureOf('SELECT 1', { isTaken: true }))).toBe(true)
  })
  test('is away when a statement takes too long, or its connection is ended', async () => {
    expect(isDatabaseAway(await failureOf('SELECT pg_sleep(5)', { timeoutMs: 50 }))).toBe(true)
    expect(isDatabaseAway(await failureOf('SELECT pg_terminate_backend(pg_backend_pid())'))).toBe(true)
  })
  test('is not away when it was asked nonsense', async () => {
    expect(isDatabaseAway(await failureOf('SELECT 1/0'))).toBe(false)
    expect(isDatabaseAway(await failureOf('SELECT nothing'))).toBe(false)
  })
})

test('a database nobody runs is away; whatever else nobody runs is not the database', async () => {
  const url = `postgres://postgres@127.0.0.1:${await freePort()}/postgres`
  expect(isDatabaseAway(await failureOf('SELECT 1', { url }))).toBe(true)
  const other = await fetch(url.replace('postgres://postgres@', 'http://')).catch(
    (error: Error) => error.cause,
  )
  expect(other).toMatchObject({ code: 'ECONNREFUSED' })
  expect(isDatabaseAway(other)).toBe(false)
})
