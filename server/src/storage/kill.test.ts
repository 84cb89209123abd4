import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyTemplate, quietLog } from '../../../test/support/stores.ts'
import { openStorage } from './storage.ts'

const script = fileURLToPath(new URL('../../../test/support/write-load.ts', import.meta.url))

let dataDir = ''
const children: ChildProcess[] = []

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'runlayer-kill-'))
  await copyTemplate(dataDir)
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Runs the writer until `enough` numbers were acknowledged, sends the signal and waits for the end. */
async function writeUntil(from: number, enough: number, signal: 'SIGKILL' | 'SIGTERM') {
  const child = spawn(process.execPath, [script, dataDir, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const acknowledged: number[] = []
  const words: string[] = []
  let signalledAt = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const n = Number(line)
    if (Number.isInteger(n)) acknowledged.push(n)
    else words.push(line)
    if (acknowledged.length === enough && signalledAt === 0) {
      signalledAt = Date.now()
      child.kill(signal)
    }
  }
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((done) => child.once('exit', done))
  return { acknowledged, words, endedMs: Date.now() - signalledAt, exitCode: child.exitCode }
}

test('kill -9 under write load loses no acknowledged commit, and the lock of the dead is taken over', async () => {
  const acknowledged = new Set<number>()
  for (const enough of [150, 40, 400]) {
    const round = await writeUntil(acknowledged.size * 10 + 1, enough, 'SIGKILL')
    for (const n of round.acknowledged) acknowledged.add(n)
    expect(existsSync(join(dataDir, 'runlayer.lock'))).toBe(true)
  }
  const storage = await openStorage({ databaseUrl: undefined, dataDir, log: quietLog })
  const { rows } = await storage.pool.query<{ n: number }>('SELECT n FROM load')
  await storage.close()
  const stored = new Set(rows.map((row) => row.n))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(500)
}, 60_000)

test('a process asked to end closes in good order, without lingering, and removes its lock', async () => {
  const round = await writeUntil(1, 50, 'SIGTERM')
  expect(round.words).toEqual(['open', 'closed'])
  expect(round.exitCode).toBe(0)
  expect(round.endedMs).toBeLessThan(5000)
  expect(existsSync(join(dataDir, 'runlayer.lock'))).toBe(false)
  expect(existsSync(join(dataDir, 'run'))).toBe(false)
}, 60_000)

test('a first creation that was killed half way begins anew', async () => {
  const fresh = join(dataDir, 'fresh')
  mkdirSync(join(fresh, 'db'), { recursive: true })
  copyFileSync(join(dataDir, 'db', 'PG_VERSION'), join(fresh, 'db', 'PG_VERSION'))
  writeFileSync(join(fresh, 'db.creating'), '')
  const storage = await openStorage({ databaseUrl: undefined, dataDir: fresh, log: quietLog })
  expect(await storage.ready()).toBe(true)
  expect(existsSync(join(fresh, 'db.creating'))).toBe(false)
  await storage.close()
})
