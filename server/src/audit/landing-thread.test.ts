import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type NetConnectOpts, connect as netConnect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyExport } from '../../../cli/src/audit-export/verify-export.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { Keyring } from '../credentials/keyring.ts'
import { newId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { type Audit, type AuditOptions, openAudit } from './audit.ts'

const keyring: Keyring = {
  seal: (plain) => plain,
  open: (sealed) => sealed,
  derive: () => Buffer.alloc(32, 1),
}
const viewer = { userId: newId(), everybody: true, bodies: true }
const actor = { type: 'user' as const, id: newId<'user'>() }
const all = { equal: {}, limit: 0 }

let folder = ''
let workers: Worker[] = []
let logged: string[] = []
let ends: (() => Promise<unknown>)[] = []
const remember = (worker: Worker) => void workers.push(worker)
const write = (_: object, message: string) => void logged.push(message)
const log = { debug: write, info: write, warn: write, error: write }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-thread-'))
  workers = []
  logged = []
  ends = []
})
afterEach(async () => {
  process.off('worker', remember)
  for (const end of ends) await end()
  rmSync(folder, { recursive: true, force: true })
})

async function start(
  { pool, connection }: Pick<Storage, 'pool' | 'connection'>,
  limits: NonNullable<AuditOptions['limits']> = {},
): Promise<Audit> {
  // Only from here on: an embedded database has a thread too.
  if (!process.listeners('worker').includes(remember)) process.on('worker', remember)
  const audit = await openAudit({
    pool,
    connection,
    dataDir: folder,
    keyring,
    now: Date.now,
    log,
    limits,
  })
  ends.push(() => audit.close())
  return audit
}

async function call(audit: Audit, result = '{"ok":true}'): Promise<void> {
  const requestId = newId()
  const entry = await audit.journal.open({
    action: 'tool_call_success',
    actor,
    requestId,
    correlationId: requestId,
    tool: 'echo',
  })
  await entry.close({ action: 'tool_call_success', outcome: 'success', result })
}

const landed = (audit: Audit) =>
  expect
    .poll(
      () =>
        audit.flush().then(
          () => 'landed',
          (error: Error) => error.message,
        ),
      { interval: 20, timeout: 20_000 },
    )
    .toBe('landed')

async function outcomes({ pool }: Storage): Promise<Record<string, number>> {
  const { rows } = await pool.query('SELECT outcome, count(*)::int AS n FROM audit_log GROUP BY outcome')
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]))
}

async function expectWholeChain(audit: Audit, events: number): Promise<void> {
  const { text } = await audit.export(viewer, all, 'json')
  expect(verifyExport(text, audit.publicKey)).toMatchObject({ problems: [], events, complete: true })
}

const segments = () => readdirSync(join(folder, 'spool')).filter((name) => name.endsWith('.log'))

/** A way to the database that can be cut: `down` refuses everybody, `deaf` lets questions through and loses the answers. */
async function cuttable(storage: Storage) {
  const { connection } = storage
  const url = connection.connectionString === undefined ? undefined : new URL(connection.connectionString)
  const far: NetConnectOpts =
    url === undefined
      ? { path: join(connection.host ?? '', '.s.PGSQL.5432') }
      : { host: url.hostname, port: Number(url.port) }
  const state = { down: false, deaf: false }
  const sockets = new Set<Socket>()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((near) => {
    if (state.down) return void near.destroy()
    const there = netConnect(far)
    for (const socket of [near, there]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        there.end()
      })
    }
    near.on('data', (chunk) => there.write(chunk))
    there.on('data', (chunk) => (state.deaf ? near.destroy() : near.write(chunk)))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  ends.push(() => {
    cut()
    return new Promise((resolve) => server.close(resolve))
  })
  if (url !== undefined) url.host = `127.0.0.1:${port}`
  const way = url === undefined ? { host: '127.0.0.1', port } : { connectionString: url.href }
  return { state, cut, storage: { pool: storage.pool, connection: { ...connection, ...way } } }
}

