import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type ScriptedOptions,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const level = { message: 'said', level: 'warning' }
const scripts: ScriptedOptions['scripts'] = {
  'tools/call echo': ({ params }) => words(JSON.stringify(params.arguments)),
  'tools/call log': ({ tell }) => {
    for (const one of ['debug', 'info', 'warning', 'error'])
      tell('notifications/message', { level: one, data: one })
    return words('logged')
  },
  'tools/call wait': ({ closed }) => closed.then(() => undefined),
  'tools/call ask': async ({ ask }) => {
    const answer = await ask('elicitation/create', {
      message: level.message,
      requestedSchema: { type: 'object', properties: {} },
    })
    return words(JSON.stringify(answer.result ?? answer.error))
  },
  'resources/list': () => ({ resources: [] }),
}
const capabilities = { tools: { listChanged: true }, logging: {}, resources: { subscribe: true } }
const tools = ['echo', 'log', 'wait', 'ask'].map((name) => anyTool(name))

let server: RunningServer
let legacy: ScriptedUpstream
let modern: ScriptedUpstream
let old: Made
let fresh: Made
let ada: Person

beforeAll(async () => {
  legacy = await startScriptedUpstream({ era: 'legacy', capabilities, tools, scripts })
  modern = await startScriptedUpstream({ era: 'modern', capabilities, tools, scripts })
  server = await freshServer()
  old = await addConnector(server, 'Old', legacy.url)
  fresh = await addConnector(server, 'New', modern.url)
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [old, fresh])
})
afterAll(async () => {
  await server?.remove()
  await legacy?.close()
  await modern?.close()
})

const call = (name: string, args: object = {}) => ({ name, arguments: args })

/** The session's own stream; `heard` grows while it is open. */
function listen(client: LegacyClient): { heard: RpcMessage[]; close(): void } {
  const heard: RpcMessage[] = []
  const stop = new AbortController()
  send(client.url, {
    method: 'GET',
    headers: { ...client.headers, accept: 'text/event-stream' },
    signal: stop.signal,
    onMessage: (message) => heard.push(message),
  }).catch(() => undefined)
  return { heard, close: () => stop.abort() }
}
const methods = (heard: readonly RpcMessage[]) => heard.map((one) => one.method)

describe('a session from its beginning to its end', () => {
  test.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2024-11-05', '2024-11-05'],
    ['2023-01-01', '2025-11-25'],
  ])('a client of %s is answered in %s, with our name and nothing the upstream lacks', async (asked, got) => {
    const reply = await send(old.url, {
      headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 'i',
        method: 'initialize',
        params: { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'c', version: '1' } },
      }),
    })
    const { result } = answerOf(reply)
    expect(result?.['protocolVersion']).toBe(got)
    expect(result?.['serverInfo']).toMatchObject({ name: 'runlayer' })
    expect(Object.keys(result?.['capabilities'] as object).sort()).toEqual(['logging', 'resources', 'tools'])
  })

  test('after DELETE every method is 404', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    expect(textOf(answerOf(await client.request('tools/call', call('echo', { a: 1 }))))).toBe('{"a":1}')
    const gone = await send(client.url, { method: 'DELETE', headers: client.headers })
    expect(gone.status).toBe(204)
    for (const method of ['POST', 'GET', 'DELETE']) {
      const reply = await send(client.url, {
        method,
        headers: { ...client.headers, accept: 'text/event-stream' },
        ...(method === 'POST' ? { body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' } : {}),
      })
      expect([method, reply.status]).toEqual([method, 404])
    }
  })

  test('a session that ends takes its running calls and its stream with it', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    const stream = listen(client)
    const waiting = client.request('tools/call', call('wait'))
    await expect.poll(() => legacy.count('tools/call')).toBeGreaterThan(0)
    const before = legacy.count('notifications/cancelled')
    await expect.poll(() => legacy.seen.at(-1)?.message.params?.['name']).toBe('wait')
    await send(client.url, { method: 'DELETE', headers: client.headers })
    expect(answerOf(await waiting).error ?? answerOf(await waiting).result?.['isError']).toBeTruthy()
    await expect.poll(() => legacy.count('notifications/cancelled')).toBe(before + 1)
    stream.close()
  })
})

describe('headers of a session', () => {
  test.each([
    ['an unknown protocol version', { 'mcp-protocol-version': '2023-01-01' }, 400],
    ['no protocol version', { 'mcp-protocol-version': undefined }, 200],
    ['no session', { 'mcp-session-id': undefined }, 400],
    ['another content type', { 'content-type': 'text/plain' }, 415],
    ['JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }, 200],
  ])('%s', async (_name, headers, status) => {
    const client = await LegacyClient.open(old.url, ada.key)
    const reply = await client.request('ping', {}, { headers })
    expect(reply.status, reply.text).toBe(status)
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a GET that takes no event stream is 405', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    const reply = await send(old.url, {
      method: 'GET',
      headers: { ...client.headers, accept: 'application/json' },
    })
    expect(reply.status).toBe(405)
  })
})

