import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ModernUpstream, startModernUpstream } from '../../../test/fixtures/modern-upstream.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestUpstreams, plain, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { Connector } from '../kernel/connector.ts'
import type { OpenUpstreams } from './upstream.ts'

let server: ModernUpstream
let upstreams: OpenUpstreams
let connector: Connector

beforeEach(async () => {
  server = await startModernUpstream()
  upstreams = openTestUpstreams()
  connector = connectorOf({ url: server.url })
})

afterEach(async () => {
  await upstreams.drain(0)
  await server.close()
})

const prefix = 'io.modelcontextprotocol/'

test('each request carries version, capabilities, client and what is left of the caller’s own _meta', async () => {
  const params = new Map([
    ['name', '"meta"'],
    ['_meta', '{"traceparent":"00-1","n":12345678901234567890}'],
  ])
  const capabilities = { elicitation: { form: {} } }
  const reply = await upstreams.call(
    requestOf(connector, { params, capabilities, logLevel: 'info', wantsProgress: true }),
  )
  expect(JSON.parse(textOf(reply))).toMatchObject({
    traceparent: '00-1',
    [`${prefix}protocolVersion`]: '2026-07-28',
    [`${prefix}clientCapabilities`]: capabilities,
    [`${prefix}clientInfo`]: { name: 'Runlayer', version: '0.0.0' },
    [`${prefix}logLevel`]: 'info',
    progressToken: expect.any(Number),
  })
})

test('headers mirror the body, and unsafe values travel encoded', async () => {
  const paramHeaders = { 'mcp-param-region': 'eu', 'mcp-param-city': 'Zürich' }
  const sent = JSON.parse(
    textOf(await upstreams.call(requestOf(connector, { tool: 'headers', paramHeaders }))),
  ) as object
  expect(sent).toMatchObject({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'headers',
    'mcp-param-region': 'eu',
    'mcp-param-city': `=?base64?${Buffer.from('Zürich').toString('base64')}?=`,
    'accept-encoding': 'identity',
  })
})

test('the credential’s headers are sent, but never in place of the protocol’s own', async () => {
  const headers = { Authorization: 'Bearer s', 'Mcp-Method': 'evil', Host: 'evil', 'Mcp-Param-X': 'evil' }
  const credential = { owner: 'o', revision: '1', headers, env: {}, args: [] }
  const sent = JSON.parse(
    textOf(await upstreams.call(requestOf(connector, { tool: 'headers', credential }))),
  ) as Record<string, string>
  expect(sent).toMatchObject({
    authorization: 'Bearer s',
    'mcp-method': 'tools/call',
    host: new URL(server.url).host,
  })
  expect(Object.keys(sent)).not.toContain('mcp-param-x')
})

test('progress and log messages on the stream of a call reach it', async () => {
  const heard: unknown[] = []
  const onNotification = (method: string, params: ReadonlyMap<string, string>) =>
    heard.push([method, plain(params)])
  expect(
    textOf(
      await upstreams.call(requestOf(connector, { tool: 'stream', wantsProgress: true, onNotification })),
    ),
  ).toBe('streamed')
  expect(heard).toEqual([
    ['notifications/progress', { progress: 1 }],
    ['notifications/message', { level: 'info', data: 'half way' }],
  ])
})

test('input_required passes through as a result', async () => {
  const reply = await upstreams.call(requestOf(connector, { tool: 'more' }))
  expect(reply.kind === 'result' && reply.members.get('resultType')).toBe('"input_required"')
})

test('an error in the body of a refusal is a reply', async () => {
  expect(
    await upstreams.call(requestOf(connector, { method: 'prompts/list', params: new Map() })),
  ).toMatchObject({ kind: 'error', code: -32601 })
  server.refuse = { status: 400, error: { code: -32020, message: 'mismatch' } }
  expect(await upstreams.call(requestOf(connector))).toMatchObject({
    kind: 'error',
    era: 'modern',
    code: -32020,
  })
})

test('cancelling closes the stream of the call', async () => {
  const controller = new AbortController()
  const call = upstreams.call(requestOf(connector, { tool: 'hang', signal: controller.signal }))
  await expect.poll(() => server.seen.at(-1)?.message.params?.name).toBe('hang')
  controller.abort()
  await expect(call).rejects.toMatchObject({ reason: 'call-lost' })
  await expect.poll(() => server.cancelled).toHaveLength(1)
})

test('one session serves every person and capability set, because the upstream holds nothing', async () => {
  for (const principal of ['ada', 'bob'])
    await upstreams.call(requestOf(connector, { lane: { principal, session: principal, exclusive: true } }))
  expect(upstreams.sessionCount).toBe(1)
  expect(server.seen.filter(({ message }) => message.method === 'server/discover')).toHaveLength(1)
})

test('a watch listens after the acknowledgement and is told of a graceful end', async () => {
  const heard: string[] = []
  const watching = {
    ...requestOf(connector),
    resources: ['file:///a'],
    onNotification: (method: string) => heard.push(method),
    onEnd: () => heard.push('end'),
  }
  await upstreams.watch(watching)
  expect(server.seen.at(-1)?.message.params?.notifications).toMatchObject({
    toolsListChanged: true,
    resourceSubscriptions: ['file:///a'],
  })
  server.push('notifications/tools/list_changed', {})
  await expect.poll(() => heard).toEqual(['notifications/tools/list_changed'])
  server.endListens()
  await expect.poll(() => heard).toEqual(['notifications/tools/list_changed', 'end'])
  const second = await upstreams.watch(watching)
  second.close()
  server.push('notifications/tools/list_changed', {})
  expect(heard).toHaveLength(2)
})

test('a refused watch rejects', async () => {
  await upstreams.call(requestOf(connector))
  server.refuse = { status: 200, error: { code: -32601, message: 'no listening here' } }
  const watch = upstreams.watch({
    ...requestOf(connector),
    resources: [],
    onNotification: () => undefined,
    onEnd: () => undefined,
  })
  await expect(watch).rejects.toMatchObject({ reason: 'upstream-failed' })
})

test('facts come from server/discover', async () => {
  const { credential, lane } = requestOf(connector)
  expect(await upstreams.facts(connector, credential, lane, {})).toMatchObject({
    era: 'modern',
    serverInfo: { name: 'modern' },
    capabilities: { tools: {} },
  })
})
