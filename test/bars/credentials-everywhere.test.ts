import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../cli/src/main.ts'
import { keyOperations } from '../../server/src/kernel/key-roles.ts'
import { declaredRoutes } from '../../tools/declared-routes.ts'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { actingToken, addAgent, agentToken, delegate } from '../support/agents.ts'
import { freshServer } from '../support/fresh-server.ts'
import { makeKey, proofWith } from '../support/key-proofs.ts'
import { baseOf } from '../support/oauth-client.ts'
import { accepts, modernRequest, type Reply, send } from '../support/raw-mcp.ts'
import { type RunningServer, root } from '../support/server.ts'
import { addConnector, addPerson, type Made } from '../support/world.ts'

/** The running server's own operations, each with every kind of credential that must not count. */
type Operation = { operationId: string; security?: unknown[] }
type Document = { paths: Record<string, Record<string, Operation>> }
type Headers = Record<string, string>

const nobody = '01890000-0000-7000-8000-000000000000'
let server: RunningServer
let upstream: WitnessUpstream
let connector: Made
let document: Document
let bad: readonly (readonly [name: string, headers: Headers])[]
let scanKey = ''

beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
  server = await freshServer()
  connector = await addConnector(server, 'Echo', upstream.url)
  document = await server.api<Document>('GET', '/api/v1/openapi.json')
  bad = await badCredentials()
  const body = { name: 'scanner', kind: 'organization', role: 'security_scan' }
  scanKey = (await server.api<{ secret: string }>('POST', '/api/v1/api-keys', body)).secret
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Tokens as somebody would forge them who knows all that is public about this server. */
async function forgedTokens(): Promise<[string, string][]> {
  const jwks = await fetch(new URL('/api/v1/oauth/jwks', server.url))
  const { keys } = jwks.ok
    ? ((await jwks.json()) as { keys: { kid?: string; alg?: string }[] })
    : { keys: [] }
  const [known = { kid: 'unknown' }] = keys
  const issuer = server.url.origin.replace('127.0.0.1', 'localhost')
  const at = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    aud: `${issuer}/mcp`,
    sub: nobody,
    iat: at,
    exp: at + 600,
    jti: 'x',
    scope: 'mcp',
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed = generateKeyPairSync('ed25519').privateKey
  const signed = (payload: object, header: object = {}) => {
    const text = `${part({ alg: 'RS256', typ: 'at+jwt', kid: known.kid, ...header })}.${part(payload)}`
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  }
  const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`
  const confused = `${part({ alg: 'HS256', typ: 'at+jwt', kid: known.kid })}.${part(claims)}`
  const mac = createHmac('sha256', JSON.stringify(known)).update(confused).digest('base64url')
  const edText = `${part({ alg: 'EdDSA', typ: 'at+jwt', kid: known.kid })}.${part(claims)}`
  return [
    ['alg none', none],
    ['alg none in capitals', none.replace(/^[^.]*/, part({ alg: 'NONE', typ: 'at+jwt' }))],
    ['alg none with a signature', `${none}AAAA`],
    ['the public key used as a shared secret', `${confused}.${mac}`],
    ['signed with a foreign key under our key id', signed(claims)],
    [
      'signed with another foreign key',
      `${edText}.${sign(null, Buffer.from(edText), ed).toString('base64url')}`,
    ],
    ['a key of its own in the header', signed(claims, { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } })],
    ['a key address in the header', signed(claims, { jku: 'http://127.0.0.1:1/keys' })],
    ['of another issuer', signed({ ...claims, iss: 'https://evil.example' })],
    ['for another audience', signed({ ...claims, aud: 'https://other.example/mcp' })],
    ['for nobody', signed({ ...claims, aud: undefined })],
    ['expired', signed({ ...claims, exp: at - 60 })],
    ['not valid yet', signed({ ...claims, nbf: at + 600 })],
    ['half a token', signed(claims).slice(0, -40)],
  ]
}

/** Secrets that were good once, or are good for something else. */
async function spentSecrets(): Promise<[string, string][]> {
  const person = async (name: string) => addPerson(server, name)
  const key = (body: object) => server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', body)
  const revoked = await key({ name: 'revoked' })
  await server.api('DELETE', `/api/v1/api-keys/${revoked.id}`)
  const expired = await key({ name: 'expired', expires_at: new Date(Date.now() + 400).toISOString() })
  const [gone, away] = [await person('gone'), await person('away')]
  await server.api('DELETE', `/api/v1/users/${gone.id}`)
  await server.api('PATCH', `/api/v1/users/${away.id}`, { status: 'deactivated' })
  const me = await server.api<{ id: string }>('GET', '/api/v1/users/me')
  const link = await server.api<{ token: string }>('POST', `/api/v1/users/${me.id}/sign-in-links`)
  return [
    ['a revoked key', revoked.secret],
    ['an expired key', expired.secret],
    ['the key of a deleted person', gone.key],
    ['the key of a deactivated person', away.key],
    ['a sign-in link', link.token],
    ['a key with one letter changed', server.adminKey.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['a key in capitals', server.adminKey.toUpperCase()],
    ['a key twice', `${server.adminKey} ${server.adminKey}`],
    ...(await agentSecrets()),
  ]
}

/** Tokens bound to a key, without the proof that makes them count (RFC 9449). */
async function unprovenTokens(): Promise<[string, Headers][]> {
  const [key, other, agent] = [await makeKey(), await makeKey(), await addAgent(server)]
  const base = baseOf(server)
  const own = { method: 'POST', url: `${base}/api/v1/oauth/token` }
  const answer = await fetch(own.url, {
    method: 'POST',
    headers: { dpop: await proofWith(key, own) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: agent.client_id,
      client_secret: agent.secret,
    }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const authorization = `DPoP ${token}`
  const proof = (url: string, of = key) => proofWith(of, { method: 'POST', url, token })
  return [
    ['a bound token as a bearer’s', { authorization: `Bearer ${token}` }],
    ['a bound token in the header of keys', { 'x-runlayer-api-key': token }],
    ['a bound token without a proof', { authorization }],
    ['a bound token with no JWT for a proof', { authorization, dpop: 'x' }],
    [
      'a bound token with the proof of another key',
      { authorization, dpop: await proof(`${base}/mcp`, other) },
    ],
    ['a bound token with a proof for elsewhere', { authorization, dpop: await proof(`${base}/nowhere`) }],
    ['a key with the scheme of bound tokens', { authorization: `DPoP ${server.adminKey}` }],
    ['a proof alone', { dpop: await proof(`${base}/mcp`) }],
  ]
}

/** Of agents: what counted until its end, and what counts at the token endpoint alone. */
async function agentSecrets(): Promise<[string, string][]> {
  const [rotated, deleted, agent] = [await addAgent(server), await addAgent(server), await addAgent(server)]
  const [old, gone] = [await agentToken(server, rotated), await agentToken(server, deleted)]
  await server.api('POST', `/api/v1/agent-accounts/${rotated.id}/rotate`)
  await server.api('DELETE', `/api/v1/agent-accounts/${deleted.id}`)
  const admin = { id: '', key: server.adminKey, keyId: '' }
  const { id } = await delegate(server, admin, agent)
  const acting = await actingToken(server, agent, 'admin@example.com')
  await server.api('DELETE', `/api/v1/delegations/${id}`)
  return [
    ['the token of an agent whose secret was rotated', old],
    ['the token of a deleted agent', gone],
    ['a token to act for somebody who revoked that', acting],
    ['the client secret of an agent', agent.secret],
    ['the client id of an agent', agent.client_id],
  ]
}

async function badCredentials(): Promise<[string, Headers][]> {
  const bearer = (value: string): Headers => ({ authorization: `Bearer ${value}` })
  const secrets = await spentSecrets()
  await new Promise((resolve) => setTimeout(resolve, 400))
  return [
    ['none at all', {}],
    ...[...(await forgedTokens()), ...secrets].map(([name, value]): [string, Headers] => [
      name,
      bearer(value),
    ]),
    ...(await unprovenTokens()),
    ['a word', bearer('null')],
    ['a key shape nobody has', { 'x-runlayer-api-key': `rl_${'0'.repeat(43)}` }],
    [
      'another scheme',
      { authorization: `Basic ${Buffer.from(`admin:${server.adminKey}`).toString('base64')}` },
    ],
    ['a key without its scheme', { authorization: server.adminKey }],
    ['two that contradict', { ...bearer(server.adminKey), 'x-runlayer-api-key': `rl_${'1'.repeat(43)}` }],
    ['a good one after a bad one', { authorization: `Bearer x, Bearer ${server.adminKey}` }],
    ['a made-up session', { cookie: `runlayer=${'A'.repeat(43)}` }],
    ['a bad key beside a cookie', { ...bearer('rl_x'), cookie: `runlayer=${'A'.repeat(43)}` }],
    [
      'who proxies say it is',
      { 'x-forwarded-user': 'admin@example.com', 'x-user-id': nobody, 'x-runlayer-user': nobody },
    ],
  ]
}

/** undefined when the refusal is right. */
function complaint(reply: Reply): string | undefined {
  const challenge = String(reply.headers['www-authenticate'] ?? '')
  if (reply.status !== 401) return `status ${reply.status} ${reply.text.slice(0, 200)}`
  if (!/^(Bearer|DPoP) .*resource_metadata="http/.test(challenge)) return `challenge ${challenge}`
  return undefined
}

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
const hasBody = (method: string) => method !== 'GET' && method !== 'DELETE'
const filled = (path: string) => path.replace(/\{\w+\}/g, nobody)

async function complaints(
  targets: readonly { name: string; ask(headers: Headers): Promise<Reply> }[],
): Promise<string[]> {
  const found: string[] = []
  for (const { name, ask } of targets) {
    const replies = await Promise.all(bad.map(async ([why, headers]) => [why, await ask(headers)] as const))
    for (const [why, reply] of replies) {
      const wrong = complaint(reply)
      if (wrong !== undefined) found.push(`${name} with ${why}: ${wrong}`)
    }
  }
  return found
}

describe('credentials that must not count', { timeout: 120_000 }, () => {
  test('there are at least thirty, and the document of the running server names what is declared', async () => {
    expect(bad.length).toBeGreaterThanOrEqual(30)
    const declared = await declaredRoutes(join(root, 'server/src'))
    const running = operations().map(
      ({ operation, path, method }) => `${method} ${path} ${operation.operationId}`,
    )
    const written = declared.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`)
    expect(running.sort()).toEqual(written.sort())
  })

  test('on every operation that is not public: 401 with a challenge, whatever else is wrong with the request', async () => {
    const closed = operations().filter(({ operation }) => operation.security === undefined)
    expect(closed.length).toBeGreaterThan(50)
    const targets = closed.map(({ path, method, operation }) => ({
      name: operation.operationId,
      ask: (headers: Headers) =>
        send(new URL(`${filled(path)}?unknown=1`, server.url), {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          ...(hasBody(method) ? { body: '{ not json' } : {}),
        }),
    }))
    expect(await complaints(targets)).toEqual([])
  })

  test('on every shape of MCP endpoint, existing or not, in old and new revisions: 401 with a challenge, nothing called', async () => {
    const shapes = [
      '/mcp',
      '/api/v1/proxy/runlayer/mcp',
      connector.url.pathname,
      `/api/v1/proxy/${nobody}/mcp`,
      `/api/v1/proxy/plugins/${nobody}/mcp`,
      `/api/v1/proxy/skills/${nobody}/mcp`,
    ]
    const call = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'echo', arguments: {} },
    })
    const modern = modernRequest('', { method: 'tools/call', params: { name: 'echo', arguments: {} } })
    const { authorization: _own, ...modernHeaders } = modern.headers
    const targets = shapes.flatMap((path) => {
      const ask = (o: { method: string; headers: Headers; body?: string }) => ({
        name: `${o.method} ${path}`,
        ask: (headers: Headers) =>
          send(new URL(path, server.url), { ...o, headers: { ...o.headers, ...headers } }),
      })
      return [
        ask({
          method: 'POST',
          headers: { accept: accepts, 'mcp-protocol-version': '2025-06-18' },
          body: call,
        }),
        ask({ method: 'POST', headers: modernHeaders, body: modern.body }),
        ask({ method: 'POST', headers: { accept: 'x', 'content-type': 'text/plain' }, body: 'no json' }),
        ask({ method: 'GET', headers: { accept: 'text/event-stream' } }),
        ask({ method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': 'x' } }),
        ask({ method: 'DELETE', headers: { 'mcp-session-id': 'x' } }),
      ]
    })
    const before = upstream.calls.length
    expect(await complaints(targets)).toEqual([])
    expect(upstream.calls.length).toBe(before)
  })

  /** Not in the document: SCIM is described by itself (RFC 7643 §7), and its token counts nowhere else. */
  test('on everything of SCIM, existing or not: 401 with a challenge, also with keys that are good elsewhere', async () => {
    const shapes = ['Users', 'Groups', `Users/${nobody}`, 'ServiceProviderConfig', 'Schemas', 'Nothing', '']
    const targets = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      shapes.map((shape) => ({
        name: `${method} /scim/v2/${shape}`,
        ask: (headers: Headers) =>
          send(new URL(`/scim/v2/${shape}?count=x`, server.url), {
            method,
            headers: { ...headers, 'content-type': 'application/scim+json' },
            ...(hasBody(method) ? { body: '{ not json' } : {}),
          }),
      })),
    )
    expect(await complaints(targets)).toEqual([])
    const { secret } = await server.api<{ secret: string }>('POST', '/api/v1/directory/tokens', {
      name: 'Entra',
    })
    const elsewhere: Headers[] = [
      { authorization: `Bearer ${server.adminKey}` },
      { 'x-runlayer-api-key': server.adminKey },
      { 'x-runlayer-api-key': secret },
      { authorization: `Bearer ${scanKey}` },
      { authorization: `Bearer ${secret.slice(0, -1)}` },
    ]
    const statuses = await Promise.all(
      elsewhere.map((headers) => send(new URL('/scim/v2/Users', server.url), { method: 'GET', headers })),
    )
    expect(statuses.map(complaint)).toEqual(elsewhere.map(() => undefined))
  })

  test('what is public answers as if no credential had come', async () => {
    const open = operations().filter(
      ({ method, operation }) => method === 'GET' && operation.security !== undefined,
    )
    expect(open.length).toBeGreaterThanOrEqual(3)
    for (const { path } of open) {
      const statuses = await Promise.all(
        bad.map(
          async ([, headers]) => (await send(new URL(path, server.url), { method: 'GET', headers })).status,
        ),
      )
      expect([path, ...new Set(statuses)]).toEqual([path, 200])
    }
  })
})

