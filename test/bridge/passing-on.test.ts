import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import {
  anyTool,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { postgresEnvironment } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import { freePort, type RunningServer, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const missing = 'missing' in inject('postgres')
const form = { message: 'Go on?', requestedSchema: { type: 'object', properties: {} } }
const params = (name: string) => ({ name, arguments: {} })
let upstream: ScriptedUpstream
let env: Record<string, string>
let one: RunningServer
let other: RunningServer
let connector: Made
let ada: Person

async function start(more: Record<string, string> = {}): Promise<RunningServer> {
  const port = await freePort()
  return await startServer({
    port,
    env: { ...env, RUNLAYER_INTERNAL_URL: `http://127.0.0.1:${port}`, ...more },
  })
}

beforeAll(async () => {
  if (missing) return
  upstream = await startScriptedUpstream({
    era: 'legacy',
    capabilities: { tools: {}, resources: { subscribe: true } },
    tools: ['echo', 'ask', 'session'].map((name) => anyTool(name)),
    scripts: {
      'resources/subscribe': () => ({}),
      'tools/call echo': () => words('here'),
      'tools/call session': ({ session }) => words(String(session)),
      'tools/call ask': async ({ ask }) => {
        const told = await ask('elicitation/create', form)
        return words(JSON.stringify(told.result ?? told.error))
      },
    },
  })
  env = await postgresEnvironment()
  one = await start()
  // Only this one believes the proxy in front of it.
  other = await start({ RUNLAYER_TRUSTED_PROXIES: '127.0.0.1/32' })
  connector = await addConnector(one, 'Shared', upstream.url)
  ada = await addPerson(one, 'ada')
  await allow(one, [ada], [connector])
})
afterAll(async () => {
  await one?.remove()
  await other?.remove()
  await upstream?.close()
})

const at = (server: RunningServer) => new URL(connector.url.pathname, server.url)
const openAt = (server: RunningServer, more = {}) => LegacyClient.open(at(server), ada.key, more)
const message = (more: object) => JSON.stringify({ jsonrpc: '2.0', ...more })
const elicits = { capabilities: { elicitation: { form: {} } } }

/** A modern call that asks something, and the request that goes on with the answer. */
async function parkAt(server: RunningServer) {
  const ask = (extra: object) =>
    modernRequest(ada.key, { method: 'tools/call', params: { ...params('ask'), ...extra } }, elicits)
  const result = answerOf(await send(at(server), ask({}))).result ?? {}
  expect(result['resultType']).toBe('input_required')
  const [key = ''] = Object.keys(result['inputRequests'] as object)
  const inputResponses = { [key]: { action: 'accept', content: { yes: true } } }
  return ask({ requestState: result['requestState'], inputResponses })
}

describe.skipIf(missing)('two processes that reach each other', () => {
  test('an answer sent to one reaches the call that asked on the other', async () => {
    const client = await openAt(one, elicits)
    const reply = await client.request('tools/call', params('ask'), {
      onMessage: ({ id, method }: RpcMessage) => {
        if (method !== 'elicitation/create') return
        const body = message({ id, result: { action: 'accept', content: {} } })
        void send(at(other), { headers: client.headers, body })
      },
    })
    expect(textOf(answerOf(reply))).toContain('accept')
  })

  test('one upstream session serves a client whose requests are spread over both', async () => {
    const client = await openAt(one)
    const body = message({ id: 7, method: 'tools/call', params: params('session') })
    const replies = [
      await send(at(one), { headers: client.headers, body }),
      await send(at(other), { headers: client.headers, body }),
    ]
    const [first, second] = replies.map((reply) => textOf(answerOf(reply)))
    expect(first).toMatch(/.{8}/)
    expect(second).toBe(first)
  })

  test('a stream asked of one carries what its session subscribed to on the other', async () => {
    const client = await openAt(one)
    const heard: unknown[] = []
    const over = new AbortController()
    const stream = send(at(other), {
      method: 'GET',
      headers: { ...client.headers, accept: 'text/event-stream' },
      signal: over.signal,
      onMessage: ({ params: told }) => heard.push(told?.['uri']),
    }).catch(() => undefined)
    expect(answerOf(await client.request('resources/subscribe', { uri: 'test://page' })).result).toEqual({})
    await expect
      .poll(() => {
        upstream.push('notifications/resources/updated', { uri: 'test://page' })
        return heard
      })
      .toContain('test://page')
    over.abort()
    await stream
  })

  test('messages of the 2024-11-05 transport find their stream', async () => {
    const client = new Client({ name: 'old', version: '1' })
    const requestInit = { headers: { authorization: `Bearer ${ada.key}` } }
    const transport = new SSEClientTransport(at(one), {
      requestInit,
      // Every POST goes to the other process, as behind a load balancer.
      fetch: (url, init) =>
        fetch(
          init?.method === 'POST' ? String(url).replace(one.url.origin, other.url.origin) : url,
          init as RequestInit,
        ),
    })
    await client.connect(transport)
    expect((await client.callTool(params('echo'))).content).toMatchObject([{ text: 'here' }])
    await client.close()
  })

  test('a call that waits on one goes on when its answer comes to the other', async () => {
    const next = await parkAt(one)
    expect(textOf(answerOf(await send(at(other), next)))).toContain('accept')
  })

  test('rules see the address that the first process saw', async () => {
    const deny = await one.api<{ id: string }>('POST', '/api/v1/policies', {
      effect: 'deny',
      principals: { type: 'everyone' },
      scope: { servers: [connector.id] },
      conditions: [{ field: 'meta.request.ip', operator: 'in_ip_range', value: ['203.0.113.0/24'] }],
    })
    const client = await openAt(one)
    const body = message({ id: 8, method: 'tools/call', params: params('echo') })
    const from = (address: string) =>
      send(at(other), { headers: { ...client.headers, 'x-forwarded-for': address }, body })
    expect(textOf(answerOf(await from('198.51.100.7')))).toBe('here')
    expect(answerOf(await from('203.0.113.7'))).toMatchObject({ error: { code: -32602 } })
    await one.api('DELETE', `/api/v1/policies/${deny.id}`)
  })

  test('nobody outside can vouch for an address', async () => {
    const client = await openAt(one)
    const body = message({ id: 9, method: 'ping' })
    for (const vouched of ['203.0.113.7', Buffer.from('{"i":"203.0.113.7"}').toString('base64url'), '']) {
      const reply = await send(at(one), {
        headers: { ...client.headers, 'x-runlayer-passed-on': vouched },
        body,
      })
      expect(reply.status).toBe(200)
    }
  })

  test('a credential is judged where the session lives too', async () => {
    const client = await openAt(one)
    const body = message({ id: 10, method: 'ping' })
    const headers = { ...client.headers, authorization: `Bearer rl_${'x'.repeat(40)}` }
    expect((await send(at(other), { headers, body })).status).toBe(401)
  })

  test('when a process is gone its sessions go on elsewhere, and what waited there says that it is lost', async () => {
    const dying = await start()
    const client = await openAt(dying)
    const next = await parkAt(dying)
    await dying.kill()
    const body = message({ id: 11, method: 'tools/call', params: params('echo') })
    const reply = await send(at(other), { headers: client.headers, body })
    expect(textOf(answerOf(reply))).toBe('here')
    const lost = answerOf(await send(at(other), next))
    expect(lost.error ?? lost.result).toMatchObject({ data: { reason: 'call-lost' } })
    await dying.remove()
  })
})