describe('the stream of a session', () => {
  test('it tells when a rule changes what its person may see', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    const stream = listen(client)
    await expect.poll(() => legacy.listening()).toBeGreaterThan(0)
    const rule = await server.api<{ id: string }>('POST', '/api/v1/policies', {
      effect: 'deny',
      principals: { type: 'user', ids: [ada.id] },
      scope: { servers: [old.id], tools: ['log'] },
    })
    await expect.poll(() => methods(stream.heard)).toContain('notifications/tools/list_changed')
    const listed = answerOf(await client.request('tools/list')).result?.['tools'] as { name: string }[]
    expect(listed.map(({ name }) => name)).not.toContain('log')
    await server.api('DELETE', `/api/v1/policies/${rule.id}`)
    stream.close()
  })

  test.each(['legacy', 'modern'] as const)('it tells when a %s upstream changes its tools', async (era) => {
    const upstream = era === 'legacy' ? legacy : modern
    const client = await LegacyClient.open(era === 'legacy' ? old.url : fresh.url, ada.key)
    const open = upstream.listening()
    const stream = listen(client)
    await expect.poll(() => upstream.listening()).toBeGreaterThan(open)
    upstream.tools = [...upstream.tools, anyTool(`new_in_${era}`)]
    upstream.push('notifications/tools/list_changed')
    await expect.poll(() => methods(stream.heard)).toContain('notifications/tools/list_changed')
    const listed = answerOf(await client.request('tools/list')).result?.['tools'] as { name: string }[]
    // A tool nobody has reviewed waits in quarantine, so it is not shown yet; the others are.
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'wait']))
    upstream.push('notifications/resources/list_changed')
    await expect.poll(() => methods(stream.heard)).toContain('notifications/resources/list_changed')
    stream.close()
  })

  test.each(['legacy', 'modern'] as const)(
    'updates of subscribed resources only (%s upstream)',
    async (era) => {
      const upstream = era === 'legacy' ? legacy : modern
      const client = await LegacyClient.open(era === 'legacy' ? old.url : fresh.url, ada.key)
      const stream = listen(client)
      expect(answerOf(await client.request('resources/subscribe', { uri: 'test://a' })).result).toEqual({})
      await expect.poll(() => upstream.listening()).toBeGreaterThan(0)
      await expect
        .poll(() => {
          upstream.push('notifications/resources/updated', { uri: 'test://b' })
          upstream.push('notifications/resources/updated', { uri: 'test://a' })
          return stream.heard.map((one) => one.params?.['uri'])
        })
        .toContain('test://a')
      expect(stream.heard.map((one) => one.params?.['uri'])).not.toContain('test://b')
      await client.request('resources/unsubscribe', { uri: 'test://a' })
      stream.close()
    },
  )
})

describe('the log level', () => {
  test.each(['legacy', 'modern'] as const)(
    'is told to a %s upstream and kept towards the client',
    async (era) => {
      const upstream = era === 'legacy' ? legacy : modern
      const client = await LegacyClient.open(era === 'legacy' ? old.url : fresh.url, ada.key)
      const levels = async () => {
        const { messages } = await client.request('tools/call', call('log'))
        return messages.flatMap((one) => (one.params?.['level'] === undefined ? [] : [one.params['level']]))
      }
      expect(await levels()).toEqual(['info', 'warning', 'error'])
      expect(answerOf(await client.request('logging/setLevel', { level: 'error' })).result).toEqual({})
      expect(await levels()).toEqual(['error'])
      await client.request('logging/setLevel', { level: 'debug' })
      expect(await levels()).toEqual(['debug', 'info', 'warning', 'error'])
      const told =
        era === 'legacy'
          ? upstream.seen
              .filter((one) => one.method === 'logging/setLevel')
              .map((one) => one.message.params?.['level'])
          : upstream.seen
              .filter((one) => one.message.params?.name === 'log')
              .map(
                (one) =>
                  (one.message.params?._meta as Record<string, unknown> | undefined)?.[
                    'io.modelcontextprotocol/logLevel'
                  ],
              )
      expect(told.slice(-2)).toEqual(['error', 'debug'])
    },
  )

  test('an unknown level is refused', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    expect(answerOf(await client.request('logging/setLevel', { level: 'loud' })).error?.code).toBe(-32602)
  })
})

describe('cancellation', () => {
  test.each(['legacy', 'modern'] as const)('reaches a %s upstream, and no late answer comes', async (era) => {
    const upstream = era === 'legacy' ? legacy : modern
    const client = await LegacyClient.open(era === 'legacy' ? old.url : fresh.url, ada.key)
    let gone = false
    const wait = upstream.scripts['tools/call wait']
    upstream.scripts['tools/call wait'] = async (scene) => {
      await scene.closed
      gone = true
      return undefined
    }
    const calls = upstream.count('tools/call')
    const waiting = client.request('tools/call', call('wait'), { id: 'slow' })
    await expect.poll(() => upstream.count('tools/call')).toBe(calls + 1)
    await client.notify('notifications/cancelled', { requestId: 'slow' })
    const reply = await waiting
    expect(reply.messages).toEqual([])
    if (era === 'legacy') {
      await expect.poll(() => upstream.count('notifications/cancelled')).toBeGreaterThan(0)
      const told = upstream.seen.findLast((one) => one.method === 'notifications/cancelled')
      const asked = upstream.seen.findLast((one) => one.message.params?.name === 'wait')
      expect(told?.message.params?.requestId).toBe(asked?.message.id)
    } else await expect.poll(() => gone).toBe(true)
    if (wait !== undefined) upstream.scripts['tools/call wait'] = wait
    expect(textOf(answerOf(await client.request('tools/call', call('echo'), { id: 'slow' })))).toBe('{}')
  })

  test('a cancellation of something unknown is taken without a word', async () => {
    const client = await LegacyClient.open(old.url, ada.key)
    expect((await client.notify('notifications/cancelled', { requestId: 'never' })).status).toBe(202)
  })
})

