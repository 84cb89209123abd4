import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openAudit } from '../../server/src/audit/audit.ts'
import type { Keyring } from '../../server/src/credentials/keyring.ts'
import { newId } from '../../server/src/kernel/ids.ts'
import type { Log } from '../../server/src/lib/log.ts'
import { openStorage } from '../../server/src/storage/storage.ts'
import { newestBinaries, startPostgres } from '../support/postgres.ts'

/**
 * Measures the journal alone: `node test/load/audit-bench.ts [--postgres] [--rate 8000] [--concurrent 16]
 * [--seconds 8] [--warm 3] [--one-thread]`. Calls open and close. Prints the latency of open and close and the CPU of this
 * process per call, on both sides of the landing. No test depends on its figures.
 */
const { values } = parseArgs({
  options: {
    postgres: { type: 'boolean', default: false },
    rate: { type: 'string', default: '8000' },
    concurrent: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '8' },
    body: { type: 'string', default: '200' },
    warm: { type: 'string', default: '3' },
    'one-thread': { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const rate = Number(values.rate)
const concurrent = Number(values.concurrent)

const root = randomBytes(32)
const keyring: Keyring = { seal: (plain) => plain, open: (sealed) => sealed, derive: () => root }
const log: Log = { debug() {}, info() {}, warn: console.error, error: console.error }
const dataDir = mkdtempSync(join(tmpdir(), 'audit-bench-'))
const binaries = newestBinaries()
const server = values.postgres && binaries !== undefined ? await startPostgres(binaries) : undefined
const storage = await openStorage({ databaseUrl: server?.url, dataDir, log })
const audit = await openAudit({
  pool: storage.pool,
  ...(values['one-thread'] ? {} : { connection: storage.connection }),
  dataDir,
  keyring,
  now: Date.now,
  log,
})

const actor = {
  type: 'user' as const,
  id: newId<'user'>(),
  email: 'alice@example.com',
  proof: { kind: 'api_key' as const, id: newId<'api_key'>() },
}
const serverId = newId<'server'>()
const requestId = newId()
const filler = 'x'.repeat(Math.max(0, Number(values.body) - 40))
const latencies: number[] = []
let calls = 0

async function call(): Promise<void> {
  calls += 1
  const started = performance.now()
  const entry = await audit.journal.open({
    action: 'tool_call_success',
    actor,
    requestId,
    correlationId: requestId,
    serverId,
    tool: 'echo',
    clientName: 'bench',
    clientVersion: '1.0.0',
    ip: '127.0.0.1',
    arguments: `{"message":"${calls} ${filler}"}`,
  })
  await entry.close({
    action: 'tool_call_success',
    outcome: 'success',
    rules: ['builtin:super-admin'],
    result: `{"content":[{"type":"text","text":"${calls} ${filler}"}]}`,
  })
  latencies.push(performance.now() - started)
}

/** A fixed number of callers, each with its share of the rate. */
async function caller(until: number): Promise<void> {
  const gapMs = (concurrent / rate) * 1000
  let next = performance.now() + Math.random() * gapMs
  while (performance.now() < until) {
    const wait = next - performance.now()
    if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait))
    next += gapMs
    await call()
  }
}

const measure = async (run: () => Promise<unknown>) => {
  const before = process.threadCpuUsage()
  const whole = process.cpuUsage()
  const started = performance.now()
  await run()
  const thread = process.threadCpuUsage(before)
  const process_ = process.cpuUsage(whole)
  return {
    ms: performance.now() - started,
    thread: thread.user + thread.system,
    process: process_.user + process_.system,
  }
}

await Promise.all(
  Array.from({ length: concurrent }, () => caller(performance.now() + Number(values.warm) * 1000)),
)
await audit.flush()
latencies.length = 0
calls = 0
const cost = await measure(async () => {
  await Promise.all(Array.from({ length: concurrent }, () => caller(performance.now() + seconds * 1000)))
  await audit.flush()
})
latencies.sort((a, b) => a - b)
const at = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(3)
const stored = await storage.pool.query(
  `SELECT count(*)::int AS rows FROM audit_log WHERE outcome = 'success'`,
)
console.log(
  JSON.stringify({
    store: storage.kind,
    concurrent,
    callsPerSecond: Math.round((calls / cost.ms) * 1000),
    openAndCloseMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    cpuMicrosPerCall: {
      mainThread: (cost.thread / calls).toFixed(1),
      process: (cost.process / calls).toFixed(1),
    },
    rows: stored.rows[0].rows,
    rss: Math.round(process.memoryUsage().rss / 1e6),
  }),
)
await audit.close()
await storage.close()
await server?.stop()
rmSync(dataDir, { recursive: true, force: true })
