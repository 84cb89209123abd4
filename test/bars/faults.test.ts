import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultName } from '../fixtures/misbehaving-upstream.ts'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, type Made, publicNames } from '../support/world.ts'

/** Upstreams that go wrong, through the whole server: words that name them, memory with a bound, nobody else touched. */
const callIdleMs = 1_500
/** The answer limit of contract.md §3 is 32 MiB; an answer may be held a few times over while it is read. */
const memoryMib = 250

let server: RunningServer
let good: WitnessUpstream
let bad: Apart
let fine: Made
let broken: Made
let toolName = ''

beforeAll(async () => {
  good = await startWitnessUpstream('legacy')
  bad = await startApart()
  server = await freshServer({ env: { RUNLAYER_CALL_IDLE_MS: String(callIdleMs) } })
  fine = await addConnector(server, 'Fine', good.url)
  broken = await addConnector(server, 'Wobbly', bad.url, { protocol: 'legacy' })
  toolName = (await publicNames(server, broken))['work'] ?? ''
})
afterAll(async () => {
  await server?.remove()
  await good?.close()
  bad?.process.kill('SIGKILL')
})

/** The misbehaving upstream as a process of its own: what it floods must not slow the test and the good upstream. */
type Apart = { process: ChildProcess; url: string; set(fault: FaultName | ''): Promise<void> }

async function startApart(): Promise<Apart> {
  const file = new URL('../fixtures/misbehaving-upstream.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const [url] = (await once(lines, 'line')) as [string]
  return {
    process: child,
    url,
    async set(fault) {
      const said = once(lines, 'line')
      child.stdin.write(`${fault}\n`)
      await said
    },
  }
}

const residentMib = () => {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** Calls the good connector over and over until stopped; resolves with the slowest call. */
function beside(): { stop(): Promise<{ calls: number; slowestMs: number }> } {
  let running = true
  let slowestMs = 0
  let calls = 0
  const work = (async () => {
    const client = await LegacyClient.open(fine.url, server.adminKey)
    while (running) {
      const start = performance.now()
      const nonce = `beside ${calls++}`
      const reply = await client.request('tools/call', { name: 'echo', arguments: { nonce } })
      expect(textOf(answerOf(reply))).toContain(nonce)
      slowestMs = Math.max(slowestMs, performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  return {
    async stop() {
      running = false
      await work
      return { calls, slowestMs }
    },
  }
}

const callParams = { name: 'work', arguments: {} }
const ways: Record<string, () => Promise<RpcMessage>> = {
  'legacy, directly': async () => {
    const client = await LegacyClient.open(broken.url, server.adminKey)
    return answerOf(await client.request('tools/call', callParams))
  },
  'modern, directly': async () =>
    answerOf(
      await send(broken.url, modernRequest(server.adminKey, { method: 'tools/call', params: callParams })),
    ),
  execute_tool: async () => {
    const client = await LegacyClient.open(new URL('/mcp', server.url), server.adminKey)
    const args = { meta: 'test', tool_name: toolName, arguments: {} }
    return answerOf(await client.request('tools/call', { name: 'execute_tool', arguments: args }))
  },
}

const faults: [FaultName, RegExp][] = [
  ['hang', /upstream-timeout/],
  ['reset', /upstream-unreachable|upstream-failed/],
  ['status 500', /upstream-failed/],
  ['not JSON', /upstream-malformed/],
  ['not UTF-8', /upstream-malformed/],
  ['duplicate keys', /upstream-malformed/],
  ['nested 1,000 deep', /upstream-malformed|upstream-too-large/],
  ['50 MB with a length', /upstream-too-large/],
  ['50 MB in chunks', /upstream-too-large/],
  ['endless event', /upstream-too-large/],
  ['endless stream', /upstream-too-large|upstream-timeout/],
  ['gzip bomb', /upstream-malformed|upstream-too-large/],
  ['slow loris', /upstream-timeout/],
  ['beats without an answer', /upstream-timeout/],
  ['cut in the middle', /upstream-unreachable|upstream-failed|upstream-malformed/],
]

describe('a call to an upstream that goes wrong', () => {
  test.each(faults)('%s: an error that names the connector, whoever asks', async (fault, reason) => {
    await bad.set(fault)
    const before = residentMib()
    const others = beside()
    const answers = await Promise.all(
      Object.entries(ways).map(async ([way, run]) => [way, await run()] as const),
    )
    const { calls, slowestMs } = await others.stop()
    await bad.set('')
    for (const [way, { result }] of answers) {
      expect(result, way).toMatchObject({
        isError: true,
        structuredContent: { connector: 'Wobbly', fault: 'upstream' },
      })
      const facts = result?.['structuredContent'] as Record<string, unknown>
      expect(String(facts['error']), way).toMatch(reason)
      expect(String(facts['request_id']), way).toMatch(/^[0-9a-f-]{36}$/)
      expect(textOf({ result: result ?? {} }), way).toContain('Wobbly')
    }
    expect(residentMib() - before).toBeLessThan(memoryMib)
    expect(calls).toBeGreaterThan(0)
    expect(slowestMs, 'a call to another connector waited').toBeLessThan(1_000)
  })

  test('afterwards the same connector answers again, and search names nothing as unavailable', async () => {
    for (const run of Object.values(ways)) expect(textOf(await run())).toBe('fine')
  })
})

describe('an upstream whose lists go wrong', () => {
  /** tools/list that never ends, or ends in a circle. */
  async function listing(next: (page: number) => string | undefined, size = 1) {
    let pages = 0
    const http = createServer((req, res) => {
      let text = ''
      req.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      req.on('end', () => {
        const { id, method } = JSON.parse(text === '' ? '{}' : text) as { id?: number; method?: string }
        if (id === undefined) return res.writeHead(202).end()
        const page = pages
        if (method === 'tools/list') pages++
        const inputSchema = { type: 'object' }
        const result =
          method === 'tools/list'
            ? {
                tools: Array.from({ length: size }, (_, at) => ({ name: `t${page}_${at}`, inputSchema })),
                nextCursor: next(page),
              }
            : {
                protocolVersion: '2025-11-25',
                capabilities: { tools: {} },
                serverInfo: { name: 'pages', version: '1' },
              }
        res.writeHead(200, { 'content-type': 'application/json' })
        return res.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    return {
      url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
      pages: () => pages,
      close: () => {
        http.closeAllConnections()
        http.close()
      },
    }
  }

  test.each<[string, (page: number) => string | undefined, number]>([
    ['endless pages', (page) => `page ${page + 1}`, 101],
    ['a cursor that comes again', () => 'same', 3],
    ['two cursors in a circle', (page) => `page ${page % 2}`, 4],
  ])('%s: refused in words, with a bound, and the connector says so', async (name, next, most) => {
    const upstream = await listing(next)
    const others = beside()
    try {
      const made = await addConnector(server, `Pages ${name}`, upstream.url, { protocol: 'legacy' })
      const shown = await server.api<{ health: string; health_message: string | null }>(
        'GET',
        `/api/v1/servers/${made.id}`,
      )
      expect(shown.health).toBe('failing')
      expect(shown.health_message).toMatch(/page|cursor/i)
      expect(upstream.pages()).toBeLessThanOrEqual(most)
      await server.api('DELETE', `/api/v1/servers/${made.id}`)
    } finally {
      upstream.close()
      expect((await others.stop()).slowestMs).toBeLessThan(1_000)
    }
  })
})
