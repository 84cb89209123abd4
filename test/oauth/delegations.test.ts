import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import {
  type Agent,
  accessTokenType,
  actingToken,
  addAgent,
  agentToken,
  askAs,
  delegate,
  exchangeForm,
  resourceOf,
} from '../support/agents.ts'
import { freshServer, postgresEnvironment } from '../support/fresh-server.ts'
import { baseOf, connect, initialize, register, signIn } from '../support/oauth-client.ts'
import { answerOf, LegacyClient, textOf } from '../support/raw-mcp.ts'
import { freePort, type RunningServer, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

let server: RunningServer
let upstream: WitnessUpstream
let base: string
let shared: Made
let vault: Made
let ada: Person

beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
  server = await freshServer()
  base = baseOf(server)
  shared = await addConnector(server, 'Shared', upstream.url)
  vault = await addConnector(server, 'Vault', upstream.url, { headers: { 'x-credential': '{TOKEN}' } })
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [vault])
  for (const key of [server.adminKey, ada.key])
    await server.api(
      'PUT',
      `/api/v1/servers/${vault.id}/connection`,
      { values: { TOKEN: `of-${key === ada.key ? 'ada' : 'admin'}` } },
      key,
    )
  await server.api('POST', `/api/v1/servers/${vault.id}/refresh`)
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

const letAgent = (agent: Agent, connector: Made, tools?: string[]) =>
  server.api<{ id: string }>('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'agent_account', ids: [agent.id] },
    scope: { servers: [connector.id], ...(tools === undefined ? {} : { tools }) },
  })
const statusAt = async (path: string, token: string) => (await initialize(base + path, token)).status
const refusalOf = async (answer: Response) => [
  answer.status,
  ((await answer.json()) as { error: string }).error,
]
const ofAda = { subject_token: 'ada@example.com', subject_token_type: 'urn:runlayer:token-type:user-email' }

async function listed(connector: Made, token: string): Promise<string[]> {
  const client = await LegacyClient.open(connector.url, token)
  const tools = answerOf(await client.request('tools/list')).result?.['tools'] as { name: string }[]
  return tools.map(({ name }) => name)
}
async function echo(connector: Made, token: string, nonce: string, name = 'echo') {
  const client = await LegacyClient.open(connector.url, token)
  return answerOf(await client.request('tools/call', { name, arguments: { nonce } }))
}

