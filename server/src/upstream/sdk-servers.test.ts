import { randomUUID } from 'node:crypto'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as LegacyServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as ModernServer } from '@modelcontextprotocol/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type Fixture, readBody, serve } from '../../../test/fixtures/http-fixture.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestUpstreams, plain, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { OpenUpstreams } from './upstream.ts'

let upstreams: OpenUpstreams
let fixture: Fixture | undefined

beforeEach(() => {
  upstreams = openTestUpstreams()
})

afterEach(async () => {
  await upstreams.drain(0)
  await fixture?.close()
})

function legacyServer(): LegacyServer {
  const server = new LegacyServer(
    { name: 'sdk-1', version: '1' },
    { capabilities: { tools: { listChanged: true }, logging: {} } },
  )
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }))
  server.registerTool('ask', {}, async (extra) => {
    const answer = await extra.sendRequest(
      {
        method: 'elicitation/create',
        params: {
          message: 'Name?',
          requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
        },
      },
      z.looseObject({}),
    )
    return { content: [{ type: 'text', text: JSON.stringify(answer) }] }
  })
  server.registerTool('work', {}, async (extra) => {
    const progressToken = extra._meta?.progressToken
    if (progressToken !== undefined)
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: 3 },
      })
    return { content: [{ type: 'text', text: 'worked' }] }
  })
  return server
}

async function startLegacySdk(): Promise<{
  fixture: Fixture
  servers: LegacyServer[]
  transports: Map<string, StreamableHTTPServerTransport>
}> {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  const servers: LegacyServer[] = []
  const started = await serve(async (req, res) => {
    const known = transports.get(String(req.headers['mcp-session-id']))
    if (known !== undefined) {
      await known.handleRequest(req, res)
      return
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        transports.set(id, transport)
      },
      onsessionclosed: (id) => {
        transports.delete(id)
      },
    })
    const server = legacyServer()
    servers.push(server)
    await server.connect(transport as Parameters<LegacyServer['connect']>[0])
    await transport.handleRequest(req, res)
  })
  fixture = started
  return { fixture: started, servers, transports }
}

test('the official legacy server: echo, progress, elicitation, list changes and the end of the session', async () => {
  const sdk = await startLegacySdk()
  const connector = connectorOf({ url: sdk.fixture.url })
  const capabilities = { elicitation: {} }
  expect(textOf(await upstreams.call(requestOf(connector, { capabilities })))).toBe('hello')
  const heard: unknown[] = []
  const working = requestOf(connector, {
    capabilities,
    tool: 'work',
    args: {},
    wantsProgress: true,
    onNotification: (method, params) => heard.push([method, plain(params)]),
  })
  expect(textOf(await upstreams.call(working))).toBe('worked')
  expect(heard).toEqual([['notifications/progress', { progress: 3 }]])
  const onAsk = () => Promise.resolve({ result: '{"action":"accept","content":{"name":"Ada"}}' })
  expect(
    textOf(await upstreams.call(requestOf(connector, { capabilities, tool: 'ask', args: {}, onAsk }))),
  ).toContain('Ada')
  const changes: string[] = []
  await upstreams.watch({
    ...requestOf(connector, { capabilities }),
    resources: [],
    onNotification: (method) => changes.push(method),
    onEnd: () => undefined,
  })
  for (const server of sdk.servers) if (server.isConnected()) server.sendToolListChanged()
  await expect.poll(() => changes).toEqual(['notifications/tools/list_changed'])
  upstreams.forget(connector.id)
  await expect.poll(() => sdk.transports.size).toBe(0)
})

test('the official server of 2024-11-05', async () => {
  let transport: SSEServerTransport | undefined
  fixture = await serve(async (req, res) => {
    if (req.method === 'GET') {
      transport = new SSEServerTransport('/messages', res)
      await legacyServer().connect(transport)
    } else if (req.url?.startsWith('/messages')) await transport?.handlePostMessage(req, res)
    else res.writeHead(404).end(await readBody(req))
  })
  const connector = connectorOf({ url: fixture.url })
  expect(textOf(await upstreams.call(requestOf(connector, { capabilities: { elicitation: {} } })))).toBe(
    'hello',
  )
  const onAsk = () => Promise.resolve({ result: '{"action":"decline"}' })
  expect(
    textOf(
      await upstreams.call(
        requestOf(connector, { capabilities: { elicitation: {} }, tool: 'ask', args: {}, onAsk }),
      ),
    ),
  ).toContain('decline')
})

test('the official modern server: echo, mirrored headers, progress, input_required and list changes', async () => {
  const handler = createMcpHandler(
    () => {
      const server = new ModernServer(
        { name: 'sdk-2', version: '2' },
        { capabilities: { tools: { listChanged: true } } },
      )
      server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
        content: [{ type: 'text', text }],
      }))
      server.registerTool('work', { inputSchema: z.object({}) }, async (_args, ctx) => {
        const progressToken = ctx.mcpReq._meta?.progressToken
        if (progressToken !== undefined)
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: 3 },
          })
        return { content: [{ type: 'text', text: 'worked' }] }
      })
      return server
    },
    { legacy: 'reject' },
  )
  const node = toNodeHandler(handler)
  fixture = await serve((req, res) => {
    node(req as unknown as Parameters<typeof node>[0], res as unknown as Parameters<typeof node>[1]).catch(
      () => res.destroy(),
    )
  })
  const connector = connectorOf({ url: fixture.url })
  const reply = await upstreams.call(requestOf(connector))
  expect([reply.era, textOf(reply)]).toEqual(['modern', 'hello'])
  const { credential, lane } = requestOf(connector)
  expect(await upstreams.facts(connector, credential, lane, {})).toMatchObject({
    serverInfo: { name: 'sdk-2' },
  })
  const heard: unknown[] = []
  const working = requestOf(connector, {
    tool: 'work',
    args: {},
    wantsProgress: true,
    onNotification: (method, params) => heard.push([method, plain(params)]),
  })
  expect(textOf(await upstreams.call(working))).toBe('worked')
  expect(heard).toEqual([['notifications/progress', { progress: 3 }]])
  const changes: string[] = []
  const watch = await upstreams.watch({
    ...requestOf(connector),
    resources: [],
    onNotification: (method) => changes.push(method),
    onEnd: () => changes.push('end'),
  })
  handler.notify.toolsChanged()
  await expect.poll(() => changes).toEqual(['notifications/tools/list_changed'])
  watch.close()
  await handler.close()
})