test('a good token of an agent, its own or for an administrator, is 401 on every REST operation', async () => {
  const agent = await addAgent(server)
  await delegate(server, { id: '', key: server.adminKey, keyId: '' }, agent)
  const tokens = [await agentToken(server, agent), await actingToken(server, agent, 'admin@example.com')]
  const wrong: string[] = []
  for (const { path, method, operation } of operations().filter(
    (one) => one.operation.security === undefined,
  ))
    for (const token of tokens) {
      const reply = await send(new URL(filled(path), server.url), {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(hasBody(method) ? { body: '{}' } : {}),
      })
      const why = complaint(reply)
      if (why !== undefined) wrong.push(`${operation.operationId}: ${why}`)
    }
  expect(wrong).toEqual([])
}, 60_000)

describe('a Security Scan key', { timeout: 60_000 }, () => {
  const withKey = (): Headers => ({ 'x-runlayer-api-key': scanKey, 'content-type': 'application/json' })

  test('opens the scan, is its own actor in the audit, and is 403 on every other operation and MCP endpoint', async () => {
    const scan = await send(new URL('/api/v1/security/scan', server.url), {
      headers: withKey(),
      body: JSON.stringify({ kind: 'tool_input', content: 'hello' }),
    })
    expect([scan.status, scan.text]).toEqual([200, expect.stringContaining('"action"')])
    const closed = operations().filter(
      ({ operation }) =>
        operation.security === undefined && !keyOperations.security_scan.includes(operation.operationId),
    )
    const opened: string[] = []
    for (const { path, method, operation } of closed) {
      const reply = await send(new URL(filled(path), server.url), {
        method,
        headers: withKey(),
        ...(hasBody(method) ? { body: '{}' } : {}),
      })
      if (reply.status !== 403) opened.push(`${operation.operationId}: ${reply.status}`)
    }
    expect(opened).toEqual([])
    const scans = operations().filter(({ operation }) =>
      keyOperations.security_scan.includes(operation.operationId),
    )
    expect(scans.filter(({ path }) => !path.startsWith('/api/v1/security/scan'))).toEqual([])
    for (const path of ['/mcp', connector.url.pathname]) {
      const reply = await send(new URL(path, server.url), {
        headers: { accept: accepts, ...withKey() },
        body: '{}',
      })
      expect([path, reply.status]).toEqual([path, 403])
    }
    const { data } = await server.api<{ data: { actor: { type: string } }[] }>(
      'GET',
      '/api/v1/audit-logs?action=content_scanned&limit=1',
    )
    expect(data).toMatchObject([{ outcome: 'success', actor: { type: 'organization_key' } }])
  })
})