describe('acting for a person', () => {
  test('the token names both, lasts an hour, and each way of naming the person works', async () => {
    const agent = await addAgent(server)
    await delegate(server, ada, agent)
    const browser = await signIn(server, 'ada@example.com')
    const own = (await connect(server, browser, await register(server))).access_token
    for (const [subject_token, subject_token_type] of [
      ['ADA@example.com', 'urn:runlayer:token-type:user-email'],
      [ada.id, 'urn:runlayer:token-type:user-id'],
      [own, accessTokenType],
    ] as const) {
      const form = await exchangeForm(server, agent, { subject_token, subject_token_type })
      const answer = await askAs(server, agent, form)
      const body = (await answer.json()) as Record<string, string>
      expect([answer.status, body]).toMatchObject([
        200,
        { token_type: 'Bearer', issued_token_type: accessTokenType, expires_in: 3600 },
      ])
      const claims = JSON.parse(
        Buffer.from(body['access_token']?.split('.')[1] ?? '', 'base64url').toString(),
      ) as object
      expect(claims).toMatchObject({ sub: ada.id, act: { sub: agent.id }, aud: `${base}/mcp` })
      expect(await statusAt('/mcp', body['access_token'] ?? '')).toBe(200)
    }
  })

  test('rights are what both have: listed, callable and simulated alike', async () => {
    const agent = await addAgent(server)
    await delegate(server, ada, agent)
    const token = await actingToken(server, agent, 'ada@example.com', { resource: resourceOf(shared) })
    expect(await listed(shared, token)).toEqual([])
    await letAgent(agent, shared, ['echo', 'ask'])
    expect(await listed(shared, token)).toEqual([])
    const rule = await allow(server, [ada], [shared], ['echo', 'wait'])
    expect(await listed(shared, token)).toEqual(['echo'])
    expect(textOf(await echo(shared, token, 'both-1'))).toContain('both-1')
    for (const name of ['ask', 'wait'])
      expect((await echo(shared, token, 'no-1', name)).error).toMatchObject({ code: -32602 })
    // Alone, each of the two has what it had.
    const alone = await agentToken(server, agent, { resource: resourceOf(shared) })
    expect(await listed(shared, alone)).toEqual(['ask', 'echo'])
    await server.api('DELETE', `/api/v1/policies/${rule}`)
    expect(await listed(shared, token)).toEqual([])
  })

  test('a delegation of some connectors covers those alone', async () => {
    const agent = await addAgent(server)
    const ben = await addPerson(server, 'ben')
    await expect(delegate(server, ben, agent, { server_ids: [shared.id] })).rejects.toThrow('404')
    await allow(server, [ada], [shared])
    await letAgent(agent, shared)
    const some = await delegate(server, ada, agent, { server_ids: [vault.id] })
    const token = await actingToken(server, agent, 'ada@example.com', { resource: resourceOf(shared) })
    expect(await listed(shared, token)).toEqual([])
    await server.api('PATCH', `/api/v1/delegations/${some.id}`, { server_ids: [shared.id] }, ada.key)
    expect(await listed(shared, token)).toContain('echo')
  })

  test('the person’s own sign-in is used only where it is lent, and only while it is', async () => {
    const agent = await addAgent(server)
    await letAgent(agent, vault)
    const delegation = await delegate(server, ada, agent)
    const token = await actingToken(server, agent, 'ada@example.com', { resource: resourceOf(vault) })
    const alone = await agentToken(server, agent, { resource: resourceOf(vault) })
    expect(await listed(vault, alone)).toEqual([])
    expect(await listed(vault, token)).toEqual(['vault_connect'])
    const unlent = await echo(vault, token, 'lent-0', 'vault_connect')
    expect(unlent.result).toMatchObject({
      structuredContent: { error: 'auth_required', url: `${base}/delegations` },
    })
    const grant = await server.api<{ id: string }>(
      'POST',
      '/api/v1/session-grants',
      { delegation_id: delegation.id, server_id: vault.id },
      ada.key,
    )
    expect(textOf(await echo(vault, token, 'lent-1'))).toContain('of-ada')
    expect(await listed(vault, alone)).toEqual([])
    await server.api('DELETE', `/api/v1/session-grants/${grant.id}`, undefined, ada.key)
    await echo(vault, token, 'lent-2')
    expect(upstream.calls.filter(({ nonce }) => nonce.startsWith('lent-')).map(({ nonce }) => nonce)).toEqual(
      ['lent-1'],
    )
  })

  test('what is done stands in the person’s own audit, naming the agent', async () => {
    const agent = await addAgent(server)
    await letAgent(agent, shared)
    await delegate(server, ada, agent)
    const token = await actingToken(server, agent, 'ada@example.com', { resource: resourceOf(shared) })
    await echo(shared, token, 'seen-1')
    const own = async (action: string) =>
      (
        await server.api<{ data: object[] }>(
          'GET',
          `/api/v1/audit-logs?action=${action}&limit=1`,
          undefined,
          ada.key,
        )
      ).data[0]
    const actor = { type: 'user', id: ada.id, proof: { kind: 'agent_token', id: agent.client_id } }
    expect(await own('tool_call_success')).toMatchObject({ actor })
    expect(await own('agent_token_exchanged')).toMatchObject({ actor, outcome: 'success' })
    // Whoever reads the audit finds an agent's entries by the agent too, its own and those of people it acts for.
    const { data } = await server.api<{ data: { action: string; actor: { id: string } }[] }>(
      'GET',
      `/api/v1/audit-logs?agent_client_id=${agent.client_id}`,
    )
    expect(data.find(({ action }) => action === 'tool_call_success')?.actor.id).toBe(ada.id)
    expect(data.every((entry) => JSON.stringify(entry).includes(agent.client_id))).toBe(true)
    const other = await addAgent(server)
    const none = await server.api<{ data: object[] }>(
      'GET',
      `/api/v1/audit-logs?agent_client_id=${other.client_id}`,
    )
    expect(none.data).toEqual([])
  })
})

