import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { newestBinaries, startPostgres } from '../support/postgres.ts'
import { type RunningServer, root, startServer } from '../support/server.ts'
import { closeSessions, drive, openSessions, quantile, type Round, type Target, warm } from './drive.ts'
import { cpuSeconds, residentMib, threadSeconds } from './process-cost.ts'

/**
 * npm run bench: the governed echo beside the same load on the upstream itself, in alternating rounds. Ratios and CPU per
 * call are what to read; absolute figures move with the machine. `--full` for the tables, `--short` to keep it alive,
 * `--guards` with content guards, `--postgres` on a throwaway PostgreSQL (BENCH_POSTGRES_URL names another),
 * `--json FILE` for an artefact.
 */
const full = process.argv.includes('--full')
const people = 100
const seconds = full ? 6 : 2
const rounds = full ? 5 : 3

type Row = {
  name: string
  connections: number
  direct: Round
  governed: Round
  ratio: number
  addedP50: number
  addedP99: number
  cpuMicros: number
  /** How long the audit rows of a round took to be stored after its last call. */
  landMs: number
}

async function startUpstream(): Promise<{ child: ChildProcess; url: URL }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'echo-upstream.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the upstream ended')))
    child.stdout?.once('data', (chunk: Buffer) => resolve(Number(/\d+/.exec(chunk.toString())?.[0])))
  })
  return { child, url: new URL(`http://127.0.0.1:${port}/mcp`) }
}

/** A connector in front of the upstream, `people` people with a key each, and a rule that lets their group call it. */
async function prepare(
  server: RunningServer,
  upstream: URL,
): Promise<{ connectorUrl: URL; toolName: string; headers: string[] }> {
  const connector = await server.api<{ id: string }>('POST', '/api/v1/servers', {
    name: 'Bench',
    transport: 'streamable_http',
    url: upstream.href,
    auth: { type: 'none' },
    protocol: 'legacy',
    status: 'active',
  })
  const headers: string[] = []
  const ids: string[] = []
  for (let index = 0; index < people; index++) {
    const user = await server.api<{ id: string }>('POST', '/api/v1/users', {
      email: `bench-${index}@example.com`,
    })
    ids.push(user.id)
    const key = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', {
      name: 'bench',
      user_id: user.id,
    })
    headers.push(`authorization: Bearer ${key.secret}\r\n`)
  }
  const group = await server.api<{ id: string }>('POST', '/api/v1/groups', { name: 'Bench', member_ids: ids })
  await server.api('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'group', ids: [group.id] },
    scope: { servers: [connector.id], tools: ['ec*'] },
  })
  const tools = await server.api<{ data: { public_name: string }[] }>(
    'GET',
    `/api/v1/servers/${connector.id}/tools`,
  )
  return {
    connectorUrl: new URL(`/api/v1/proxy/${connector.id}/mcp`, server.url),
    toolName: tools.data[0]?.public_name ?? '',
    headers,
  }
}

const median = (values: number[]) => quantile(values, 0.5)

/** Most seconds until the engine has compiled what is hot; afterwards more of them change nothing. */
const longestWarmSeconds = process.argv.includes('--short') ? 2 : 12

async function compare(
  name: string,
  options: { connections: number; direct: Target; governed: Target; pid: number; land(): Promise<unknown> },
): Promise<Row> {
  const directSessions = await openSessions(options.direct, options.connections)
  const governedSessions = await openSessions(options.governed, options.connections)
  await warm(options.direct, directSessions, longestWarmSeconds)
  await warm(options.governed, governedSessions, longestWarmSeconds)
  await options.land()
  const pairs: { direct: Round; governed: Round; cpuMicros: number; landMs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const direct = await drive(options.direct, directSessions, { seconds })
    const before = cpuSeconds(options.pid)
    const governed = await drive(options.governed, governedSessions, { seconds })
    // Rows are stored in what calls leave of the processor: whatever is left is done before the next round begins.
    const ended = performance.now()
    await options.land()
    const landMs = performance.now() - ended
    const cpuMicros = ((cpuSeconds(options.pid) - before) * 1e6) / governed.calls
    pairs.push({ direct, governed, cpuMicros, landMs })
  }
  closeSessions(directSessions)
  closeSessions(governedSessions)
  const last = pairs.toSorted((a, b) => a.governed.perSecond - b.governed.perSecond)[
    Math.floor(pairs.length / 2)
  ]
  if (last === undefined) throw new Error('no rounds')
  const row: Row = {
    name,
    connections: options.connections,
    direct: last.direct,
    governed: last.governed,
    ratio: median(pairs.map((pair) => pair.governed.perSecond / pair.direct.perSecond)),
    addedP50: median(pairs.map((pair) => pair.governed.p50 - pair.direct.p50)),
    addedP99: median(pairs.map((pair) => pair.governed.p99 - pair.direct.p99)),
    cpuMicros: median(pairs.map((pair) => pair.cpuMicros)),
    landMs: median(pairs.map((pair) => pair.landMs)),
  }
  const errors = pairs.reduce((sum, pair) => sum + pair.governed.errors + pair.direct.errors, 0)
  console.log(
    `${name.padEnd(34)} ${String(options.connections).padStart(3)} conn  direct ${row.direct.perSecond.toFixed(0).padStart(6)}/s  governed ${row.governed.perSecond.toFixed(0).padStart(6)}/s  ratio ${row.ratio.toFixed(3)}  added p50 ${row.addedP50.toFixed(2)} p99 ${row.addedP99.toFixed(2)} ms  CPU ${row.cpuMicros.toFixed(0)} µs  audit behind ${row.landMs.toFixed(0)} ms  errors ${errors}`,
  )
  if (errors > 0)
    throw new Error(
      `${errors} calls failed: ${pairs.find((pair) => pair.governed.errors > 0)?.governed.firstError ?? ''}`,
    )
  return row
}

