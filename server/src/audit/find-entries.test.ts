import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { verifyExport } from '../../../cli/src/audit-export/verify-export.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import type { CloseEntry } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { type Audit, openAudit } from './audit.ts'
import { type EqualColumn, equalColumns } from './entry-row.ts'
import { smallestBlock } from './landing-statement.ts'
import type { EntryView, Query, Viewer } from './read-entries.ts'

const keyring = {
  seal: (plain: string) => plain,
  open: (sealed: string) => sealed,
  derive: () => Buffer.alloc(32, 5),
}
const admin: Viewer = { userId: newId(), everybody: true, bodies: true }
const people = [newId<'user'>(), newId<'user'>(), newId<'user'>()] as const
const servers = [newId<'server'>(), newId<'server'>()] as const
const ends: readonly CloseEntry[] = [
  { action: 'tool_call_success', outcome: 'success', result: '{"n":1}' },
  { action: 'tool_call_failure', outcome: 'failure', reason: 'upstream-failed', error: 'it broke' },
  { action: 'tool_call_denied', outcome: 'denied', rules: ['a'], resourceId: 'closed elsewhere' },
]
const processes = 3
const callsEach = smallestBlock * 2

const opened: Audit[] = []
const folders: string[] = []
afterEach(async () => {
  for (const audit of opened.splice(0)) await audit.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function start({ pool, connection }: Storage): Promise<Audit> {
  const dataDir = mkdtempSync(join(tmpdir(), 'audit-blocks-'))
  folders.push(dataDir)
  const audit = await openAudit({ pool, connection, dataDir, keyring, now: Date.now, log: quietLog })
  opened.push(audit)
  return audit
}

const pick = <Value>(values: readonly Value[], at: number): Value => values[at % values.length] as Value

async function call(audit: Audit, at: number): Promise<void> {
  const requestId = newId()
  const entry = await audit.journal.open({
    action: 'tool_call_success',
    actor: {
      type: 'user',
      id: pick(people, at),
      ...(at % 3 === 0 ? { proof: { kind: 'agent_token', id: `client ${at % 2}` } } : {}),
    },
    requestId,
    correlationId: at % 5 === 0 ? `chain ${at}` : requestId,
    serverId: pick(servers, at >> 1),
    tool: `tool ${at % 4}`,
    clientName: at % 7 === 0 ? 'other client' : 'client',
    ...(at % 6 === 0 ? { via: 'runlayer', pluginId: newId<'plugin'>(), resourceType: 'tool' } : {}),
    arguments: `{"at":${at}}`,
  })
  if (at % 29 !== 28) await entry.close(pick(ends, at))
}

/** Several processes at once, so that their blocks lie side by side; some entries stay open. */
async function busyHour(storage: Storage): Promise<Audit> {
  const audits = await Promise.all(Array.from({ length: processes }, () => start(storage)))
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      audits.flatMap((audit, which) =>
        Array.from({ length: callsEach }, (_, at) => call(audit, which * 1000 + at + round)),
      ),
    )
    await Promise.all(audits.map((audit) => audit.flush()))
  }
  const { rows } = await storage.pool.query(
    'SELECT count(*)::int AS blocks, sum(entries)::int AS entries FROM audit_blocks',
  )
  expect(rows[0].blocks).toBeGreaterThanOrEqual(processes)
  expect(rows[0].entries).toBeLessThan(processes * callsEach * 2)
  const [reader, ...others] = audits
  // A reader waits for other living processes at each question.
  for (const audit of others) await audit.close()
  opened.splice(0, opened.length, reader as Audit)
  return reader as Audit
}

async function pages(audit: Audit, query: Omit<Query, 'limit'>, viewer = admin): Promise<EntryView[]> {
  const found: EntryView[] = []
  let cursor: string | undefined
  do {
    const page = await audit.list(viewer, { ...query, limit: 150, cursor })
    found.push(...page.rows)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)
const columnOf = (view: EntryView, column: EqualColumn) => {
  const { id, proof } = view.actor
  if (column === 'proof') return proof && `${proof.kind}:${proof.id}`
  return column === 'actor_id' ? id : view[column]
}

eachStore((open) => {
  test('entries in blocks and in rows are one list, newest first, which every filter narrows and pages cut without loss', async () => {
    const audit = await busyHour(await open())
    const all = await pages(audit, { equal: {} })
    expect(all).toHaveLength(processes * callsEach * 2)
    expect(ids(all)).toEqual(ids(all).toSorted().reverse())
    for (const column of equalColumns) {
      const values = new Set(all.map((view) => columnOf(view, column)))
      for (const value of [...values].slice(0, 3)) {
        if (value === undefined) continue
        const wanted = all.filter((view) => columnOf(view, column) === value)
        expect([column, ids(await pages(audit, { equal: { [column]: value } }))]).toEqual([
          column,
          ids(wanted),
        ])
      }
      expect(await pages(audit, { equal: { [column]: 'nobody has this' } })).toEqual([])
    }
    const mine = { userId: people[1], everybody: false, bodies: false }
    expect(ids(await pages(audit, { equal: {} }, mine))).toEqual(
      ids(all.filter(({ actor }) => actor.id === people[1])),
    )
    const fromMs = Date.parse(all[300]?.time ?? '')
    const toMs = Date.parse(all[100]?.time ?? '')
    expect(ids(await pages(audit, { equal: {}, fromMs, toMs }))).toEqual(
      ids(all.filter(({ time }) => Date.parse(time) >= fromMs && Date.parse(time) <= toMs)),
    )
  })

  test('an entry in a block is found by its id with what it said, is counted, and proves itself', async () => {
    const storage = await open()
    const audit = await busyHour(storage)
    const { text } = await audit.export(admin, { equal: {}, limit: 0 }, 'json')
    expect(verifyExport(text, audit.publicKey)).toMatchObject({ problems: [], complete: true })
    const { entries } = JSON.parse(text) as { entries: { id: string; arguments: { at: number } }[] }
    for (const exported of entries.filter((_, at) => at % 97 === 0)) {
      const found = await audit.find(admin, exported.id)
      expect(found).toMatchObject({ arguments: exported.arguments, outcome: expect.any(String) })
    }
    expect(await audit.find(admin, newId())).toBeUndefined()
    const successes = (await pages(audit, { equal: { outcome: 'success' } })).length
    const counts = await audit.usageCounts()
    expect(counts.reduce((sum, { calls }) => sum + calls, 0)).toBe(successes)
    expect(await storage.pool.query('SELECT count(*)::int AS n FROM audit_log')).toMatchObject({
      rows: [{ n: entries.length }],
    })
  })

  test.each([
    ['another outcome', `outcome = replace(outcome, 'denied', 'success')`],
    ['another actor', `actor_id = replace(actor_id, '${people[0]}', '${people[1]}')`],
    ['another body hash', `open_hashes = overlay(open_hashes placing 'AAAA' from 20)`],
    ['an entry taken out', `shared = overlay(shared placing '0' from 1)`],
  ])('%s in a block is found although the server signs the export anew', async (_what, change) => {
    const storage = await open()
    const audit = await busyHour(storage)
    const exported = async () =>
      verifyExport((await audit.export(admin, { equal: {}, limit: 0 }, 'json')).text).ok
    expect(await exported()).toBe(true)
    const changed = await storage.pool.query(`UPDATE audit_blocks SET ${change}
      WHERE last_id = (SELECT last_id FROM audit_blocks ORDER BY last_id DESC LIMIT 1)`)
    expect(changed.rowCount).toBe(1)
    expect(await exported()).toBe(false)
  })
})
