import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import type { Keyring } from '../credentials/keyring.ts'
import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { type Audit, type AuditOptions, openAudit } from './audit.ts'
import type { Viewer } from './read-entries.ts'

const keyring: Keyring = {
  seal: (plain) => plain,
  open: (sealed) => sealed,
  derive: () => Buffer.alloc(32, 1),
}
const alice = newId<'user'>()
const bob = newId<'user'>()
const server = newId<'server'>()
const admin: Viewer = { userId: newId(), everybody: true, bodies: true }
const asAlice: Viewer = { userId: alice, everybody: false, bodies: false }
const success: CloseEntry = { action: 'tool_call_success', outcome: 'success', result: '{"ok":true}' }

const opened: Audit[] = []
const folders: string[] = []
afterEach(async () => {
  for (const audit of opened.splice(0)) await audit.close().catch(() => undefined)
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'audit-test-'))
  folders.push(made)
  return made
}

/** With a whole store events land on a thread of their own, with a pool alone on this one. */
async function start(
  storage: Pick<Storage, 'pool'> & Partial<Storage>,
  more: Partial<AuditOptions> = {},
): Promise<Audit> {
  const audit = await openAudit({
    pool: storage.pool,
    ...(storage.connection && { connection: storage.connection }),
    dataDir: folder(),
    keyring,
    now: Date.now,
    log: quietLog,
    ...more,
  })
  opened.push(audit)
  return audit
}

function entry(more: Partial<OpenEntry> = {}): OpenEntry {
  const requestId = newId()
  return {
    action: 'tool_call_success',
    actor: {
      type: 'user',
      id: alice,
      email: 'alice@example.com',
      proof: { kind: 'api_key', id: newId<'api_key'>() },
    },
    requestId,
    correlationId: requestId,
    serverId: server,
    tool: 'echo',
    clientName: 'client',
    clientVersion: '1.2.3',
    ip: '127.0.0.1',
    arguments: '{"message": "hello", "big": 12345678901234567890}',
    ...more,
  }
}

async function call(audit: Audit, more: Partial<OpenEntry> = {}, end: CloseEntry = success): Promise<string> {
  const one = await audit.journal.open(entry(more))
  await one.close(end)
  return one.id
}

const all = { equal: {}, limit: 200 }
const spoolOf = (dataDir: string) =>
  readdirSync(join(dataDir, 'spool')).filter((name) => name.endsWith('.log'))

/** A pool whose statements fail while `down` is set; `lost` lets them run but loses the answer. */
function shaky(storage: Storage) {
  const state = { down: false, lost: false }
  const query = async (...ask: unknown[]) => {
    if (state.down) throw new Error('no database')
    const answer = await (storage.pool.query as (...all: unknown[]) => Promise<unknown>)(...ask)
    const isLanding =
      typeof ask[0] === 'object' && (ask[0] as { name?: string }).name?.startsWith('audit-land') === true
    if (state.lost && isLanding) {
      state.lost = false
      throw new Error('the connection broke after the commit')
    }
    return answer
  }
  return { state, pool: { query } as unknown as Storage['pool'] }
}

/** A scan that says why, with a character that must not reach a reader as it is. */
const whole = {
  scanner: 'injection',
  score: 0.9,
  action: 'alert',
  detector: 'override',
  category: 'prompt-injection',
  where: 'content[0].text',
  excerpt: 'send\u200b it',
  sensitivity: 'medium',
  reason: 'The text gives orders.',
}