eachStore((open) => {
  test('threads that end at any moment are replaced, and nothing is lost, doubled or unchained', async () => {
    const storage = await open()
    const audit = await start(storage, { segmentBytes: 20_000 })
    let calls = 0
    let isDone = false
    const caller = async () => {
      while (!isDone) {
        await call(audit)
        calls += 1
        await sleep(1)
      }
    }
    const callers = Promise.all([caller(), caller(), caller()])
    for (let round = 0; round < 6; round++) {
      await expect.poll(() => workers.length, { timeout: 20_000 }).toBe(round + 1)
      await sleep(100 + Math.random() * 150)
      await workers[round]?.terminate()
    }
    isDone = true
    await callers
    await landed(audit)
    expect(await outcomes(storage)).toEqual({ success: calls })
    expect(logged).toContain('the thread that stores audit events has ended; starting another')
    expect(segments().length).toBeLessThan(3)
    expect(calls).toBeLessThan(10_000)
    await expectWholeChain(audit, 2 * calls)
  }, 60_000)

  test('reading says so while there is no thread, and is answered by the next one', async () => {
    const audit = await start(await open())
    await call(audit)
    const dead = workers[0]?.terminate()
    await expect(audit.list(viewer, { ...all, limit: 9 })).rejects.toMatchObject({ reason: 'busy' })
    await dead
    await expect(audit.flush()).rejects.toThrow('audit events are not being stored')
    await landed(audit)
    expect((await audit.list(viewer, { ...all, limit: 9 })).rows).toHaveLength(1)
  })

  test('while the database is away calls go on, and everything lands when it is back', async () => {
    const storage = await open()
    const way = await cuttable(storage)
    const audit = await start(way.storage)
    await call(audit)
    await audit.flush()
    way.state.down = true
    way.cut()
    await Promise.all(Array.from({ length: 50 }, () => call(audit)))
    await expect(audit.flush()).rejects.toThrow(/./)
    expect(await outcomes(storage)).toEqual({ success: 1 })
    expect(logged).toContain('audit events could not be stored; trying again')
    way.state.down = false
    await landed(audit)
    expect(await outcomes(storage)).toEqual({ success: 51 })
    await expectWholeChain(audit, 102)
  })

  test('a commit whose answer was lost is not stored twice, also when its thread ends with it', async () => {
    const storage = await open()
    const way = await cuttable(storage)
    const audit = await start(way.storage)
    await call(audit)
    await audit.flush()
    for (const end of [async () => undefined, async () => workers[0]?.terminate()]) {
      way.state.deaf = true
      await call(audit)
      await expect(audit.flush()).rejects.toThrow(/./)
      await end()
      way.state.deaf = false
      await landed(audit)
    }
    expect(await outcomes(storage)).toEqual({ success: 3 })
    await expectWholeChain(audit, 6)
  })

  test('an idle thread hears of the next call, and lands it within a moment', async () => {
    const storage = await open()
    const audit = await start(storage)
    await call(audit)
    await audit.flush()
    for (let round = 2; round < 5; round++) {
      await sleep(60)
      await call(audit)
      const stored = async () => (await outcomes(storage))['success']
      await expect.poll(stored, { interval: 10, timeout: 2000 }).toBe(round)
    }
  })

  test('closing lands everything, empties the spool and ends the thread', async () => {
    const storage = await open()
    const audit = await start(storage, { segmentBytes: 5_000 })
    await Promise.all(Array.from({ length: 200 }, () => call(audit)))
    await audit.close()
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1])
    expect(await outcomes(storage)).toEqual({ success: 200 })
    await expect.poll(segments).toEqual([])
    await audit.close()
  })

  test('closing without a database ends too, and the next start stores what was left', async () => {
    const storage = await open()
    const way = await cuttable(storage)
    const audit = await start(way.storage)
    way.state.down = true
    way.cut()
    await call(audit)
    const startedAt = performance.now()
    await audit.close()
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1])
    expect(segments()).toHaveLength(1)
    const next = await start(storage)
    expect((await next.list(viewer, { ...all, limit: 9 })).rows).toMatchObject([{ outcome: 'success' }])
  })
})
