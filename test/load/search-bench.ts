import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import { SearchIndex } from '../../server/src/tools/search-index.ts'
import { readKnowledge } from '../../server/src/tools/search-knowledge.ts'
import { readSets } from '../search/retrieval-sets.ts'
import { keptMemory } from '../support/kept-memory.ts'
import { startServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made } from '../support/world.ts'
import { closeSessions, openSessions } from './drive.ts'
import { cpuSeconds } from './process-cost.ts'

/**
 * What search_tools costs at the MCP endpoint: `node test/load/search-bench.ts --data DIR [--searches 2000]
 * [--connectors 100]`. The catalog is made of the tools of the two largest retrieval sets, dealt to so many connectors,
 * all of which one person without administrative rights may use. Every answer is checked. It also measures the index alone.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    searches: { type: 'string', default: '2000' },
    connectors: { type: 'string', default: '100' },
    tools: { type: 'string', default: '10000' },
  },
})
type Offered = { name: string; description: string; inputSchema: unknown }

const sets = readSets(values.data).filter(({ name }) => /mcp-large|toolbench/.test(name))
const queries = sets.flatMap((set) => set.queries.map(({ query }) => query))
const byConnector = Array.from({ length: Number(values.connectors) }, (): Map<string, Offered> => new Map())
for (const [at, tool] of sets
  .flatMap((set) => set.tools)
  .slice(0, Number(values.tools))
  .entries()) {
  const name = tool.name.replaceAll(/[^\w.-]+/g, '_').slice(0, 60)
  const tools = byConnector[Math.floor((at * byConnector.length) / Number(values.tools))]
  const free = tools?.has(name) === true ? `${name.slice(0, 50)}_${at}` : name
  tools?.set(free, { name: free, description: tool.description, inputSchema: tool.inputSchema })
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const told = (times: number[]) => {
  times.sort((a, b) => a - b)
  return [0.5, 0.95, 0.99]
    .map((share) => `p${share * 100} ${percentile(times, share).toFixed(2)} ms`)
    .join('  ')
}

/** The index without the server around it. */
function measureIndex(): void {
  const used = keptMemory()
  const tools = sets.flatMap((set) => set.tools)
  const byServer = [...Map.groupBy(tools, (tool) => tool.serverId as string)]
  const put = (index: SearchIndex, [server, of]: (typeof byServer)[number]) =>
    index.put(server as ServerId, { name: server, slug: '', description: '' }, of)
  const warm = new SearchIndex(readKnowledge())
  for (const each of byServer.slice(0, 20)) put(warm, each)
  const before = used()
  const built = new SearchIndex(readKnowledge())
  const started = process.cpuUsage()
  for (const each of byServer) put(built, each)
  const { user } = process.cpuUsage(started)
  const megabytes = used() - before
  const [largest] = byServer.toSorted((a, b) => b[1].length - a[1].length)
  const [server, of] = largest ?? ['', []]
  /** A hundred times, with so many of its tools changed. */
  const update = (changed: number) =>
    told(
      Array.from({ length: 100 }, (_, round) => {
        const tools = of.map((tool, at) => (at < changed ? { ...tool, hash: `${tool.hash} ${round}` } : tool))
        const begun = performance.now()
        put(built, [server, tools])
        return performance.now() - begun
      }),
    )
  console.log(
    `index: ${tools.length} tools built in ${(user / 1e6).toFixed(2)} s CPU, ${megabytes.toFixed(0)} MB`,
  )
  console.log(`index: a connector of ${of.length} tools, all changed: ${update(of.length)}`)
  console.log(`index: a connector of ${of.length} tools, one changed: ${update(1)}`)
}

/** All connectors behind one port, told apart by path; only lists are ever asked for. */
function answer(path: string, text: string): string | undefined {
  const { id, method } = JSON.parse(text) as { id?: number; method: string }
  if (id === undefined) return undefined
  const tools = [...(byConnector[Number(/\d+/.exec(path)?.[0])] ?? new Map<string, Offered>()).values()]
  const result =
    method === 'initialize'
      ? {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'catalog', version: '1' },
        }
      : method === 'tools/list'
        ? { tools }
        : {}
  return JSON.stringify({ jsonrpc: '2.0', id, result })
}

measureIndex()
const upstream = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    if (req.method !== 'POST') return res.writeHead(405).end()
    const body = answer(req.url ?? '', Buffer.concat(chunks).toString())
    if (body === undefined) return res.writeHead(202).end()
    return res.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
})
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const { port } = upstream.address() as AddressInfo
const server = await startServer()
try {
  const made: Made[] = []
  for (const [at] of byConnector.entries())
    made.push(
      await addConnector(server, `Catalog ${at}`, `http://127.0.0.1:${port}/c${at}`, {
        protocol: 'legacy',
        tool_review: 'off',
      }),
    )
  const ada = await addPerson(server, 'ada')
  for (let at = 0; at < made.length; at += 100) await allow(server, [ada], made.slice(at, at + 100))
  const target = {
    url: new URL('/mcp', server.url),
    headers: [`authorization: Bearer ${ada.key}\r\n`],
    tool: 'execute_tool' as const,
  }
  const sessions = await openSessions(target, 4)
  let empty = 0
  const search = async (at: number, session: (typeof sessions)[number] | undefined) => {
    const query = queries[(at * 7919) % queries.length] ?? ''
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: at + 1,
      method: 'tools/call',
      params: { name: 'search_tools', arguments: { meta: 'eval', query } },
    })
    const sent = performance.now()
    const reply = await session?.client.post('/mcp', session.headers, body)
    const ms = performance.now() - sent
    if (reply?.status !== 200 || !reply.body.includes('"structuredContent"'))
      throw new Error(`${reply?.status} ${reply?.body.slice(0, 300)}`)
    if (reply.body.includes('"results":[]')) empty++
    return ms
  }
  const [first] = sessions
  for (let at = 0; at < 400; at++) await search(at, first)
  empty = 0
  const pid = server.process.pid ?? 0
  const spent = cpuSeconds(pid)
  const alone: number[] = []
  for (let at = 0; at < Number(values.searches); at++) alone.push(await search(at, first))
  console.log(
    `endpoint: ${made.length} connectors, ${alone.length} searches one after the other: ${told(alone)}, ${empty} empty`,
  )
  // On a machine that others use too, this says more than the clock.
  console.log(
    `endpoint: ${(((cpuSeconds(pid) - spent) * 1000) / alone.length).toFixed(2)} ms CPU each, audit included`,
  )
  const together: number[] = []
  await Promise.all(
    sessions.map(async (session) => {
      for (let at = 0; at < Number(values.searches) / 8; at++) together.push(await search(at, session))
    }),
  )
  console.log(`endpoint: four at a time: ${told(together)}`)
  closeSessions(sessions)
} finally {
  await server.stop()
  await server.remove()
  upstream.close()
  upstream.closeAllConnections()
}
