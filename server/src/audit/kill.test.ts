import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { verifyExport } from '../../../cli/src/audit-export/verify-export.ts'
import { copyTemplate, freshDatabase, postgresMissing, quietLog } from '../../../test/support/stores.ts'
import { openKeyring } from '../credentials/keyring.ts'
import { openStorage } from '../storage/storage.ts'
import { openAudit } from './audit.ts'

const rounds = 3
const viewer = { userId: 'nobody', everybody: true, bodies: true }
const writer = fileURLToPath(new URL('../../../test/fixtures/audit-writer.ts', import.meta.url))

/** Runs the writer for about `ms` after it is ready, kills it, and adds what it said was acknowledged. */
async function writeAndDie(
  args: string[],
  ms: number,
  said: { opened: Set<string>; closed: Set<string> },
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [writer, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const ready = Promise.withResolvers<void>()
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk
    if (output.startsWith('ready\n')) ready.resolve()
  })
  await Promise.race([
    ready.promise,
    gone.then(() => Promise.reject(new Error('the writer ended by itself'))),
  ])
  await sleep(ms)
  child.kill('SIGKILL')
  await gone
  // The last line may be cut; whole lines were written after their acknowledgement.
  for (const line of output.slice(0, output.lastIndexOf('\n')).split('\n')) {
    if (line.startsWith('o ')) said.opened.add(line.slice(2))
    if (line.startsWith('c ')) said.closed.add(line.slice(2))
  }
}

async function killRounds(dataDir: string, databaseUrl: string | undefined): Promise<void> {
  const said = { opened: new Set<string>(), closed: new Set<string>() }
  const args = databaseUrl === undefined ? [dataDir] : [dataDir, databaseUrl]
  // Killed anywhere: the time only has to differ.
  for (let round = 0; round < rounds; round++) await writeAndDie(args, 60 + Math.random() * 300, said)
  expect(said.closed.size).toBeGreaterThan(50)

  const storage = await openStorage({ databaseUrl, dataDir, log: quietLog })
  const embedded = storage.kind === 'embedded'
  const keyring = await openKeyring({ db: storage.db, secretKeys: [Buffer.alloc(32, 7)], dataDir, embedded })
  const { pool, connection } = storage
  const audit = await openAudit({ pool, connection, dataDir, keyring, now: Date.now, log: quietLog })
  try {
    const { rows } = await storage.pool.query('SELECT id, outcome FROM audit_log')
    const outcomes = new Map<string, string>(rows.map((row) => [row.id, row.outcome]))
    expect(outcomes.size).toBe(rows.length)
    expect([...said.closed].filter((id) => outcomes.get(id) !== 'success')).toEqual([])
    expect([...said.opened].filter((id) => !outcomes.has(id))).toEqual([])
    expect(new Set(outcomes.values())).toEqual(new Set(['success', 'interrupted']))
    // Entries beyond one export are checked in pages: the chain of each must hold.
    let toMs: number | undefined
    for (let left = rows.length; left > 0; left -= 10_000) {
      const { text } = await audit.export(viewer, { equal: {}, toMs, limit: 0 }, 'json')
      const report = verifyExport(text, audit.publicKey)
      expect(report.problems.slice(0, 3)).toEqual([])
      toMs = Date.parse((JSON.parse(text) as { entries: { time: string }[] }).entries[0]?.time ?? '')
    }
  } finally {
    await audit.close()
    await storage.close()
  }
}

describe('a process killed at any moment loses and doubles nothing that it acknowledged', () => {
  const run = async (databaseUrl: string | undefined) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'audit-kill-'))
    try {
      if (databaseUrl === undefined) await copyTemplate(dataDir)
      await killRounds(dataDir, databaseUrl)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  test('embedded', { timeout: 120_000 }, () => run(undefined))
  const missing = postgresMissing()
  test.skipIf(missing !== undefined)(
    `postgres${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    { timeout: 120_000 },
    async () => run(await freshDatabase()),
  )
})