/** The PostgreSQL to measure on, if any. Throws when it is asked for and not installed: no figure is better than a wrong one. */
async function openStore(): Promise<{ url: string | undefined; stop(): Promise<void> }> {
  const given = process.env['BENCH_POSTGRES_URL']
  if (!process.argv.includes('--postgres') || given !== undefined)
    return { url: process.argv.includes('--postgres') ? given : undefined, stop: async () => undefined }
  const binaries = newestBinaries()
  if (binaries === undefined) throw new Error('--postgres needs PostgreSQL (apt-get install postgresql)')
  return await startPostgres(binaries)
}

async function main(): Promise<void> {
  const opened = await openStore()
  await measure(opened.url).finally(opened.stop)
}

async function measure(store: string | undefined): Promise<void> {
  const upstream = await startUpstream()
  const env: Record<string, string> =
    store === undefined
      ? {}
      : { RUNLAYER_DATABASE_URL: store, RUNLAYER_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') }
  if (!process.argv.includes('--guards')) env['RUNLAYER_CALL_GUARDS'] = 'off'
  const extra = (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter((arg) => arg !== '')
  const nodeArgs = process.argv.includes('--profile')
    ? ['--cpu-prof', `--cpu-prof-dir=${join(root, '.cache')}`]
    : []
  const server = await startServer({ env, nodeArgs: [...nodeArgs, ...extra] })
  try {
    const { connectorUrl, toolName, headers } = await prepare(server, upstream.url)
    const pid = server.process.pid ?? 0
    const direct: Target = { url: upstream.url, headers: [''], tool: 'echo' }
    const governed: Target = { url: connectorUrl, headers, tool: 'echo' }
    const plugin: Target = { url: new URL('/mcp', server.url), headers, tool: 'execute_tool', toolName }
    // Reading the audit stores what the spool still holds.
    const land = () => server.api('GET', '/api/v1/audit-logs?limit=1')
    if (process.argv.includes('--steady')) return await steady(governed, pid, upstream.child.pid ?? 0)
    const rows = [
      await compare('governed echo', { connections: 32, direct, governed, pid, land }),
      await compare('governed echo', { connections: 16, direct, governed, pid, land }),
      await compare('execute_tool against connector', {
        connections: 32,
        direct: governed,
        governed: plugin,
        pid,
        land,
      }),
    ]
    const result = {
      date: new Date().toISOString(),
      node: process.version,
      cpu: cpus()[0]?.model,
      cores: availableParallelism(),
      store: store === undefined ? 'embedded' : 'postgres',
      residentMib: residentMib(pid),
      rows,
    }
    console.log(
      `resident memory ${result.residentMib.toFixed(0)} MiB, ${result.store} store, node ${result.node}, ${result.cores} cores`,
    )
    writeResult(result)
  } finally {
    await server.stop()
    await server.remove()
    upstream.child.kill('SIGTERM')
  }
}

/** For whoever looks for the cost of a call: one long governed round, processor time by thread. */
async function steady(governed: Target, pid: number, upstreamPid: number): Promise<void> {
  const at = process.argv.indexOf('--connections')
  const sessions = await openSessions(governed, at === -1 ? 32 : Number(process.argv[at + 1]))
  await drive(governed, sessions, { seconds: 4 })
  const before = threadSeconds(pid)
  const upstreamBefore = cpuSeconds(upstreamPid)
  const ownBefore = process.cpuUsage()
  const round = await drive(governed, sessions, { seconds: 8 })
  closeSessions(sessions)
  console.log(
    `${round.perSecond.toFixed(0)} calls/s, p50 ${round.p50.toFixed(2)} ms, p99 ${round.p99.toFixed(2)} ms`,
  )
  const own = process.cpuUsage(ownBefore)
  console.log(
    `load ${((own.user + own.system) / round.calls).toFixed(1)} µs, upstream ${(((cpuSeconds(upstreamPid) - upstreamBefore) * 1e6) / round.calls).toFixed(1)} µs per call`,
  )
  for (const [name, seconds] of threadSeconds(pid)) {
    const micros = ((seconds - (before.get(name) ?? 0)) * 1e6) / round.calls
    if (micros > 0.5) console.log(`${name.padEnd(24)} ${micros.toFixed(1)} µs per call`)
  }
}

function writeResult(result: unknown): void {
  const at = process.argv.indexOf('--json')
  const file = at === -1 ? join(root, '.cache/bench.json') : (process.argv[at + 1] ?? '')
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}

await main()