test('the owner of the host gets back in by the command line, and the audit names whom', async () => {
  const lines: string[] = []
  const terminal = {
    data: (line: string) => void lines.push(line),
    message: () => undefined,
    env: { RUNLAYER_DATA_DIR: server.dataDir, RUNLAYER_PORT: server.url.port },
    signal: new AbortController().signal,
  }
  const url = ['--url', server.url.origin.replace('127.0.0.1', 'localhost')]
  expect(await runCommand(['admin', 'recover', '--json', ...url], terminal)).toBe(0)
  const made = JSON.parse(lines[0] ?? '{}') as { email: string; url: string }
  expect(made.email).toBe('admin@example.com')
  const signedIn = await fetch(new URL('/api/v1/sessions', url[1]), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: new URL(made.url).searchParams.get('token') }),
  })
  expect(signedIn.status).toBe(201)
  expect(signedIn.headers.get('set-cookie')).toMatch(/^runlayer=.*HttpOnly; SameSite=Lax$/)
  const { data } = await server.api<{ data: { actor: { email: string } }[] }>(
    'GET',
    '/api/v1/audit-logs?action=admin_recovered',
  )
  expect(data).toMatchObject([{ outcome: 'success', actor: { email: 'admin@example.com' } }])
  const elsewhere = { ...terminal, env: { ...terminal.env, RUNLAYER_DATA_DIR: '/nonexistent' } }
  expect(await runCommand(['admin', 'recover', ...url], elsewhere)).toBe(3)
})

