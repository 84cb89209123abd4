import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../cli/src/main.ts'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { RawClient } from '../load/raw-client.ts'
import { postgresEnvironment } from '../support/fresh-server.ts'
import { modernRequest } from '../support/raw-mcp.ts'
import { type RunningServer, type ServerOptions, startServer } from '../support/server.ts'
import { copyTemplate, postgresMissing } from '../support/stores.ts'
import { addConnector, addPerson, allow, type Made, type Person, publicNames } from '../support/world.ts'

/** A process may die at any moment; what was answered must stand in the journal, once, and provably (design.md §6). */
const rounds = process.env['RUNLAYER_LONG'] === '1' ? 20 : 2
const connections = 32
const peopleCount = 8
/** Calls started at once just before the kill, beside those of the steady load: the bar does not hang on the machine. */
const burst = 500

type World = { people: Person[]; connector: Made; toolName: string }
type Sent = { nonce: string; at: number; answered: boolean }
type Entry = { id: string; outcome: string; arguments?: { nonce?: string } }

const folder = mkdtempSync(join(tmpdir(), 'runlayer-kill-'))
let upstream: WitnessUpstream
beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
})
afterAll(async () => {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function openClient(url: URL, person: Person): Promise<{ client: RawClient; headers: string }> {
  const client = await RawClient.open(url)
  const credential = `authorization: Bearer ${person.key}\r\n`
  const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}`
  const answer = await client.post(url.pathname, credential, hello)
  const session = /mcp-session-id: ([^\r\n]+)/i.exec(answer.head)?.[1] ?? ''
  return { client, headers: `${credential}mcp-session-id: ${session}\r\n` }
}

/** Calls without a pause until the connection breaks; half directly, half by execute_tool. */
async function callUntilDeath(
  world: World,
  server: RunningServer,
  index: number,
  sent: Sent[],
): Promise<void> {
  const viaPlugin = index % 2 === 1
  const url = viaPlugin
    ? new URL('/mcp', server.url)
    : new URL(`/api/v1/proxy/${world.connector.id}/mcp`, server.url)
  const person = world.people[index % world.people.length]
  if (person === undefined) throw new Error('no people')
  const { client, headers } = await openClient(url, person)
  for (let id = 1; ; id++) {
    const call: Sent = { nonce: randomUUID(), at: performance.now(), answered: false }
    const args = `{"nonce":"${call.nonce}"}`
    const params = viaPlugin
      ? `{"name":"execute_tool","arguments":{"meta":"load","tool_name":"${world.toolName}","arguments":${args}}}`
      : `{"name":"echo","arguments":${args}}`
    sent.push(call)
    try {
      const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`
      const answer = await client.post(url.pathname, headers, body)
      if (answer.status !== 200 || !answer.body.includes(call.nonce))
        throw new Error(`not the answer: ${answer.status} ${answer.body}`, { cause: 'server' })
      call.answered = true
    } catch (error) {
      if (error instanceof Error && error.cause === 'server') throw error
      return
    }
  }
}

type Line = { client: RawClient; person: Person }

/** One stateless call on its connection; ends with the answer or with the connection. */
async function callOnce(world: World, { client, person }: Line, sent: Sent[]): Promise<void> {
  const call: Sent = { nonce: randomUUID(), at: performance.now(), answered: false }
  const params = { name: 'echo', arguments: { nonce: call.nonce } }
  const { headers, body } = modernRequest(person.key, { method: 'tools/call', params })
  const lines = Object.entries(headers)
    .filter(([name]) => name !== 'content-type' && name !== 'accept')
    .map(([name, value]) => `${name}: ${value}\r\n`)
  sent.push(call)
  const path = `/api/v1/proxy/${world.connector.id}/mcp`
  const answer = await client.post(path, lines.join(''), body).catch(() => undefined)
  if (answer === undefined) return
  if (answer.status !== 200) throw new Error(`not the answer: ${answer.status} ${answer.body}`)
  call.answered = answer.body.includes(call.nonce)
}

async function openLines(world: World, server: RunningServer): Promise<Line[]> {
  return await Promise.all(
    Array.from({ length: burst }, async (_, index) => {
      const person = world.people[index % world.people.length]
      if (person === undefined) throw new Error('no people')
      return { client: await RawClient.open(server.url), person }
    }),
  )
}

async function prepare(server: RunningServer): Promise<World> {
  const connector = await addConnector(server, 'Load', upstream.url, { protocol: 'legacy' })
  const people: Person[] = []
  for (let index = 0; index < peopleCount; index++) people.push(await addPerson(server, `load${index}`))
  await allow(server, people, [connector])
  return { people, connector, toolName: (await publicNames(server, connector))['echo'] ?? '' }
}

