import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { copyTemplate, quietLog } from '../../../test/support/stores.ts'
import { type EmbeddedEngine, startEngine } from './embedded.ts'

let home = ''
let engine: EmbeddedEngine
const clients: pg.Client[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'runlayer-engine-'))
  await copyTemplate(home)
  engine = await startEngine({ dataDir: home, log: quietLog, idleTransactionMs: 300 })
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined)
})
afterAll(async () => {
  await engine.close()
  rmSync(home, { recursive: true, force: true })
})

async function openClient(): Promise<pg.Client> {
  const client = new pg.Client({ host: engine.host, port: 5432, user: 'postgres', database: 'postgres' })
  client.on('error', () => undefined)
  clients.push(client)
  await client.connect()
  return client
}

const socket = () => connect(join(engine.host, '.s.PGSQL.5432'))

test('while a transaction is open the others wait, and go on after it', async () => {
  const [a, b] = [await openClient(), await openClient()]
  const order: string[] = []
  await a.query('BEGIN')
  const waiting = b.query('SELECT 1').then(() => order.push('b'))
  await a.query('SELECT 1')
  order.push('a')
  await a.query('COMMIT')
  await waiting
  expect(order).toEqual(['a', 'b'])
})

test('a transaction nobody continues is ended, says why, and lets the others in', async () => {
  const [idle, other] = [await openClient(), await openClient()]
  const ended = new Promise<Error>((resolve) => idle.once('error', resolve))
  await idle.query('BEGIN; CREATE TABLE never (n int)')
  const { rows } = await other.query(`SELECT to_regclass('never') AS never`)
  expect(rows).toEqual([{ never: null }])
  expect((await ended).message).toContain('idle for too long')
})

test('a failed transaction holds its turn until it is rolled back', async () => {
  const [a, b] = [await openClient(), await openClient()]
  await a.query('BEGIN')
  await expect(a.query('SELEC')).rejects.toThrow('syntax error')
  await expect(a.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' })
  const waiting = b.query('SELECT 2 AS two')
  await a.query('ROLLBACK')
  expect((await waiting).rows).toEqual([{ two: 2 }])
})

test('encryption is declined and a cancel request is dropped', async () => {
  const answer = (code: number) =>
    new Promise<string>((resolve) => {
      const raw = socket()
      const request = Buffer.alloc(code === 80877102 ? 16 : 8)
      request.writeInt32BE(request.length, 0)
      request.writeInt32BE(code, 4)
      raw.write(request)
      raw.once('data', (data) => {
        resolve(data.toString())
        raw.destroy()
      })
      raw.once('close', () => resolve('closed'))
    })
  expect(await answer(80877103)).toBe('N')
  expect(await answer(80877104)).toBe('N')
  expect(await answer(80877102)).toBe('closed')
})

test('garbage ends its own connection only', async () => {
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 255), Buffer.alloc(64, 0)]) {
    const raw = socket()
    raw.on('error', () => undefined)
    const closed = new Promise((resolve) => raw.once('close', resolve))
    raw.write(bytes)
    await closed
  }
  expect((await (await openClient()).query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('prepared statements of a lost connection are forgotten', async () => {
  const client = await openClient()
  await client.query({ name: 'mine', text: 'SELECT 1' })
  const other = await openClient()
  const count = async () =>
    (await other.query('SELECT count(*)::int AS n FROM pg_prepared_statements')).rows[0].n
  expect(await count()).toBe(1)
  await client.end()
  await expect.poll(count).toBe(0)
})

test('a thread that ends is a failure with a reason, and nobody waits for it', async () => {
  const dataDir = join(home, 'second')
  await copyTemplate(dataDir)
  const second = await startEngine({ dataDir, log: quietLog, idleTransactionMs: 300 })
  const client = new pg.Client({ host: second.host, port: 5432, user: 'postgres', database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  const waiting = client.query('SELECT pg_sleep(30)')
  second.abandon('pulled the plug')
  await expect(waiting).rejects.toThrow()
  expect(second.failure()).toBe('pulled the plug')
  await expect(second.dump(join(home, 'x'))).rejects.toThrow('pulled the plug')
  await second.close()
})

test('a data folder with a path too long for a socket works', async () => {
  const dataDir = join(home, 'x'.repeat(60), 'y'.repeat(60))
  mkdirSync(dataDir, { recursive: true })
  await copyTemplate(dataDir)
  const deep = await startEngine({ dataDir, log: quietLog, idleTransactionMs: 300 })
  expect(deep.host.length).toBeLessThan(100)
  await deep.close()
  expect(readdirSync(tmpdir())).not.toContain(deep.host.split('/').at(-1))
})
