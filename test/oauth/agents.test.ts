import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { baseOf, initialize, register } from '../support/oauth-client.ts'
import { answerOf, LegacyClient, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, type Made, publicNames } from '../support/world.ts'

type Agent = { id: string; client_id: string; secret: string }
let server: RunningServer
let upstream: WitnessUpstream
let base: string
let open: Made
let closed: Made

beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
  server = await freshServer()
  base = baseOf(server)
  open = await addConnector(server, 'Open', upstream.url)
  closed = await addConnector(server, 'Closed', upstream.url)
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

const makeAgent = (more: object = {}) =>
  server.api<Agent>('POST', '/api/v1/agent-accounts', { name: 'bot', ...more })

function ask(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  return fetch(`${base}/api/v1/oauth/token`, { method: 'POST', headers, body })
}
const asBasic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})
async function tokenOf(agent: Agent, more: Record<string, string> = {}): Promise<string> {
  const answer = await ask({ client_id: agent.client_id, client_secret: agent.secret, ...more })
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.any(String)])
  return (JSON.parse(text) as { access_token: string }).access_token
}
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
const statusAt = async (path: string, token: string) => (await initialize(base + path, token)).status
const letUse = (agent: Agent, connector: Made, tools?: string[]) =>
  server.api<{ id: string }>('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'agent_account', ids: [agent.id] },
    scope: { servers: [connector.id], ...(tools === undefined ? {} : { tools }) },
  })

describe('client credentials', () => {
  test('by either way of showing the secret give a token of one hour for the resource asked for', async () => {
    const agent = await makeAgent()
    const answer = await ask({}, asBasic(agent.client_id, agent.secret))
    expect(answer.headers.get('cache-control')).toContain('no-store')
    const body = (await answer.json()) as Record<string, unknown>
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'mcp' })
    expect(body).not.toHaveProperty('refresh_token')
    const claims = claimsOf(String(body['access_token']))
    expect(claims).toMatchObject({ iss: base, sub: agent.id, aud: `${base}/mcp`, client_id: agent.client_id })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3600)
    const other = await tokenOf(agent, { resource: open.url.href.replace('127.0.0.1', 'localhost') })
    expect(await statusAt(open.url.pathname, other)).toBe(200)
    expect(await statusAt('/mcp', other)).toBe(401)
    expect(await statusAt(open.url.pathname, String(body['access_token']))).toBe(401)
  })

  test('API keys, wrong secrets, other clients and foreign resources get none', async () => {
    const agent = await makeAgent()
    const refused = async (form: Record<string, string>, headers?: Record<string, string>) => {
      const answer = await ask(form, headers)
      return [answer.status, ((await answer.json()) as { error: string }).error]
    }
    const id = { client_id: agent.client_id }
    expect(await refused({ ...id, client_secret: server.adminKey })).toEqual([401, 'invalid_client'])
    expect(await refused({ ...id, client_secret: 'x' })).toEqual([401, 'invalid_client'])
    expect(await refused({ client_id: server.adminKey, client_secret: server.adminKey })).toEqual([
      401,
      'invalid_client',
    ])
    expect(await refused(id)).toEqual([401, 'invalid_client'])
    expect(await refused({}, { 'x-runlayer-api-key': server.adminKey })).toEqual([400, 'invalid_request'])
    expect(await refused({}, { authorization: `Bearer ${server.adminKey}` })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await refused({}, asBasic(agent.client_id, server.adminKey))).toEqual([401, 'invalid_client'])
    const good = { ...id, client_secret: agent.secret }
    for (const resource of ['https://other.example/mcp', `${base}/api/v1`, `${base}/nothing`])
      expect(await refused({ ...good, resource })).toEqual([400, 'invalid_target'])
    expect(await refused({ ...good, grant_type: 'password' })).toEqual([400, 'unsupported_grant_type'])
    expect(await refused({ ...good, grant_type: 'authorization_code' })).toEqual([400, 'invalid_request'])
    const self = await register(server, { grant_types: ['authorization_code', 'client_credentials'] })
    expect(self).not.toMatchObject({ grant_types: expect.arrayContaining(['client_credentials']) })
    expect(await refused({ client_id: self.client_id })).toEqual([400, 'invalid_request'])
  })

  test('a key pair proves an agent, each assertion once, and its secret is gone', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const agent = await makeAgent({ public_keys: { keys: [publicKey.export({ format: 'jwk' })] } })
    const assertion = (more: object = {}, key = privateKey) =>
      new SignJWT({ jti: randomUUID(), aud: base, iss: agent.client_id, sub: agent.client_id, ...more })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(key)
    const show = async (text: string) =>
      (
        await ask({
          client_assertion: text,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        })
      ).status
    const good = await assertion()
    expect(await show(good)).toBe(200)
    expect(await show(good)).toBe(401)
    expect(await show(await assertion({ aud: 'https://other.example' }))).toBe(401)
    expect(await show(await assertion({ iss: 'client_x' }))).toBe(401)
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(await show(await assertion({}, foreign))).toBe(401)
    expect((await ask({ client_id: agent.client_id, client_secret: 'null' })).status).toBe(401)
  })
})