/** The export of everything since `from`, verified by the command line, as the entries by nonce. */
async function verifiedEntries(server: RunningServer, from: Date): Promise<Map<string, Entry[]>> {
  const url = new URL('/api/v1/audit-logs/export', server.url)
  url.search = new URLSearchParams({ format: 'jsonl', from: from.toISOString() }).toString()
  const text = await (await fetch(url, { headers: { 'x-runlayer-api-key': server.adminKey } })).text()
  const file = join(folder, `${randomUUID()}.jsonl`)
  writeFileSync(file, text)
  const said: string[] = []
  const code = await runCommand(['audit', 'verify', file], {
    data: (line: string) => said.push(line),
    message: (line: string) => said.push(line),
    signal: new AbortController().signal,
    env: {},
  })
  expect(code, said.join('\n')).toBe(0)
  const byNonce = new Map<string, Entry[]>()
  let count = 0
  for (const line of text.split('\n')) {
    const entry = (line === '' ? {} : (JSON.parse(line) as { entry?: Entry })).entry
    if (entry === undefined) continue
    count++
    const nonce = entry.arguments?.nonce
    if (nonce !== undefined) byNonce.set(nonce, [...(byNonce.get(nonce) ?? []), entry])
  }
  expect(count, 'the export holds at most 10,000 entries; the round was too long').toBeLessThan(10_000)
  return byNonce
}

/** One crash of `server`; resolves with the server that came after it. */
async function crash(
  world: World,
  options: ServerOptions,
  server: RunningServer,
  number: number,
): Promise<RunningServer> {
  const from = new Date(Date.now() - 1)
  const seenBefore = upstream.calls.length
  const sent: Sent[] = []
  const load = Array.from({ length: connections }, (_, index) => callUntilDeath(world, server, index, sent))
  const lines = await openLines(world, server)
  // A server that just came back on a busy machine takes its time: the crash is to hit one that answers.
  for (let waits = 0; waits < 200 && sent.filter((call) => call.answered).length <= connections; waits++)
    await delay(50)
  await delay(300 + Math.random() * 1_000)
  load.push(...lines.map((line) => callOnce(world, line, sent)))
  await delay(Math.random() * 500)
  const killedAt = performance.now()
  await server.kill()
  await Promise.all(load)
  for (const { client } of lines) client.close()

  const next = await startServer(options)
  const inLastSecond = sent.filter((call) => call.at > killedAt - 1_000 && call.at <= killedAt).length
  const answered = sent.filter((call) => call.answered)
  const say = `round ${number}: ${sent.length} sent, ${inLastSecond} in the last second, ${answered.length} answered`
  try {
    expect(inLastSecond, say).toBeGreaterThanOrEqual(burst)
    expect(answered.length, say).toBeGreaterThan(connections)
    const entries = await verifiedEntries(next, from)
    const witnessed = upstream.calls.slice(seenBefore).map((call) => call.nonce)
    compare(say, { sent, answered, witnessed, entries })
    return next
  } catch (error) {
    await next.stop()
    throw error
  }
}

type Records = { sent: Sent[]; answered: Sent[]; witnessed: string[]; entries: Map<string, Entry[]> }

/** The client's and the upstream's own records against the journal. */
function compare(say: string, { sent, answered, witnessed, entries }: Records): void {
  const outcomesOf = (nonce: string) => (entries.get(nonce) ?? []).map((entry) => entry.outcome).join()
  expect(
    answered.filter(({ nonce }) => outcomesOf(nonce) !== 'success'),
    `${say}: answered, but not closed exactly once`,
  ).toEqual([])
  expect(
    [...entries].filter(([, rows]) => rows.length > 1),
    `${say}: doubled`,
  ).toEqual([])
  expect(
    witnessed.filter((nonce) => !['success', 'interrupted'].includes(outcomesOf(nonce))),
    `${say}: reached the upstream, but has no entry`,
  ).toEqual([])
  const known = new Set(sent.map((call) => call.nonce))
  expect(
    [...entries.keys()].filter((nonce) => !known.has(nonce)),
    `${say}: invented`,
  ).toEqual([])
}

const missing = postgresMissing()
describe.each(['embedded', 'postgres'] as const)('%s', (kind) => {
  const skip = kind === 'postgres' && missing !== undefined
  test.skipIf(skip)(
    `kill -9 of the server under load, ${rounds} times: every answered call has one closed entry${skip ? ` (skipped: ${missing})` : ''}`,
    async () => {
      const dataDir = mkdtempSync(join(folder, kind))
      if (kind === 'embedded') await copyTemplate(dataDir)
      const options: ServerOptions = { dataDir, env: kind === 'embedded' ? {} : await postgresEnvironment() }
      let server = await startServer(options)
      const world = await prepare(server)
      for (let number = 1; number <= rounds; number++) server = await crash(world, options, server, number)
      await server.stop()
    },
    rounds * 60_000,
  )
})