describe('refused', () => {
  test('without a delegation, after its end, and for people nobody knows: in the same words, and audited', async () => {
    const [none, revoked] = [await addAgent(server), await addAgent(server)]
    const { id } = await delegate(server, ada, revoked)
    await server.api('DELETE', `/api/v1/delegations/${id}`, undefined, ada.key)
    const words = new Set<string>()
    for (const [agent, subject] of [
      [none, ofAda],
      [revoked, ofAda],
      [none, { ...ofAda, subject_token: 'nobody@example.com' }],
    ] as const) {
      const answer = await askAs(server, agent, await exchangeForm(server, agent, subject))
      expect(answer.status).toBe(400)
      words.add(await answer.text())
    }
    expect([...words]).toEqual([expect.stringContaining('invalid_grant')])
    const { data } = await server.api<{ data: object[] }>(
      'GET',
      '/api/v1/audit-logs?action=agent_token_exchanged&outcome=denied&limit=3',
    )
    expect(data).toMatchObject([
      { actor: { type: 'agent', id: none.id }, reason: 'invalid_grant: unknown person' },
      {
        actor: { type: 'agent', id: revoked.id },
        reason: 'invalid_grant: delegation revoked: ada@example.com',
      },
      { actor: { type: 'agent', id: none.id }, reason: 'invalid_grant: delegation none: ada@example.com' },
    ])
  })

  test('tokens that are not the agent’s own, foreign clients and odd types', async () => {
    const [agent, other] = [await addAgent(server), await addAgent(server)]
    await delegate(server, ada, agent)
    const good = await exchangeForm(server, agent, ofAda)
    const refused = async (more: Record<string, string>, as = agent) =>
      refusalOf(await askAs(server, as, { ...good, ...more }))
    expect(await refused({ actor_token: await agentToken(server, other) })).toEqual([400, 'invalid_grant'])
    expect(await refused({ actor_token: server.adminKey })).toEqual([400, 'invalid_grant'])
    expect(await refused({}, other)).toEqual([400, 'invalid_grant'])
    const acting = await actingToken(server, agent, 'ada@example.com')
    expect(await refused({ actor_token: acting })).toEqual([400, 'invalid_grant'])
    expect(await refused({ subject_token: acting, subject_token_type: accessTokenType })).toEqual([
      400,
      'invalid_grant',
    ])
    expect(await refused({ subject_token: ada.key, subject_token_type: accessTokenType })).toEqual([
      400,
      'invalid_grant',
    ])
    expect(await refused({ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await refused({ actor_token_type: 'x' })).toEqual([400, 'invalid_request'])
    expect(await refused({ resource: `${base}/api/v1` })).toEqual([400, 'invalid_target'])
    expect(await refused({ client_secret: ada.key })).toEqual([401, 'invalid_client'])
    const self = await register(server)
    const body = new URLSearchParams({ ...good, client_id: self.client_id })
    const answer = await fetch(`${base}/api/v1/oauth/token`, { method: 'POST', body })
    expect(answer.status).toBe(400)
  })

  test('REST, whatever the person may do there', async () => {
    const agent = await addAgent(server)
    const admin = { id: '', key: server.adminKey, keyId: '' }
    await delegate(server, admin, agent)
    const token = await actingToken(server, agent, 'admin@example.com')
    for (const path of ['/api/v1/users/me', '/api/v1/delegations', '/api/v1/policies']) {
      const answer = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } })
      expect([path, answer.status]).toEqual([path, 401])
    }
  })

  test('another person’s delegation is unknown, and an ended one is not renewed', async () => {
    const agent = await addAgent(server)
    const { id } = await delegate(server, ada, agent)
    await expect(server.api('DELETE', `/api/v1/delegations/${id}`)).rejects.toThrow('404')
    await expect(
      server.api('POST', '/api/v1/session-grants', { delegation_id: id, server_id: vault.id }),
    ).rejects.toThrow('404')
    await expect(delegate(server, ada, agent)).rejects.toThrow('409')
    await server.api('PATCH', `/api/v1/delegations/${id}`, { renew: true }, ada.key)
    await server.api('DELETE', `/api/v1/delegations/${id}`, undefined, ada.key)
    await expect(server.api('PATCH', `/api/v1/delegations/${id}`, { renew: true }, ada.key)).rejects.toThrow(
      '409',
    )
    const again = await delegate(server, ada, agent)
    expect(again.id).not.toBe(id)
  })
})

