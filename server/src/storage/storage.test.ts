import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { eachStore, openTestStorage } from '../../../test/support/stores.ts'

eachStore((open, kind) => {
  test('a fresh store answers and is migrated', async () => {
    const { pool, ready } = await open()
    expect(await ready()).toBe(true)
    const { rows } = await pool.query('SELECT count(*) AS n FROM schema_migrations')
    expect(rows[0].n).toBeGreaterThan(0)
  })

  test('bigint is a number, timestamptz a Date, numeric keeps its digits, unsafe bigint is an error', async () => {
    const { pool, db } = await open()
    const { rows } = await pool.query(
      `SELECT 9007199254740991::int8 AS big, now() AS at, 1.10::numeric AS money`,
    )
    expect(rows[0]).toMatchObject({ big: 9007199254740991, money: '1.10' })
    expect(rows[0].at).toBeInstanceOf(Date)
    await expect(pool.query('SELECT 9007199254740993::int8 AS big')).rejects.toThrow('not a safe number')
    const counted = await db.execute<{ n: number }>(sql`SELECT count(*) AS n FROM generate_series(1, 3)`)
    expect(counted.rows[0]?.n).toBe(3)
  })

  test('what a transaction wrote is there after its end and gone after a failure', async () => {
    const { pool, db } = await open()
    await pool.query('CREATE TABLE t (n int)')
    await db.transaction(async (tx) => {
      await tx.execute(sql`INSERT INTO t VALUES (1)`)
    })
    const failing = db.transaction(async (tx) => {
      await tx.execute(sql`INSERT INTO t VALUES (2)`)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect((await pool.query('SELECT n FROM t')).rows).toEqual([{ n: 1 }])
  })

  test('many transactions at once each see only themselves', async () => {
    const { db, pool } = await open()
    await pool.query('CREATE TABLE counter (n int NOT NULL); INSERT INTO counter VALUES (0)')
    const one = () =>
      db.transaction(async (tx) => {
        const { rows } = await tx.execute<{ n: number }>(sql`SELECT n FROM counter FOR UPDATE`)
        await tx.execute(sql`UPDATE counter SET n = ${(rows[0]?.n ?? 0) + 1}`)
      })
    await Promise.all(Array.from({ length: 40 }, one))
    expect((await pool.query('SELECT n FROM counter')).rows).toEqual([{ n: 40 }])
  })

  test('an error carries its SQL state and the connection stays usable', async () => {
    const { pool } = await open()
    await pool.query('CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)')
    await expect(pool.query('INSERT INTO u VALUES ($1)', [1])).rejects.toMatchObject({ code: '23505' })
    await expect(pool.query('SELEC')).rejects.toMatchObject({ code: '42601' })
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('two connections may prepare the same statement name', async () => {
    const { pool } = await open()
    const [a, b] = await Promise.all([pool.connect(), pool.connect()])
    try {
      for (const client of [a, b, a, b]) {
        const { rows } = await client.query({ name: 'same', text: 'SELECT $1::int + 1 AS n', values: [41] })
        expect(rows).toEqual([{ n: 42 }])
      }
    } finally {
      a.release()
      b.release()
    }
  })

  test('values and results of several megabytes come back whole', async () => {
    const { pool } = await open()
    const text = randomUUID().repeat(200_000)
    const { rows } = await pool.query('SELECT $1::text AS echo, length($1::text) AS n', [text])
    expect(rows[0].n).toBe(text.length)
    expect(rows[0].echo === text).toBe(true)
    const many = await pool.query(`SELECT i, repeat('x', 100) AS pad FROM generate_series(1, 50000) i`)
    expect(many.rows.length).toBe(50_000)
    expect(many.rows.at(-1).i).toBe(50_000)
  })

  test('several results of one text, empty queries and notices are understood', async () => {
    const { pool } = await open()
    const results = (await pool.query('SELECT 1 AS a; SELECT 2 AS b')) as unknown as { rows: object[] }[]
    expect(results.map((result) => result.rows)).toEqual([[{ a: 1 }], [{ b: 2 }]])
    expect((await pool.query('')).rows).toEqual([])
    await pool.query('DROP TABLE IF EXISTS never_was')
    expect((await pool.query('SELECT 3 AS c')).rows).toEqual([{ c: 3 }])
  })

  test('a connection lost inside a transaction leaves nothing behind', async () => {
    const { pool } = await open()
    await pool.query('CREATE TABLE lost (n int)')
    const client = await pool.connect()
    client.on('error', () => undefined)
    await client.query('BEGIN')
    await client.query('INSERT INTO lost VALUES (1)')
    client.release(new Error('torn away'))
    expect((await pool.query('SELECT count(*) AS n FROM lost')).rows).toEqual([{ n: 0 }])
  })

  test('listeners are awaited before publish resolves, and no longer called after they leave', async () => {
    const { bus } = await open()
    const seen: string[] = []
    const leave = bus.on('policy', async (id) => {
      await Promise.resolve()
      seen.push(id)
    })
    bus.on('user', (id) => void seen.push(`user ${id}`))
    await bus.publish('policy', 'p1')
    expect(seen).toEqual(['p1'])
    leave()
    await bus.publish('policy', 'p2')
    expect(seen).toEqual(['p1'])
    expect(bus.ensureFresh()).toBeUndefined()
  })

  test('a listener that fails stops neither the others nor the change', async () => {
    const { bus } = await open()
    const seen: string[] = []
    bus.on('policy', () => {
      throw new Error('broken cache')
    })
    bus.on('policy', (id) => void seen.push(id))
    await bus.publish('policy', 'p1')
    expect(seen).toEqual(['p1'])
  })

  test('a thousand rows go in with one statement', async () => {
    const { pool } = await open()
    await pool.query('CREATE TABLE bulk (id int, body jsonb)')
    const batch = JSON.stringify(
      Array.from({ length: 1000 }, (_, id) => ({ id, body: { text: `row ${id}` } })),
    )
    await pool.query(
      'INSERT INTO bulk SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id int, body jsonb)',
      [batch],
    )
    expect((await pool.query('SELECT count(*) AS n FROM bulk')).rows).toEqual([{ n: 1000 }])
  })

  test(`${kind} says what it is`, async () => {
    expect((await open()).kind).toBe(kind)
  })
})

describe('only embedded', () => {
  test('COPY FROM STDIN is refused and the engine lives on', async () => {
    const { storage, dispose } = await openTestStorage('embedded')
    await storage.pool.query('CREATE TABLE c (a text)')
    await expect(storage.pool.query('copy c (a)\nfrom stdin')).rejects.toMatchObject({ code: '0A000' })
    expect(await storage.ready()).toBe(true)
    await dispose()
  })

  test('a lost lock file ends the engine: ready is false and queries fail instead of waiting', async () => {
    const { storage, dataDir, dispose } = await openTestStorage('embedded')
    const { rmSync } = await import('node:fs')
    rmSync(`${dataDir}/runlayer.lock`)
    await expect.poll(() => storage.ready(), { timeout: 6000 }).toBe(false)
    await expect(storage.pool.query('SELECT 1')).rejects.toThrow()
    await dispose()
  })
})