test('a Server Admin changes the one connector, and nothing else of the platform', async () => {
  const ann = await addPerson(server, 'ann-of-one')
  const other = await addConnector(server, 'Other', upstream.url)
  const at = `/api/v1/servers/${connector.id}`
  const status = async (method: string, path: string, body?: object) => {
    const reply = await send(new URL(path, server.url), {
      method,
      headers: { 'x-runlayer-api-key': ann.key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return reply.status
  }
  expect(await status('PATCH', at, { description: 'mine' })).toBe(403)
  await server.api('PUT', `${at}/admins`, { user_ids: [ann.id] })
  expect(await server.api('GET', `${at}/admins`)).toEqual({ user_ids: [ann.id] })
  expect(await status('PATCH', at, { description: 'mine' })).toBe(200)
  expect(await status('GET', `${at}/tools`)).toBe(200)
  expect(await status('POST', `${at}/refresh`)).toBe(200)
  for (const [method, path, body] of [
    ['DELETE', at],
    ['PUT', `${at}/admins`, { user_ids: [] }],
    ['PATCH', `/api/v1/servers/${other.id}`, { description: 'mine' }],
    ['POST', '/api/v1/servers', { name: 'x' }],
    ['GET', '/api/v1/users'],
    ['GET', '/api/v1/policies'],
  ] as const)
    expect([method, path, await status(method, path, body)]).toEqual([method, path, 403])
  expect(await status('GET', `/api/v1/servers/${other.id}`)).toBe(404)
  await server.api('PUT', `${at}/admins`, { user_ids: [] })
  expect(await status('PATCH', at, { description: 'no longer' })).toBe(403)
})