describe('batches', () => {
  const post = (client: LegacyClient, body: string) => send(client.url, { headers: client.headers, body })
  const request = (id: unknown, method: string, params: object = {}) => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  })

  test('2025-03-26: each request has its answer, notifications have none', async () => {
    const client = await LegacyClient.open(old.url, ada.key, { version: '2025-03-26' })
    const reply = await post(
      client,
      JSON.stringify([
        request(1, 'ping'),
        { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } },
        request('two', 'tools/call', call('echo', { n: 2 })),
        request(3, 'nonsense'),
      ]),
    )
    expect(reply.messages.map((one) => [one.id, one.error?.code ?? 0])).toEqual([
      [1, 0],
      ['two', 0],
      [3, -32601],
    ])
  })

  test('only notifications are 202 without a body', async () => {
    const client = await LegacyClient.open(old.url, ada.key, { version: '2025-03-26' })
    const reply = await post(client, '[{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}]')
    expect([reply.status, reply.text]).toEqual([202, ''])
  })

  test('what was cancelled within a batch is left out of its answer', async () => {
    const client = await LegacyClient.open(old.url, ada.key, { version: '2025-03-26' })
    const calls = legacy.count('tools/call')
    const batch = post(client, JSON.stringify([request(1, 'ping'), request(2, 'tools/call', call('wait'))]))
    await expect.poll(() => legacy.count('tools/call')).toBe(calls + 1)
    await client.notify('notifications/cancelled', { requestId: 2 })
    expect((await batch).messages.map((one) => one.id)).toEqual([1])
  })

  test.each([
    ['another revision', '2025-11-25', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'],
    ['an empty batch', '2025-03-26', '[]'],
    ['51 messages', '2025-03-26', JSON.stringify(Array.from({ length: 51 }, (_, id) => request(id, 'ping')))],
  ])('%s is refused', async (_name, version, body) => {
    const client = await LegacyClient.open(old.url, ada.key, { version })
    expect((await post(client, body)).status).toBe(400)
  })
})

describe('HTTP+SSE of 2024-11-05', () => {
  const open = async (made: Made): Promise<Client> => {
    const client = new Client({ name: 'old', version: '1' }, { capabilities: { elicitation: {} } })
    const headers = { authorization: `Bearer ${ada.key}` }
    const transport = new SSEClientTransport(made.url, {
      requestInit: { headers },
    })
    await client.connect(transport)
    return client
  }

  test.each(['legacy', 'modern'] as const)(
    'the official client lists, calls, is logged to and asked (%s upstream)',
    async (era) => {
      const client = await open(era === 'legacy' ? old : fresh)
      const logged: unknown[] = []
      client.setNotificationHandler(
        LoggingMessageNotificationSchema,
        ({ params }) => void logged.push(params.data),
      )
      client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
        action: 'accept',
        content: { heard: params.message },
      }))
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo')
      const answer = await client.callTool({ name: 'echo', arguments: { deep: { er: [1] } } })
      expect(answer.content).toEqual([{ type: 'text', text: '{"deep":{"er":[1]}}' }])
      await client.callTool({ name: 'log', arguments: {} })
      expect(logged).toEqual(['info', 'warning', 'error'])
      if (era === 'legacy') {
        const asked = await client.callTool({ name: 'ask', arguments: {} })
        expect(JSON.stringify(asked.content)).toContain('heard')
      }
      await client.close()
    },
  )

  test('it tells when tools change', async () => {
    const client = await open(old)
    const changed = new Promise<void>((resolve) =>
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
    )
    await expect.poll(() => legacy.listening()).toBeGreaterThan(0)
    legacy.tools = legacy.tools.filter((tool) => (tool as { name: string }).name !== 'new_in_legacy')
    legacy.push('notifications/tools/list_changed')
    await changed
    await client.close()
  })

  test('nobody else posts to its path', async () => {
    const client = await open(old)
    const ben = await addPerson(server, 'ben')
    const path = (client.transport as unknown as { _endpoint: URL })._endpoint
    const reply = await send(new URL(path.href), {
      headers: { authorization: `Bearer ${ben.key}`, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
    expect(reply.status).toBe(404)
    await client.close()
    await expect
      .poll(async () => {
        const after = await send(new URL(path.href), {
          headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        })
        return after.status
      })
      .toBe(404)
  })
})
