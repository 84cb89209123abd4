import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LegacyUpstream, startLegacyUpstream } from '../../../test/fixtures/legacy-upstream.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestUpstreams, plain, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { Connector } from '../kernel/connector.ts'
import type { OpenUpstreams } from './upstream.ts'

let server: LegacyUpstream
let upstreams: OpenUpstreams
let connector: Connector

beforeEach(async () => {
  server = await startLegacyUpstream()
  upstreams = openTestUpstreams()
  connector = connectorOf({ url: server.url, protocol: 'legacy' })
})

afterEach(async () => {
  await upstreams.drain(0)
  await server.close()
})

const methods = () => server.seen.map(({ message }) => message.method)

test('a call initializes a session once and reuses it', async () => {
  const capabilities = { elicitation: { form: {} } }
  expect(textOf(await upstreams.call(requestOf(connector, { capabilities })))).toBe('hello')
  expect(textOf(await upstreams.call(requestOf(connector, { capabilities })))).toBe('hello')
  expect(methods()).toEqual(['initialize', 'notifications/initialized', 'tools/call', 'tools/call'])
  expect(server.seen[0]?.message.params).toMatchObject({
    protocolVersion: '2025-11-25',
    capabilities,
    clientInfo: { name: 'Runlayer' },
  })
})

test('numbers beyond 2^53 and unknown fields travel unchanged in both directions', async () => {
  const args = '{"text":"x","big":12345678901234567890,"odd":1.10}'
  const params = new Map([
    ['name', '"verbatim"'],
    ['arguments', args],
    ['x-new', '[1e400]'],
  ])
  const reply = await upstreams.call(requestOf(connector, { params }))
  expect(server.seen.at(-1)?.text).toContain(
    `"params":{"name":"verbatim","arguments":${args},"x-new":[1e400]}`,
  )
  expect(reply).toMatchObject({ kind: 'result', text: '{"content":[],"n":12345678901234567890,"x":1.10}' })
})

test('a JSON-RPC error is a reply with its code, message and data', async () => {
  const reply = await upstreams.call(requestOf(connector, { tool: 'nope' }))
  expect(reply).toEqual({
    kind: 'error',
    era: 'legacy',
    code: -32602,
    message: 'Unknown tool nope',
    data: '{"name":"nope"}',
  })
})

test('progress and log messages on the stream of a call reach that call, without our token', async () => {
  const heard: unknown[] = []
  const onNotification = (method: string, params: ReadonlyMap<string, string>) =>
    heard.push([method, plain(params)])
  expect(
    textOf(
      await upstreams.call(requestOf(connector, { tool: 'stream', wantsProgress: true, onNotification })),
    ),
  ).toBe('hello')
  expect(heard).toEqual([
    ['notifications/progress', { progress: 1, total: 2 }],
    ['notifications/message', { level: 'info', data: 'half way' }],
  ])
})

test('the log level is set on the session before the first call that wants it', async () => {
  await upstreams.call(requestOf(connector, { logLevel: 'debug' }))
  await upstreams.call(requestOf(connector, { logLevel: 'debug' }))
  expect(methods().slice(2)).toEqual(['logging/setLevel', 'tools/call', 'tools/call'])
})

test('a question on the stream of a call is answered with its exact id', async () => {
  const asked: unknown[] = []
  const reply = await upstreams.call(
    requestOf(connector, {
      tool: 'ask',
      args: { text: 'colour?' },
      onAsk: (method, params) => {
        asked.push([method, JSON.parse(params)])
        return Promise.resolve({ result: '{"action":"accept","content":{"n":12345678901234567890}}' })
      },
    }),
  )
  expect(asked).toEqual([['elicitation/create', { message: 'colour?', requestedSchema: {} }]])
  expect(textOf(reply)).toContain('"action":"accept"')
})

test('T19 questions of interleaved calls on one session each reach their own caller', async () => {
  const replies = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const onAsk = (_method: string, params: string) =>
        Promise.resolve({ result: JSON.stringify({ heard: JSON.parse(params).message, by: at }) })
      return textOf(
        await upstreams.call(requestOf(connector, { tool: 'ask', args: { text: `for ${at}` }, onAsk })),
      )
    }),
  )
  expect(replies).toEqual(replies.map((_, at) => JSON.stringify({ heard: `for ${at}`, by: at })))
  expect(server.sessions.size).toBe(1)
})

