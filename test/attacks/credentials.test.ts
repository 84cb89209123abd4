import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import {
  accepts,
  answerOf,
  LegacyClient,
  modernRequest,
  type Reply,
  send,
  textOf,
} from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

let server: RunningServer
let upstream: WitnessUpstream
let connector: Made
let ada: Person
let ben: Person
let revoked = ''
let sessions: { connector: LegacyClient; plugin: LegacyClient }

beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
  server = await freshServer()
  connector = await addConnector(server, 'Echo', upstream.url, {
    headers: { 'x-credential': '{TOKEN}' },
  })
  ada = await addPerson(server, 'ada')
  ben = await addPerson(server, 'ben')
  await allow(server, [ada, ben], [connector])
  for (const [person, token] of [
    [ada, 'of-ada'],
    [ben, 'of-ben'],
  ] as const)
    await server.api(
      'PUT',
      `/api/v1/servers/${connector.id}/connection`,
      { values: { TOKEN: token } },
      person.key,
    )
  const gone = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', {
    name: 'gone',
    user_id: ada.id,
  })
  revoked = gone.secret
  await server.api('DELETE', `/api/v1/api-keys/${gone.id}`)
  sessions = {
    connector: await LegacyClient.open(connector.url, ada.key),
    plugin: await LegacyClient.open(new URL('/mcp', server.url), ada.key),
  }
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

const endpoints = () => ({
  '/mcp': new URL('/mcp', server.url),
  '/api/v1/proxy/runlayer/mcp': new URL('/api/v1/proxy/runlayer/mcp', server.url),
  connector: connector.url,
  'unknown connector': new URL('/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp', server.url),
  'no endpoint': new URL('/api/v1/proxy/x/y', server.url),
})