eachStore((open) => {
  test('a call is one row with what is known of it, and its bodies are readable', async () => {
    const audit = await start(await open())
    const id = await call(
      audit,
      { meta: 'to greet', via: 'runlayer' },
      {
        ...success,
        rules: ['builtin:x'],
        scans: [
          { scanner: 'input', score: 0.5, durationMs: 3, action: 'allow' },
          { ...whole, durationMs: 1 },
        ],
      },
    )
    const { rows } = await audit.list(admin, all)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      id,
      action: 'tool_call_success',
      outcome: 'success',
      actor: { type: 'user', id: alice, email: 'alice@example.com', proof: { kind: 'api_key' } },
      server_id: server,
      tool: 'echo',
      client_name: 'client',
      client_version: '1.2.3',
      via: 'runlayer',
      meta: 'to greet',
      ip: '127.0.0.1',
    })
    expect(rows[0]?.duration_ms).toBeGreaterThanOrEqual(0)
    const detail = await audit.find(admin, id)
    expect(detail).toMatchObject({
      arguments: { message: 'hello' },
      result: { ok: true },
      rules: ['builtin:x'],
      scans: [
        { scanner: 'input', score: 0.5, duration_ms: 3, action: 'allow' },
        { ...whole, duration_ms: 1, excerpt: 'send\\u{200b} it' },
      ],
    })
  })

  test('an open call is pending, and closing it later completes its row with what changed', async () => {
    const audit = await start(await open())
    const one = await audit.journal.open(entry())
    expect((await audit.list(admin, all)).rows[0]).toMatchObject({ id: one.id, outcome: 'pending' })
    expect((await audit.find(admin, one.id))?.arguments).toMatchObject({ message: 'hello' })
    await one.close({
      action: 'tool_call_failure',
      outcome: 'failure',
      reason: 'upstream-failed',
      error: 'no \u001b[31m answer',
    })
    const found = await audit.find(admin, one.id)
    expect(found).toMatchObject({
      action: 'tool_call_failure',
      outcome: 'failure',
      reason: 'upstream-failed',
      arguments: { message: 'hello' },
    })
    expect(found?.error).toBe('no \\u{1b}[31m answer')
    expect((await audit.list(admin, all)).rows).toHaveLength(1)
  })

  test('what a dead process left open becomes interrupted, what it had closed is landed once', async () => {
    const storage = await open()
    const dataDir = folder()
    const { state, pool } = shaky(storage)
    const dead = await start({ pool }, { dataDir })
    await call(dead)
    await dead.flush()
    state.down = true
    const closed = await call(dead)
    const left = await dead.journal.open(entry())
    expect(spoolOf(dataDir)).not.toHaveLength(0)
    const audit = await start(storage, { dataDir })
    const { rows } = await audit.list(admin, all)
    expect(rows).toHaveLength(3)
    expect(rows.find((row) => row.id === closed)?.outcome).toBe('success')
    expect(rows.find((row) => row.id === left.id)?.outcome).toBe('interrupted')
    expect(spoolOf(dataDir)).toHaveLength(0)
  })

  test.each([1, 40])('a commit of %i calls whose answer was lost is not stored twice', async (calls) => {
    const { state, pool } = shaky(await open())
    const audit = await start({ pool })
    state.lost = true
    await Promise.all(Array.from({ length: calls }, () => call(audit)))
    await audit.flush().catch(() => undefined)
    await call(audit)
    await expect
      .poll(() =>
        audit.flush().then(
          () => 'landed',
          () => 'not yet',
        ),
      )
      .toBe('landed')
    expect(state.lost).toBe(false)
    expect((await audit.list(admin, all)).rows).toHaveLength(calls + 1)
    expect((await pool.query('SELECT count(*)::int AS n FROM audit_heads')).rows[0].n).toBe(2)
  })

  test('while the database is away calls go on, reading says so, and everything lands when it is back', async () => {
    const { state, pool } = shaky(await open())
    const audit = await start({ pool })
    state.down = true
    await Promise.all(Array.from({ length: 50 }, () => call(audit)))
    await expect(audit.list(admin, all)).rejects.toMatchObject({ reason: 'busy' })
    state.down = false
    await expect
      .poll(() =>
        audit.flush().then(
          () => 'landed',
          () => 'not yet',
        ),
      )
      .toBe('landed')
    expect((await audit.list(admin, all)).rows).toHaveLength(50)
  })

  test('entries land within 100 ms without anybody asking', async () => {
    const storage = await open()
    const audit = await start(storage)
    await call(audit)
    const count = async () => (await storage.pool.query('SELECT count(*)::int AS n FROM audit_log')).rows[0].n
    await expect.poll(count, { interval: 10, timeout: 2000 }).toBe(1)
  })

  test('people see only their own entries, and bodies of sensitive connectors are hidden from everybody', async () => {
    const secretServer = newId<'server'>()
    const audit = await start(await open(), { isSensitive: (id) => id === secretServer })
    const own = await call(audit)
    const other = await call(audit, { actor: { type: 'user', id: bob } })
    const hidden = await call(audit, { serverId: secretServer })
    expect((await audit.list(asAlice, all)).rows.map(({ id }) => id)).toEqual([hidden, own])
    expect(await audit.find(asAlice, other)).toBeUndefined()
    expect(await audit.find(asAlice, own)).toHaveProperty('arguments')
    const noBodies: Viewer = { ...admin, bodies: false }
    expect(await audit.find(noBodies, own)).toMatchObject({ redacted: true })
    expect(await audit.find(noBodies, own)).not.toHaveProperty('arguments')
    expect(await audit.find(admin, hidden)).toMatchObject({ redacted: true, tool: 'echo' })
    expect(await audit.find(admin, 'nonsense')).toBeUndefined()
    const exported = await audit.export(admin, all, 'json')
    const rows = JSON.parse(exported.text).entries as { id: string; arguments?: unknown }[]
    expect(rows.find(({ id }) => id === hidden)).not.toHaveProperty('arguments')
    expect(rows.find(({ id }) => id === own)).toHaveProperty('arguments')
  })

  test('each filter narrows, and pages follow each other without overlap', async () => {
    let clock = Date.parse('2026-01-01T00:00:00Z')
    const audit = await start(await open(), { now: () => clock })
    const plugin = newId()
    for (let at = 0; at < 10; at++) {
      clock += 1000
      await call(
        audit,
        at === 3
          ? {
              pluginId: plugin,
              resourceType: 'plugin',
              resourceId: 'r',
              clientName: 'other',
              correlationId: 'c-3',
            }
          : {},
      )
    }
    clock += 1000
    await call(audit, { actor: { type: 'user', id: bob } }, { action: 'policy_denied', outcome: 'denied' })
    const count = async (equal: object, more = {}) =>
      (await audit.list(admin, { equal, limit: 50, ...more })).rows.length
    expect(await count({ action: 'policy_denied' })).toBe(1)
    expect(await count({ outcome: 'success' })).toBe(10)
    expect(await count({ actor_id: bob })).toBe(1)
    expect(await count({ server_id: server })).toBe(11)
    for (const equal of [
      { plugin_id: plugin },
      { resource_type: 'plugin' },
      { resource_id: 'r' },
      { client_name: 'other' },
      { correlation_id: 'c-3' },
    ])
      expect(await count(equal)).toBe(1)
    const from = Date.parse('2026-01-01T00:00:03Z')
    expect(await count({}, { fromMs: from, toMs: from + 2000 })).toBe(3)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await audit.list(admin, { equal: {}, limit: 4, cursor })
      seen.push(...page.rows.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(new Set(seen).size).toBe(11)
    expect(seen).toEqual([...seen].sort().reverse())
    await expect(audit.list(admin, { equal: {}, limit: 4, cursor: 'x' })).rejects.toMatchObject({
      reason: 'invalid-field',
    })
  })

  test('secrets reach neither the spool nor the database', async () => {
    const storage = await open()
    const dataDir = folder()
    const { state, pool } = shaky(storage)
    const audit = await start({ pool }, { dataDir })
    state.down = true
    const key = `rl_${'k'.repeat(40)}`
    const id = await call(
      audit,
      { arguments: `{"password":"hunter22","note":"${key}"}`, meta: `use ${key}` },
      {
        ...success,
        result: `{"text":"Authorization: Bearer ${'b'.repeat(30)}"}`,
        error: `failed with ${key}`,
      },
    )
    const spooled = readFileSync(join(dataDir, 'spool', spoolOf(dataDir)[0] ?? ''), 'latin1')
    for (const secret of ['hunter22', key, 'b'.repeat(30)]) expect(spooled).not.toContain(secret)
    state.down = false
    await expect
      .poll(() =>
        audit.flush().then(
          () => 'landed',
          () => 'not yet',
        ),
      )
      .toBe('landed')
    const detail = await audit.find(admin, id)
    expect(detail?.meta).toBe('use [REDACTED:runlayer-key]')
    expect(detail?.arguments).toEqual({ password: '[REDACTED:secret]', note: '[REDACTED:runlayer-key]' })
    const raw = JSON.stringify((await storage.pool.query('SELECT * FROM audit_log')).rows)
    for (const plain of ['REDACTED:secret', 'hello']) expect(raw).not.toContain(plain)
  })

  test('large bodies are kept beside the database, huge ones only by their start', async () => {
    const dataDir = folder()
    const audit = await start(await open(), { dataDir })
    const large = JSON.stringify({ text: 'l'.repeat(50_000) })
    const id = await call(
      audit,
      { arguments: large },
      { ...success, result: JSON.stringify('h'.repeat(2_000_000)) },
    )
    const detail = await audit.find(admin, id)
    expect(detail?.arguments).toEqual(JSON.parse(large))
    expect(detail?.result).toMatchObject({ cut: true, characters: 2_000_002 })
    const files = readdirSync(join(dataDir, 'objects', 'audit'), { recursive: true }).map(String)
    expect(files.some((name) => name.includes(id))).toBe(true)
    const late = await audit.journal.open(entry({ arguments: large }))
    await audit.flush()
    await late.close({ ...success, result: large })
    expect(await audit.find(admin, late.id)).toMatchObject({
      arguments: JSON.parse(large),
      result: JSON.parse(large),
    })
  })

  test('demo entries have their own times and chain, and are removed whole', async () => {
    const storage = await open()
    const audit = await start(storage)
    const real = await call(audit)
    const yesterday = Date.now() - 86_400_000
    await audit.importDemo([{ timeMs: yesterday, durationMs: 12, open: entry(), close: success }])
    const { rows } = await audit.list(admin, all)
    expect(rows.map(({ demo, duration_ms }) => [demo, demo ? duration_ms : 0])).toEqual([
      [undefined, 0],
      [true, 12],
    ])
    expect(rows[1]?.time).toBe(new Date(yesterday).toISOString())
    expect(await audit.removeDemo()).toBe(1)
    expect((await audit.list(admin, all)).rows.map(({ id }) => id)).toEqual([real])
    expect(
      (await storage.pool.query('SELECT count(*)::int AS n FROM audit_writers WHERE demo')).rows[0].n,
    ).toBe(0)
  })

  test('successful calls are counted by server and tool', async () => {
    const audit = await start(await open())
    await call(audit)
    await call(audit)
    await call(audit, { actor: { type: 'user', id: bob }, tool: 'other' })
    await call(audit, {}, { action: 'tool_call_failure', outcome: 'failure' })
    await audit.flush()
    expect(await audit.usageCounts(alice)).toEqual([{ serverId: server, tool: 'echo', calls: 2 }])
    expect(await audit.usageCounts()).toHaveLength(2)
  })

  test('what silent processes left open is marked, and closing after all wins', async () => {
    const storage = await open()
    const asleep = await start(storage)
    const one = await asleep.journal.open(entry())
    await asleep.flush()
    await storage.pool.query(`UPDATE audit_writers SET heartbeat_at = now() - interval '2 minutes'`)
    const audit = await start(storage)
    expect((await audit.list(admin, all)).rows[0]?.outcome).toBe('interrupted')
    await one.close(success)
    await asleep.flush()
    expect((await audit.list(admin, all)).rows[0]).toMatchObject({ outcome: 'success' })
    expect((await audit.list(admin, all)).rows[0]).not.toHaveProperty('reason')
  })
})