test('a question on the listening stream is refused while two calls run, and asked when one does', async () => {
  const watch = await upstreams.watch({
    ...requestOf(connector),
    resources: [],
    onNotification: () => undefined,
    onEnd: () => undefined,
  })
  const asked: string[] = []
  const onAsk = (method: string) => {
    asked.push(method)
    return Promise.resolve({ result: '{"roots":[]}' })
  }
  const first = upstreams.call(requestOf(connector, { tool: 'wait', onAsk }))
  await expect.poll(() => methods().filter((method) => method === 'tools/call').length).toBe(1)
  server.push({ jsonrpc: '2.0', id: 7, method: 'roots/list' })
  await expect.poll(() => server.answers).toMatchObject([{ id: 7, result: { roots: [] } }])
  const second = upstreams.call(requestOf(connector, { tool: 'wait', onAsk }))
  await expect.poll(() => methods().filter((method) => method === 'tools/call').length).toBe(2)
  server.push({ jsonrpc: '2.0', id: 8, method: 'roots/list' })
  server.push({ jsonrpc: '2.0', id: 9, method: 'ping' })
  await expect
    .poll(() => server.answers.slice(1))
    .toMatchObject([
      { id: 8, error: { code: -32603 } },
      { id: 9, result: {} },
    ])
  expect(asked).toEqual(['roots/list'])
  await upstreams.call(requestOf(connector, { tool: 'release' }))
  await Promise.all([first, second])
  watch.close()
})

test.each([404, 400] as const)(
  'a session the server forgot (%i) is opened again and the call runs once',
  async (unknownSession) => {
    const forgetful = await startLegacyUpstream({ unknownSession })
    const other = connectorOf({ url: forgetful.url, protocol: 'legacy' })
    await upstreams.call(requestOf(other))
    forgetful.restart()
    expect(textOf(await upstreams.call(requestOf(other)))).toBe('hello')
    expect(upstreams.sessionCount).toBe(1)
    await forgetful.close()
  },
)

test('a stream broken after an event id is resumed with it', async () => {
  expect(textOf(await upstreams.call(requestOf(connector, { tool: 'poll' })))).toBe('resumed')
})

test('cancelling tells the upstream which request, and frees the caller at once', async () => {
  const controller = new AbortController()
  const call = upstreams.call(requestOf(connector, { tool: 'hang', signal: controller.signal }))
  await expect.poll(methods).toContain('tools/call')
  controller.abort()
  await expect(call).rejects.toMatchObject({ reason: 'call-lost' })
  await expect.poll(methods).toContain('notifications/cancelled')
  const sent = server.seen.find(({ message }) => message.method === 'tools/call')?.message.id
  expect(server.seen.at(-1)?.message.params?.requestId).toBe(sent)
})

test('silence ends the call with upstream-timeout naming the connector, and is cancelled upstream', async () => {
  await expect(
    upstreams.call(requestOf(connector, { tool: 'hang', idleTimeoutMs: 50 })),
  ).rejects.toMatchObject({ reason: 'upstream-timeout', connector: 'Echo' })
  await expect.poll(methods).toContain('notifications/cancelled')
})

test('a watch hears list changes, subscribes to resources, and closing ends both', async () => {
  const heard: string[] = []
  const watch = await upstreams.watch({
    ...requestOf(connector),
    resources: ['file:///a'],
    onNotification: (method) => heard.push(method),
    onEnd: () => heard.push('end'),
  })
  server.push({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
  await expect.poll(() => heard).toEqual(['notifications/tools/list_changed'])
  watch.close()
  await expect.poll(methods).toContain('resources/unsubscribe')
  expect(heard).toHaveLength(1)
})

test('a watch is told when the session is over', async () => {
  let ended = 0
  await upstreams.watch({
    ...requestOf(connector),
    resources: [],
    onNotification: () => undefined,
    onEnd: () => ended++,
  })
  upstreams.forget(connector.id)
  expect(ended).toBe(1)
  await expect.poll(() => server.sessions.size).toBe(0)
})

test('facts come from initialize, and are remembered', async () => {
  const facts = await upstreams.facts(
    connector,
    requestOf(connector).credential,
    requestOf(connector).lane,
    {},
  )
  expect(facts).toMatchObject({
    era: 'legacy',
    protocolVersion: '2025-11-25',
    serverInfo: { name: 'legacy' },
    instructions: 'Be kind.',
  })
  await upstreams.facts(connector, requestOf(connector).credential, requestOf(connector).lane, {})
  expect(methods().filter((method) => method === 'initialize')).toHaveLength(1)
})

test('a server of an unknown revision is refused', async () => {
  const odd = await startLegacyUpstream({ versions: '1999-01-01' })
  await expect(
    upstreams.call(requestOf(connectorOf({ url: odd.url, protocol: 'legacy' }))),
  ).rejects.toMatchObject({ reason: 'upstream-failed' })
  await odd.close()
})

test('probe asks the upstream and says what it is', async () => {
  expect(await upstreams.probe(connector, requestOf(connector).credential)).toMatchObject({ era: 'legacy' })
  expect(methods()).toContain('ping')
})