/** What no request may be let in with. A valid key in the wrong place counts as none. */
const credentials = (): Record<string, Record<string, string>> => ({
  none: {},
  'empty authorization': { authorization: '' },
  'Bearer alone': { authorization: 'Bearer' },
  'an invented bearer': { authorization: 'Bearer invented' },
  'an invented key': { authorization: `Bearer rl_${'a'.repeat(40)}` },
  'an invented key header': { 'x-runlayer-api-key': `rl_${'a'.repeat(40)}` },
  'an empty key header': { 'x-runlayer-api-key': '' },
  'Basic with the key': { authorization: `Basic ${Buffer.from(`${ada.key}:`).toString('base64')}` },
  'the key without scheme': { authorization: ada.key },
  'another scheme': { authorization: `Token ${ada.key}` },
  'the key and more': { authorization: `Bearer ${ada.key} x` },
  'the key cut': { authorization: `Bearer ${ada.key.slice(0, -1)}` },
  'the key in other case': { authorization: `Bearer ${ada.key.toUpperCase()}` },
  'a revoked key': { authorization: `Bearer ${revoked}` },
  'an unsigned token': {
    authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(`{"sub":"${ada.id}"}`).toString('base64url')}.`,
  },
  'a cookie': { cookie: `session=${ada.key}; runlayer_session=${ada.key}` },
  'two different keys': { authorization: `Bearer ${ada.key}`, 'x-runlayer-api-key': `rl_${'b'.repeat(40)}` },
  'a bad bearer beside a good key': { authorization: 'Bearer invented', 'x-runlayer-api-key': ada.key },
})

type Shot = { method: string; body?: string; headers: Record<string, string> }

/** Every way of speaking to an endpoint, well formed and not. */
function shots(): Record<string, Shot> {
  const json = { 'content-type': 'application/json', accept: accepts }
  const legacy = (message: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })
  const modern = modernRequest('', {
    method: 'tools/call',
    params: { name: 'echo', arguments: { nonce: 't1' } },
  })
  const session = { 'mcp-session-id': String(sessions.connector.headers['mcp-session-id']) }
  const { authorization: _, ...modernHeaders } = modern.headers
  return {
    initialize: {
      method: 'POST',
      headers: json,
      body: legacy({ method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } }),
    },
    'tools/call with a session': {
      method: 'POST',
      headers: { ...json, ...session },
      body: legacy({ method: 'tools/call', params: { name: 'echo', arguments: { nonce: 't1' } } }),
    },
    'tools/call, modern': { method: 'POST', headers: modernHeaders, body: modern.body },
    'server/discover': {
      method: 'POST',
      headers: { ...json, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
      body: legacy({ method: 'server/discover', params: {} }),
    },
    'no JSON': { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{{{' },
    'a huge body': { method: 'POST', headers: json, body: ' '.repeat(100_000) },
    'GET stream': { method: 'GET', headers: { accept: 'text/event-stream', ...session } },
    'GET, 2024-11-05': { method: 'GET', headers: { accept: 'text/event-stream' } },
    GET: { method: 'GET', headers: {} },
    DELETE: { method: 'DELETE', headers: session },
    PUT: { method: 'PUT', headers: json, body: '{}' },
    HEAD: { method: 'HEAD', headers: {} },
    OPTIONS: { method: 'OPTIONS', headers: {} },
    PATCH: { method: 'PATCH', headers: json, body: '{}' },
  }
}

describe('T1 no credential that is not valid is ever let in', () => {
  test('T1 every endpoint, method and era answers 401 with a challenge, and nothing runs', async () => {
    const callsBefore = upstream.calls.length
    const wrong: string[] = []
    let count = 0
    for (const [credential, headers] of Object.entries(credentials()))
      for (const [endpoint, url] of Object.entries(endpoints()))
        for (const [shot, { method, body, headers: own }] of Object.entries(shots())) {
          const reply = await send(url, {
            method,
            headers: { ...own, ...headers },
            ...(body === undefined ? {} : { body }),
          })
          count++
          const challenge = String(reply.headers['www-authenticate'])
          if (
            reply.status !== 401 ||
            !/^Bearer resource_metadata="http[^"]+\/\.well-known\/oauth-protected-resource/.test(challenge) ||
            reply.headers['x-request-id'] === undefined ||
            reply.headers['mcp-session-id'] !== undefined
          )
            wrong.push(`${credential} × ${endpoint} × ${shot}: ${reply.status} ${reply.text.slice(0, 200)}`)
        }
    expect(wrong).toEqual([])
    expect(count).toBeGreaterThan(1_000)
    expect(upstream.calls.length).toBe(callsBefore)
  })

  test('T1 the same requests with a valid credential are let in', async () => {
    const url = connector.url
    for (const headers of [{ authorization: `Bearer ${ada.key}` }, { 'x-runlayer-api-key': ada.key }]) {
      const { method, body = '', headers: own } = shots()['tools/call with a session'] as Shot
      const reply = await send(url, { method, body, headers: { ...own, ...headers } })
      expect(textOf(answerOf(reply))).toContain('of-ada')
    }
  })

  test('T1 a key revoked while its session lives is 401 from the next request on, in both eras', async () => {
    const key = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', {
      name: 'short',
      user_id: ada.id,
    })
    const client = await LegacyClient.open(connector.url, key.secret)
    const request = modernRequest(key.secret, { method: 'tools/list' })
    expect((await client.request('tools/list')).status).toBe(200)
    expect((await send(connector.url, request)).status).toBe(200)
    await server.api('DELETE', `/api/v1/api-keys/${key.id}`)
    expect((await client.request('tools/list')).status).toBe(401)
    expect((await send(connector.url, request)).status).toBe(401)
  })

  test('T1 a credential in the query is none', async () => {
    for (const name of ['access_token', 'api_key', 'token', 'authorization']) {
      const url = new URL(`${connector.url.href}?${name}=${ada.key}`)
      const { method, body = '', headers } = shots()['initialize'] as Shot
      expect((await send(url, { method, body, headers })).status, name).toBe(401)
    }
  })
})

describe('T7, T18 a page of another origin reaches nothing, without any setting', () => {
  const hosts = ['evil.example', 'evil.example:80', 'localhost.evil.example', '169.254.169.254']
  const origins = [
    'http://evil.example',
    'https://localhost.evil.example',
    'null',
    'http://localhost:1',
    'file://',
  ]
  const authorized = (extra: Record<string, string>) => ({ authorization: `Bearer ${ada.key}`, ...extra })

  test('T7 T18 a foreign Host is refused on GET, POST and DELETE, on every endpoint', async () => {
    const wrong: string[] = []
    for (const url of [new URL('/mcp', server.url), connector.url])
      for (const [shot, { method, body, headers }] of Object.entries(shots()))
        for (const host of hosts) {
          const reply = await send(url, {
            method,
            headers: authorized({ ...headers, host }),
            ...(body === undefined ? {} : { body }),
          })
          if (reply.status !== 403) wrong.push(`${shot} ${host}: ${reply.status} ${reply.text.slice(0, 100)}`)
        }
    expect(wrong).toEqual([])
  })

  test('T7 T18 a foreign Origin is refused on GET, POST and DELETE, on every endpoint', async () => {
    const wrong: string[] = []
    for (const url of [new URL('/mcp', server.url), connector.url])
      for (const [shot, { method, body, headers }] of Object.entries(shots()))
        for (const origin of origins) {
          const reply = await send(url, {
            method,
            headers: authorized({ ...headers, origin }),
            ...(body === undefined ? {} : { body }),
          })
          if (reply.status !== 403) wrong.push(`${shot} ${origin}: ${reply.status}`)
          if (reply.headers['access-control-allow-origin'] !== undefined) wrong.push(`${origin} is let in`)
        }
    expect(wrong).toEqual([])
  })

  test('T18 the same holds on the REST door', async () => {
    for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }] as const) {
      const reply = await send(new URL('/api/v1/users/me', server.url), {
        method: 'GET',
        headers: authorized(headers),
      })
      expect(reply.status).toBe(403)
    }
  })

  test('T7 loopback names under which the server listens, and its own origin, are let in', async () => {
    const { method, body = '', headers } = shots()['initialize'] as Shot
    for (const host of [`127.0.0.1:${server.url.port}`, `localhost:${server.url.port}`]) {
      const reply = await send(connector.url, {
        method,
        body,
        headers: authorized({ ...headers, host, origin: `http://${host}` }),
      })
      expect(reply.status, host).toBe(200)
    }
  })

  test('T7 two Host headers and an absolute target cannot smuggle a name in', async () => {
    const raw = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(server.url.port), '127.0.0.1', () => socket.end(text))
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk.toString()
        })
        socket.on('error', reject)
        socket.on('close', () => resolve(answer))
      })
    const tail = `authorization: Bearer ${ada.key}\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n`
    for (const [first, second] of [
      ['localhost', 'evil.example'],
      ['evil.example', 'localhost'],
    ])
      expect(await raw(`GET /mcp HTTP/1.1\r\nhost: ${first}\r\nhost: ${second}\r\n${tail}`)).toMatch(
        /^HTTP\/1\.1 4\d\d/,
      )
    const own = `GET /mcp HTTP/1.1\r\nhost: localhost\r\n`
    expect(await raw(`${own}authorization: Bearer invented\r\n${tail}`)).toMatch(/^HTTP\/1\.1 401/)
    const absolute = await raw(`GET http://localhost/mcp HTTP/1.1\r\nhost: evil.example\r\n${tail}`)
    expect(absolute).toMatch(/^HTTP\/1\.1 4\d\d/)
  })
})

