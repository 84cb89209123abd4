import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyExport } from '../../cli/src/audit-export/verify-export.ts'
import { runCommand } from '../../cli/src/main.ts'
import { type Audit, openAudit } from '../../server/src/audit/audit.ts'
import { newId } from '../../server/src/kernel/ids.ts'
import { openTestStorage, quietLog, type TestStorage } from '../support/stores.ts'

const viewer = { userId: newId(), everybody: true, bodies: true }
const keyring = {
  seal: (plain: string) => plain,
  open: (sealed: string) => sealed,
  derive: () => Buffer.alloc(32, 3),
}
const query = { equal: {}, limit: 0 }
let store: TestStorage
let audit: Audit

beforeAll(async () => {
  store = await openTestStorage('embedded')
  audit = await openAudit({
    pool: store.storage.pool,
    connection: store.storage.connection,
    dataDir: store.dataDir,
    keyring,
    now: Date.now,
    log: quietLog,
  })
  for (let at = 0; at < 6; at++) await call(at)
})
afterAll(async () => {
  await audit.close()
  await store.dispose()
})

async function call(at: number): Promise<void> {
  const requestId = newId()
  const entry = await audit.journal.open({
    action: 'tool_call_success',
    actor: {
      type: 'user',
      id: viewer.userId,
      email: 'zoë@example.com',
      proof: { kind: 'api_key', id: newId<'api_key'>() },
    },
    requestId,
    correlationId: requestId,
    serverId: newId<'server'>(),
    tool: 'write "quoted"',
    meta: 'why\nso',
    ip: '::1',
    arguments: at % 2 === 0 ? '{"n":12345678901234567890, "10":1, "2":2}' : '{"n":1.50e3}',
  })
  if (at === 4) await audit.flush()
  if (at === 5) return
  await entry.close(
    at === 3
      ? { action: 'tool_call_failure', outcome: 'failure', reason: 'upstream-failed', error: 'it broke' }
      : {
          action: 'tool_call_success',
          outcome: 'success',
          result: '{"é":"✓"}',
          rules: ['a'],
          scans: [{ scanner: 's', score: 0.25, durationMs: 1.5, action: 'allow' }],
        },
  )
}

const exported = async (format: 'json' | 'jsonl') => (await audit.export(viewer, query, format)).text

test.each(['json', 'jsonl'] as const)(
  'an untouched %s export verifies, also with the key known from elsewhere',
  async (format) => {
    const text = await exported(format)
    expect(verifyExport(text, audit.publicKey)).toMatchObject({
      ok: true,
      problems: [],
      entries: 6,
      events: 11,
      complete: true,
    })
    expect(verifyExport(text, 'A'.repeat(43)).ok).toBe(false)
  },
)

test.each(['json', 'jsonl'] as const)(
  'whichever byte of a %s export is changed, removed or added, it is found',
  async (format) => {
    const text = await exported(format)
    const bytes = Buffer.from(text)
    const broken = (changed: Buffer) => {
      try {
        return !verifyExport(changed.toString('utf8')).ok
      } catch {
        return true
      }
    }
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('change', 'remove', 'add'),
        (at, by, how) => {
          const middle =
            how === 'remove' ? [] : how === 'add' ? [by, bytes[at] ?? 0] : [(bytes[at] ?? 0) ^ by]
          return broken(Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(at + 1)]))
        },
      ),
      {
        numRuns: 1500,
        examples: [
          [bytes.length - 1, 1, 'remove'],
          [bytes.length - 4, 1, 'change'],
          [bytes.length - 5, 1, 'change'],
          [0, 1, 'remove'],
        ],
      },
    )
  },
)

test.each([
  ['another actor', `UPDATE audit_entries SET actor_id = 'someone' WHERE id = $1`],
  ['another outcome', `UPDATE audit_entries SET outcome = 'denied' WHERE id = $1`],
  ['another time', `UPDATE audit_entries SET time = time - interval '1 day' WHERE id = $1`],
  ['another end', `UPDATE audit_entries SET closed_at = closed_at + interval '1 second' WHERE id = $1`],
  ['other words', `UPDATE audit_entries SET meta = 'fine' WHERE id = $1`],
  ['other scans', `UPDATE audit_entries SET scans = NULL WHERE id = $1`],
  ['an end taken away', `UPDATE audit_entries SET close_seq = NULL, outcome = 'interrupted' WHERE id = $1`],
  ['a row taken out', 'DELETE FROM audit_entries WHERE id = $1'],
])('%s in the database is found although the server signs the export anew', async (_what, change) => {
  const { pool } = store.storage
  const first = (JSON.parse(await exported('json')) as { entries: { id: string }[] }).entries[0]?.id
  const before = (await pool.query('SELECT * FROM audit_entries WHERE id = $1', [first])).rows[0]
  await pool.query(change, [first])
  const report = verifyExport(await exported('json'))
  await pool.query('DELETE FROM audit_entries WHERE id = $1', [first])
  const names = Object.keys(before)
  await pool.query(
    `INSERT INTO audit_entries (${names}) VALUES (${names.map((_, at) => `$${at + 1}`)})`,
    Object.values(before),
  )
  expect(report.ok).toBe(false)
  expect(verifyExport(await exported('json')).ok).toBe(true)
})

test('erased bodies leave a valid chain', async () => {
  const { pool } = store.storage
  await pool.query('UPDATE audit_entries SET open_bodies = NULL, close_bodies = NULL')
  const report = verifyExport(await exported('json'))
  expect(report.problems).toEqual([])
})

test('a selection proves what is in it', async () => {
  const text = (await audit.export(viewer, { equal: { outcome: 'failure' }, limit: 0 }, 'jsonl')).text
  expect(verifyExport(text)).toMatchObject({ ok: true, entries: 1, events: 2, complete: false })
})

test('the command says what is wrong and ends with the code of the contract', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-verify-'))
  const lines: string[] = []
  const terminal = {
    data: (line: string) => void lines.push(line),
    message: (line: string) => void lines.push(line),
    env: {},
    signal: new AbortController().signal,
  }
  const verify = (name: string, text: string, ...more: string[]) => {
    writeFileSync(join(folder, name), text)
    return runCommand(['audit', 'verify', join(folder, name), ...more], terminal)
  }
  const text = await exported('json')
  try {
    expect(await verify('good', text)).toBe(0)
    expect(lines.join('\n')).toContain('OK: 6 entries')
    expect(await verify('bad', text.replace('upstream-failed', 'upstream-worked'))).toBe(1)
    expect(lines.join('\n')).toContain('CHANGED')
    expect(await verify('none', 'hello')).toBe(4)
    expect(await verify('json', text, '--json')).toBe(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ ok: true })
    expect(await runCommand(['audit', 'verify'], terminal)).toBe(2)
    expect(await runCommand(['audit', 'verify', join(folder, 'missing')], terminal)).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