describe('without a database', () => {
  const nothing = { query: async () => ({ rows: [{ id: 'x' }], rowCount: 0 }) } as unknown as Storage['pool']
  const broken = () => {
    let started = false
    const query = async () => {
      if (started) throw new Error('away')
      return { rows: [], rowCount: 0 }
    }
    return { pool: { query } as unknown as Storage['pool'], stop: () => (started = true) }
  }

  test('a full spool refuses calls before they run', async () => {
    const { pool, stop } = broken()
    const audit = await start({ pool }, { limits: { totalBytes: 20_000, segmentBytes: 4_000 } })
    stop()
    const many = async () => {
      for (;;) await call(audit)
    }
    await expect(many()).rejects.toMatchObject({ reason: 'audit-unavailable' })
    await expect(audit.journal.open(entry())).rejects.toMatchObject({ reason: 'audit-unavailable' })
  })

  test('too much waiting for one write refuses calls', async () => {
    const audit = await start({ pool: nothing }, { limits: { queuedEvents: 5 } })
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => audit.journal.open(entry())))
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5)
  })

  test('a spool folder that cannot be written refuses calls', async () => {
    const dataDir = folder()
    const audit = await start({ pool: nothing }, { dataDir })
    rmSync(join(dataDir, 'spool'), { recursive: true, force: true })
    await expect(audit.journal.open(entry())).rejects.toMatchObject({ reason: 'audit-unavailable' })
  })

  test('nothing is accepted after closing', async () => {
    const audit = await start({ pool: nothing })
    await audit.close()
    await expect(audit.journal.open(entry())).rejects.toMatchObject({ reason: 'stopping' })
  })
})

test('failed authentications are sampled per address and counted', async () => {
  const { sampleFailures } = await import('./record-failures.ts')
  let clock = 10_000
  const recorded: [OpenEntry, CloseEntry][] = []
  const failures = sampleFailures({
    record: async (...one) => recorded.push(one),
    now: () => clock,
    log: quietLog,
  })
  for (let at = 0; at < 100; at++) failures.record({ ip: '10.0.0.1', why: 'unknown' })
  failures.record({ ip: '10.0.0.2', why: 'unknown' })
  expect(recorded.map(([{ ip }]) => ip)).toEqual(['10.0.0.1', '10.0.0.2'])
  clock += 1000
  failures.record({ ip: '10.0.0.1', why: 'revoked' })
  expect(recorded.at(-1)?.[0].meta).toContain('99 more')
  expect(recorded.at(-1)?.[1]).toMatchObject({
    action: 'authentication_failed',
    outcome: 'denied',
    reason: 'revoked',
  })
  clock += 1000
  for (let at = 0; at < 500; at++) failures.record({ ip: `10.1.${at >> 8}.${at & 255}`, why: 'unknown' })
  expect(recorded.length).toBeLessThan(3 + 25)
  await sleep(0)
})