describe('T9 nobody is who a request says', () => {
  const asBen = (reply: Reply) => textOf(answerOf(reply))

  test('T9 another person in path, query, header, argument or _meta changes nothing', async () => {
    const claims = {
      'x-user-id': ada.id,
      'x-runlayer-user': ada.id,
      'x-forwarded-user': 'ada@example.com',
      'x-forwarded-email': 'ada@example.com',
      'x-remote-user': 'ada@example.com',
      'x-authenticated-user': ada.id,
    }
    const client = await LegacyClient.open(
      new URL(`${connector.url.href}?user=${ada.id}&user_id=${ada.id}`),
      ben.key,
    )
    const params = {
      name: 'echo',
      arguments: { nonce: 't9' },
      user_id: ada.id,
      _meta: { user: ada.id, 'runlayer/user': ada.id },
    }
    expect(asBen(await client.request('tools/call', params, { headers: claims }))).toContain('of-ben')
    const modern = modernRequest(ben.key, { method: 'tools/call', params })
    expect(
      asBen(await send(connector.url, { ...modern, headers: { ...modern.headers, ...claims } })),
    ).toContain('of-ben')
    const [me, log] = [
      await server.api<{ id: string }>('GET', '/api/v1/users/me', undefined, ben.key),
      await server.api<{ data: { actor: { id: string }; tool?: string }[] }>(
        'GET',
        `/api/v1/audit-logs?actor_id=${ben.id}&action=tool_call_success`,
      ),
    ]
    expect(me.id).toBe(ben.id)
    expect(log.data.length).toBeGreaterThanOrEqual(2)
  })

  test('T9 paths that name a person are no endpoint', async () => {
    for (const path of [
      `/${ada.id}/mcp`,
      `/mcp/${ada.id}`,
      `/sse/${ada.id}`,
      `/api/v1/proxy/${ada.id}/mcp`,
    ]) {
      const request = modernRequest(ben.key, { method: 'tools/list' })
      expect((await send(new URL(path, server.url), request)).status, path).toBe(404)
    }
  })

  test('X7 what a client says about identity never reaches the upstream', async () => {
    const said = {
      'x-credential': 'forged',
      'x-user-id': 'forged',
      'x-forwarded-user': 'forged',
      'x-forwarded-for': '9.9.9.9',
      forwarded: 'for=9.9.9.9',
      'x-runlayer-user': 'forged',
      'x-amzn-oidc-identity': 'forged',
      cookie: 'forged=1',
      'x-anything': 'forged',
    }
    const client = await LegacyClient.open(connector.url, ada.key)
    const params = { name: 'echo', arguments: { nonce: 'x7-legacy' } }
    expect(textOf(answerOf(await client.request('tools/call', params, { headers: said })))).toContain(
      'of-ada',
    )
    const modern = modernRequest(ada.key, {
      method: 'tools/call',
      params: { name: 'echo', arguments: { nonce: 'x7-modern' } },
    })
    await send(connector.url, { ...modern, headers: { ...modern.headers, ...said } })
    const seen = upstream.calls.filter((call) => call.nonce.startsWith('x7-'))
    expect(seen).toHaveLength(2)
    for (const { headers, credential } of seen) {
      expect(credential).toBe('of-ada')
      expect(JSON.stringify(headers)).not.toMatch(/forged|9\.9\.9\.9/)
      expect(JSON.stringify(headers)).not.toContain(ada.key)
      expect(headers.authorization).toBeUndefined()
    }
  })
})
