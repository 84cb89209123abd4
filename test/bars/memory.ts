import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { RawClient } from '../load/raw-client.ts'
import { newestBinaries, startPostgres } from '../support/postgres.ts'
import { type RunningServer, root, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person, publicNames } from '../support/world.ts'

/**
 * Memory does not grow with use: heap and external memory after a forced collection, and RSS, after all calls are within
 * 5 % of what they were after a quarter of them. Sessions are opened all the time and abandoned without DELETE.
 * `--calls N` (200,000), `--store embedded|postgres` (both).
 */
const option = (name: string) => {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? undefined : process.argv[at + 1]
}
const calls = Number(option('calls') ?? 200_000)
const stores = (['embedded', 'postgres'] as const).filter((kind) => (option('store') ?? kind) === kind)
const allowed = 0.05
const connections = 24
const peopleCount = 24
const callsPerSession = 10

/** Heap and external memory of all threads, and what the process holds. */
type Memory = { heapUsed: number; external: number; rss: number; threads: number }
type World = { people: Person[]; connector: Made; toolName: string }

async function startUpstream(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(root, 'test/load/echo-upstream.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, url: `http://127.0.0.1:${port}/mcp` }
}

async function prepare(server: RunningServer, upstream: string): Promise<World> {
  const connector = await addConnector(server, 'Echo', upstream, { protocol: 'legacy' })
  const people: Person[] = []
  for (let index = 0; index < peopleCount; index++) people.push(await addPerson(server, `load${index}`))
  await allow(server, people, [connector])
  return { people, connector, toolName: (await publicNames(server, connector))['echo'] ?? '' }
}

const hello =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}'

/** One session: opened, used for a few calls, and left behind. Every reply is checked. */
async function oneSession(world: World, server: RunningServer, at: { number: number; count: number }) {
  const person = world.people[at.number % world.people.length]
  if (person === undefined) throw new Error('no people')
  const viaPlugin = at.number % 2 === 1
  const path = viaPlugin ? '/mcp' : `/api/v1/proxy/${world.connector.id}/mcp`
  const credential = `authorization: Bearer ${person.key}\r\n`
  const client = await RawClient.open(server.url)
  try {
    const answer = await client.post(path, credential, hello)
    const session = /mcp-session-id: ([^\r\n]+)/i.exec(answer.head)?.[1]
    if (session === undefined) throw new Error(`no session: ${answer.status} ${answer.body}`)
    const headers = `${credential}mcp-session-id: ${session}\r\n`
    for (let id = 1; id <= at.count; id++) {
      const text = `n${at.number}-${id}-${'x'.repeat(60)}`
      const args = `{"text":"${text}"}`
      const params = viaPlugin
        ? `{"name":"execute_tool","arguments":{"meta":"load","tool_name":"${world.toolName}","arguments":${args}}}`
        : `{"name":"echo","arguments":${args}}`
      const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`
      const reply = await client.post(path, headers, body)
      if (reply.status !== 200 || !reply.body.includes(text))
        throw new Error(`call failed: ${reply.status} ${reply.body.slice(0, 300)}`)
    }
  } finally {
    client.close()
  }
}

async function measure(server: RunningServer, file: string): Promise<Memory> {
  // What is on its way to the journal lands first.
  await delay(2_000)
  rmSync(file, { force: true })
  server.process.kill('SIGUSR2')
  for (let attempt = 0; attempt < 600 && !existsSync(file); attempt++) await delay(50)
  await delay(50)
  return JSON.parse(readFileSync(file, 'utf8')) as Memory
}

/** Runs calls until `until` have been made since the start; `state` goes on where it stopped. */
async function drive(
  world: World,
  server: RunningServer,
  state: { made: number; sessions: number },
  until: number,
): Promise<void> {
  const worker = async () => {
    while (state.made < until) {
      const count = Math.min(callsPerSession, until - state.made)
      state.made += count
      await oneSession(world, server, { number: state.sessions++, count })
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
}

const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

async function runOn(kind: 'embedded' | 'postgres', env: Record<string, string>): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'runlayer-memory-'))
  const file = join(folder, 'memory.json')
  const upstream = await startUpstream()
  const server = await startServer({
    env: { ...env, MEMORY_FILE: file },
    nodeArgs: ['--expose-gc', '--import', join(root, 'test/support/report-memory.ts')],
  })
  try {
    const world = await prepare(server, upstream.url)
    const state = { made: 0, sessions: 0 }
    const start = performance.now()
    await drive(world, server, state, Math.floor(calls / 4))
    const before = await measure(server, file)
    await drive(world, server, state, calls)
    const after = await measure(server, file)
    const seconds = (performance.now() - start) / 1_000
    const kept = (memory: Memory) => memory.heapUsed + memory.external
    const rows = [
      { name: 'heap and external', before: kept(before), after: kept(after) },
      { name: 'resident', before: before.rss, after: after.rss },
    ]
    console.log(
      `${kind}: ${state.made} calls, ${state.sessions} sessions abandoned, ${(state.made / seconds).toFixed(0)} calls/s`,
    )
    let good = true
    for (const row of rows) {
      const growth = row.after / row.before - 1
      const ok = growth <= allowed
      good &&= ok
      console.log(
        `  ${ok ? 'ok    ' : 'FAILED'} ${row.name}: ${mib(row.before)} → ${mib(row.after)} (${(growth * 100).toFixed(1)} %)`,
      )
    }
    console.log(
      `  heap ${mib(before.heapUsed)} → ${mib(after.heapUsed)}, external ${mib(before.external)} → ${mib(after.external)}, ${after.threads} threads`,
    )
    return good
  } finally {
    await server.remove()
    upstream.child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const kind of stores) {
    const bin = kind === 'postgres' ? newestBinaries() : undefined
    if (kind === 'postgres' && bin === undefined) {
      console.log('SKIPPED postgres: it is not installed')
      counts.skipped++
      continue
    }
    const postgres = bin === undefined ? undefined : await startPostgres(bin)
    const env: Record<string, string> =
      postgres === undefined
        ? {}
        : { RUNLAYER_DATABASE_URL: postgres.url, RUNLAYER_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') }
    const good = await runOn(kind, env).finally(() => postgres?.stop())
    if (good) counts.passed++
    else counts.failed++
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

await main()