test('a token ends with its delegation, its agent or its person, and a session is nobody else’s', async () => {
  const leaver = await addPerson(server, 'leaver')
  const ends: ((agent: Agent, delegation: string) => Promise<unknown>)[] = [
    (_agent, id) => server.api('DELETE', `/api/v1/delegations/${id}`, undefined, leaver.key),
    (agent) => server.api('POST', `/api/v1/agent-accounts/${agent.id}/rotate`),
    (agent) => server.api('DELETE', `/api/v1/agent-accounts/${agent.id}`),
    () => server.api('PATCH', `/api/v1/users/${leaver.id}`, { status: 'deactivated' }),
  ]
  for (const end of ends) {
    const agent = await addAgent(server)
    const { id } = await delegate(server, leaver, agent)
    const token = await actingToken(server, agent, 'leaver@example.com')
    const opened = await initialize(`${base}/mcp`, token)
    expect(opened.status).toBe(200)
    const session = opened.headers.get('mcp-session-id') ?? ''
    for (const other of [await agentToken(server, agent), leaver.key]) {
      const answer = await fetch(`${base}/mcp`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${other}`, 'mcp-session-id': session },
      })
      expect(answer.status).toBe(404)
    }
    await end(agent, id)
    expect(await statusAt('/mcp', token)).toBe(401)
  }
  await server.api('PATCH', `/api/v1/users/${leaver.id}`, { status: 'active' })
  const key = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', {
    name: 'again',
    user_id: leaver.id,
  })
  const mine = await server.api<{ data: { status: string }[] }>(
    'GET',
    '/api/v1/delegations',
    undefined,
    key.secret,
  )
  expect(mine.data.map(({ status }) => status)).not.toContain('active')
})

const missing = 'missing' in inject('postgres')
describe.skipIf(missing)('on two processes', () => {
  test('a revoked delegation and a rotated agent are refused at the other within a second, streams included', async () => {
    const port = await freePort()
    const env = { ...(await postgresEnvironment()), RUNLAYER_PUBLIC_URL: `http://localhost:${port}` }
    const one = await startServer({ env, port })
    const other = await startServer({ env })
    try {
      const person = await addPerson(one, 'two')
      const agent = await addAgent(one)
      const { id } = await delegate(one, person, agent)
      const acting = await actingToken(one, agent, 'two@example.com')
      const own = await agentToken(one, agent)
      const endpoint = new URL('/mcp', other.url).href
      const untilRefused = async (token: string, end: () => Promise<unknown>) => {
        const opened = await initialize(endpoint, token)
        const stream = await fetch(endpoint, {
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'text/event-stream',
            'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
            'mcp-protocol-version': '2025-06-18',
          },
        })
        expect([stream.status, stream.status === 200 ? '' : other.output()]).toEqual([200, ''])
        const ended = stream.text().catch(() => '')
        await end()
        const started = performance.now()
        await expect
          .poll(async () => (await initialize(endpoint, token)).status, { timeout: 5000, interval: 20 })
          .toBe(401)
        await ended
        return performance.now() - started
      }
      const revoke = () => one.api('DELETE', `/api/v1/delegations/${id}`, undefined, person.key)
      expect(await untilRefused(acting, revoke)).toBeLessThan(1000)
      const rotate = () => one.api('POST', `/api/v1/agent-accounts/${agent.id}/rotate`)
      expect(await untilRefused(own, rotate)).toBeLessThan(1000)
    } finally {
      await one.remove()
      await other.remove()
    }
  }, 120_000)
})