describe('what an agent may use', () => {
  test('is what rules for it or everyone say: listed, found and callable alike, and nothing else', async () => {
    const agent = await makeAgent({ name: 'reader' })
    const token = await tokenOf(agent)
    const names = await publicNames(server, open)
    const client = await LegacyClient.open(new URL('/mcp', server.url), token)
    const search = async () => {
      const reply = await client.request('tools/call', {
        name: 'search_tools',
        arguments: { meta: 'test', query: '', top_k: 10 },
      })
      const found = answerOf(reply).result?.['structuredContent'] as { results: { name: string }[] }
      return found.results.map(({ name }) => name)
    }
    const execute = async (name: string | undefined) =>
      textOf(
        answerOf(
          await client.request('tools/call', {
            name: 'execute_tool',
            arguments: { meta: 'test', tool_name: name, arguments: { nonce: 'n1' } },
          }),
        ),
      )
    expect(await search()).toEqual([])
    await letUse(agent, open, ['echo'])
    expect(await search()).toEqual([names['echo']])
    expect(await execute(names['echo'])).toContain('n1')
    expect(await execute(names['wait'])).not.toContain('n1')
    const own = await tokenOf(agent, { resource: open.url.href.replace('127.0.0.1', 'localhost') })
    const direct = await LegacyClient.open(open.url, own)
    const listed = answerOf(await direct.request('tools/list')).result?.['tools'] as { name: string }[]
    expect(listed.map(({ name }) => name)).toEqual(['echo'])
    const elsewhere = await tokenOf(agent, { resource: closed.url.href.replace('127.0.0.1', 'localhost') })
    const there = await LegacyClient.open(closed.url, elsewhere)
    expect(answerOf(await there.request('tools/list')).result?.['tools']).toEqual([])
    const { data } = await server.api<{ data: { actor: object }[] }>(
      'GET',
      `/api/v1/audit-logs?action=tool_call_success&actor_id=${agent.id}&limit=1`,
    )
    expect(data[0]?.actor).toMatchObject({
      type: 'agent',
      id: agent.id,
      proof: { kind: 'agent_token', id: agent.client_id },
    })
  })

  test('never REST, whatever the agent is', async () => {
    const token = await tokenOf(await makeAgent())
    for (const path of [
      '/api/v1/users/me',
      '/api/v1/servers',
      '/api/v1/agent-accounts',
      '/api/v1/policies',
    ]) {
      const answer = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } })
      expect([path, answer.status]).toEqual([path, 401])
    }
  })
})

test('rotating, disabling, deleting and the end of its owner refuse a token from the next request on', async () => {
  const at = (agent: Agent) => `/api/v1/agent-accounts/${agent.id}`
  const owner = await server.api<{ id: string }>('POST', '/api/v1/users', { email: 'owner@example.com' })
  const ends: ((agent: Agent) => Promise<unknown>)[] = [
    (agent) => server.api('POST', `${at(agent)}/rotate`),
    (agent) => server.api('PATCH', at(agent), { status: 'disabled' }),
    (agent) => server.api('DELETE', at(agent)),
    () => server.api('PATCH', `/api/v1/users/${owner.id}`, { status: 'deactivated' }),
  ]
  for (const end of ends) {
    const agent = await makeAgent({ owner_id: owner.id })
    const token = await tokenOf(agent)
    expect(await statusAt('/mcp', token)).toBe(200)
    await end(agent)
    expect(await statusAt('/mcp', token)).toBe(401)
    const again = await ask({ client_id: agent.client_id, client_secret: agent.secret })
    expect(again.status).toBe(401)
  }
})

test('the audit names who made it, what it asked for and what was refused, and holds no secret', async () => {
  const agent = await makeAgent({ name: 'audited' })
  await tokenOf(agent)
  await ask({ client_id: agent.client_id, client_secret: 'wrong-secret-123' })
  const rows = async (action: string) =>
    (await server.api<{ data: { outcome: string }[] }>('GET', `/api/v1/audit-logs?action=${action}&limit=2`))
      .data
  expect(await rows('agent_account_created')).toMatchObject([{ resource_id: agent.id }, {}])
  expect(await rows('agent_token_issued')).toMatchObject([
    { outcome: 'denied', reason: 'invalid_client', actor: { type: 'agent', id: agent.id } },
    { outcome: 'success', actor: { type: 'agent', id: agent.id } },
  ])
  const everything = JSON.stringify(await server.api('GET', '/api/v1/audit-logs/export?format=json'))
  expect(everything).not.toContain(agent.secret)
  expect(everything).not.toContain('wrong-secret-123')
})
