import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Fixture,
  type Message,
  openStream,
  readBody,
  sendJson,
  serve,
  textResult,
} from '../../../test/fixtures/http-fixture.ts'
import { startLegacyUpstream } from '../../../test/fixtures/legacy-upstream.ts'
import { startModernUpstream } from '../../../test/fixtures/modern-upstream.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestUpstreams, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { OpenUpstreams } from './upstream.ts'

let upstreams: OpenUpstreams
let clock = 1_000_000
const open: Fixture[] = []

beforeEach(() => {
  upstreams = openTestUpstreams({ now: () => clock })
})

afterEach(async () => {
  await upstreams.drain(0)
  await Promise.all(open.splice(0).map((fixture) => fixture.close()))
})

function keep<F extends Fixture>(fixture: F): F {
  open.push(fixture)
  return fixture
}

test.each([undefined, 400, 401, 403, 404, 405])(
  'a server that refuses server/discover (%s) is asked to initialize',
  async (discover) => {
    const server = keep(await startLegacyUpstream(discover === undefined ? {} : { discover }))
    expect(textOf(await upstreams.call(requestOf(connectorOf({ url: server.url }))))).toBe('hello')
    expect(server.seen.map(({ message }) => message.method)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'tools/call',
    ])
  },
)

test('a server error is evidence of no era', async () => {
  const server = keep(await startLegacyUpstream({ discover: 503 }))
  await expect(upstreams.call(requestOf(connectorOf({ url: server.url })))).rejects.toMatchObject({
    reason: 'upstream-failed',
  })
  expect(server.seen).toHaveLength(1)
})

test('many first calls at once detect once', async () => {
  const server = keep(await startModernUpstream())
  const connector = connectorOf({ url: server.url })
  await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      upstreams.call(
        requestOf(connector, { lane: { principal: `p${at}`, session: undefined, exclusive: false } }),
      ),
    ),
  )
  expect(server.seen.filter(({ message }) => message.method === 'server/discover')).toHaveLength(1)
})

test('a legacy verdict ends after ten minutes', async () => {
  const server = keep(await startLegacyUpstream())
  const connector = connectorOf({ url: server.url })
  const call = (principal: string) =>
    upstreams.call(requestOf(connector, { lane: { principal, session: undefined, exclusive: false } }))
  const probes = () => server.seen.filter(({ message }) => message.method === 'server/discover').length
  await call('ada')
  clock += 9 * 60_000
  await call('bob')
  expect(probes()).toBe(1)
  clock += 2 * 60_000
  await call('eve')
  await call('kim')
  expect(probes()).toBe(2)
})

test('pins decide without asking', async () => {
  const legacy = keep(await startLegacyUpstream())
  await upstreams.call(requestOf(connectorOf({ url: legacy.url, protocol: 'legacy' })))
  expect(legacy.seen[0]?.message.method).toBe('initialize')
  const modern = keep(await startModernUpstream())
  expect(await upstreams.call(requestOf(connectorOf({ url: modern.url, protocol: 'modern' })))).toMatchObject(
    { era: 'modern' },
  )
})

test('an upstream that goes back to the older era is found out and the call runs there', async () => {
  const modern = await startModernUpstream()
  const legacy = keep(await startLegacyUpstream())
  let target = new URL(modern.url).port
  const proxy = keep(
    await serve((req, res) => {
      readBody(req)
        .then((body) =>
          fetch(`http://127.0.0.1:${target}/mcp`, {
            method: 'POST',
            headers: req.headers as Record<string, string>,
            body,
          }),
        )
        .then(async (answer) => {
          const session = answer.headers.get('mcp-session-id')
          res.writeHead(answer.status, {
            'content-type': answer.headers.get('content-type') ?? 'text/plain',
            ...(session === null ? {} : { 'mcp-session-id': session }),
          })
          res.end(await answer.text())
        })
        .catch(() => res.destroy())
    }),
  )
  const connector = connectorOf({ url: proxy.url })
  expect(await upstreams.call(requestOf(connector))).toMatchObject({ era: 'modern' })
  target = new URL(legacy.url).port
  expect(await upstreams.call(requestOf(connector))).toMatchObject({ era: 'legacy', kind: 'result' })
  await modern.close()
})

/** A server of 2024-11-05: GET for the stream, POST to where the endpoint event says. */
async function startSseUpstream(endpoint: string): Promise<Fixture> {
  let send: (message: unknown) => void = () => undefined
  return keep(
    await serve((req, res) => {
      if (req.method === 'GET') {
        send = openStream(res)
        res.write(`event: endpoint\ndata: ${endpoint}\n\n`)
        return
      }
      if (!req.url?.startsWith('/messages')) {
        res.writeHead(405).end()
        return
      }
      readBody(req)
        .then((body) => {
          res.writeHead(202).end()
          const { id, method, params } = JSON.parse(body) as Message
          if (method === 'initialize')
            send({
              jsonrpc: '2.0',
              id,
              result: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: {} },
            })
          else if (id !== undefined)
            send({ jsonrpc: '2.0', id, result: textResult(String(params?.arguments?.text)) })
        })
        .catch(() => res.destroy())
    }),
  )
}

test.each(['streamable_http', 'sse'] as const)(
  'a server of 2024-11-05 is served through its endpoint event (%s)',
  async (transport) => {
    const server = await startSseUpstream('/messages?session=1')
    expect(textOf(await upstreams.call(requestOf(connectorOf({ url: server.url, transport }))))).toBe('hello')
  },
)

test('T11 an endpoint event may not lead to another origin', async () => {
  const server = await startSseUpstream('http://169.254.169.254/messages')
  await expect(
    upstreams.call(requestOf(connectorOf({ url: server.url, transport: 'sse' }))),
  ).rejects.toMatchObject({ reason: 'address-refused', connector: 'Echo' })
})

test('a credential refused by both eras is upstream-refused with the challenge', async () => {
  const server = keep(
    await serve((_req, res) => sendJson(res, 401, {}, { 'www-authenticate': 'Bearer realm="x"' })),
  )
  await expect(upstreams.call(requestOf(connectorOf({ url: server.url })))).rejects.toMatchObject({
    reason: 'upstream-refused',
    data: { www_authenticate: 'Bearer realm="x"' },
  })
})
