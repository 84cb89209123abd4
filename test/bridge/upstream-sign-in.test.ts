import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { freshServer, postgresEnvironment } from '../support/fresh-server.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { postgresMissing } from '../support/stores.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

type Connection = { state: string; sign_in: { shared: boolean; scope: string | null } | null }

/** What a person does in the browser, with the REST operations the console uses. */
async function connect(
  server: RunningServer,
  upstream: AuthorizationServer,
  at: { made: Made; key: string; finishAs?: string },
): Promise<void> {
  const path = `/api/v1/servers/${at.made.id}/connection/authorize`
  const { url } = await server.api<{ url: string }>('POST', path, undefined, at.key)
  const answer = await upstream.consent(url)
  await server.api('POST', '/api/v1/connections/complete', answer, at.finishAs ?? at.key)
}

async function mcp(url: URL, key: string, method: string, params: Record<string, unknown> = {}) {
  return answerOf(await send(url, modernRequest(key, { method, params })))
}

describe('one process', () => {
  let server: RunningServer
  let upstream: AuthorizationServer
  let made: Made
  let ada: Person
  let ben: Person
  beforeAll(async () => {
    upstream = await authorizationServer()
    server = await freshServer()
    made = await addConnector(server, 'Tickets', upstream.mcpUrl, { auth: { type: 'auto' } })
    ada = await addPerson(server, 'ada')
    ben = await addPerson(server, 'ben')
    await allow(server, [ada, ben], [made])
  }, 90_000)
  afterAll(async () => {
    await server?.remove()
    await upstream?.close()
  })

  test('a connector that wants a sign-in says so when it is made', async () => {
    expect(await server.api('GET', `/api/v1/servers/${made.id}`)).toMatchObject({
      health: 'needs_connection',
      auth: { type: 'auto' },
    })
  })

  test('who has not signed in meets the connect tool, and a call refuses with the address', async () => {
    const plugin = new URL('/mcp', server.url)
    const args = { meta: 'to connect', query: 'tickets' }
    const found = await mcp(plugin, ada.key, 'tools/call', { name: 'search_tools', arguments: args })
    expect(JSON.stringify(found.result)).toContain('tickets_connect')
    const asked = await mcp(plugin, ada.key, 'tools/call', {
      name: 'execute_tool',
      arguments: { meta: 'm', tool_name: 'tickets_connect', arguments: {} },
    })
    expect(asked.result).toMatchObject({
      isError: true,
      structuredContent: {
        error: 'auth_required',
        url: expect.stringContaining(`/connectors/${made.id}/connection`),
      },
    })
  })

  test('only who began a sign-in can end it', async () => {
    await expect(connect(server, upstream, { made, key: ada.key, finishAs: ben.key })).rejects.toMatchObject({
      status: 400,
      problem: { type: expect.stringContaining('state-refused') },
    })
  })

  test('after the sign-in the tools are there, for this person alone', async () => {
    await connect(server, upstream, { made, key: ada.key })
    const state = `/api/v1/servers/${made.id}/connection`
    expect(await server.api<Connection>('GET', state, undefined, ada.key)).toMatchObject({
      state: 'connected',
      sign_in: { shared: false, scope: 'read' },
    })
    expect(await server.api<Connection>('GET', state, undefined, ben.key)).toMatchObject({
      state: 'needs_sign_in',
    })
    expect(await server.api('GET', `/api/v1/servers/${made.id}`)).toMatchObject({ health: 'ok' })
    const called = await mcp(made.url, ada.key, 'tools/call', { name: 'whoami', arguments: {} })
    expect(called.result).toMatchObject({ content: [{ text: 'scope read' }] })
    const refused = await mcp(made.url, ben.key, 'tools/call', { name: 'whoami', arguments: {} })
    expect(JSON.stringify(refused)).toContain('needs your own sign-in')
    // The caller's own key never leaves for the upstream.
    expect(upstream.seen.every((bearer) => bearer.startsWith('at_'))).toBe(true)
  })

  test('the client document is public and names the one redirect address', async () => {
    const answer = await fetch(new URL('/.well-known/oauth-client.json', server.url))
    expect(await answer.json()).toMatchObject({
      client_id: expect.stringMatching(/\/\.well-known\/oauth-client\.json$/),
      redirect_uris: [expect.stringMatching(/\/connections\/callback$/)],
      token_endpoint_auth_method: 'none',
    })
  })

  test('disconnecting is audited and asks for the sign-in again', async () => {
    await server.api('DELETE', `/api/v1/servers/${made.id}/connection`, undefined, ada.key)
    const rows = await server.api<{ data: object[] }>(
      'GET',
      `/api/v1/audit-logs?resource_type=connection&resource_id=${made.id}`,
    )
    const actions = rows.data.map((row) => (row as { action: string }).action)
    expect(actions).toEqual(
      expect.arrayContaining(['connection_requested', 'connection_updated', 'connection_deleted']),
    )
    const refused = await mcp(made.url, ada.key, 'tools/call', { name: 'whoami', arguments: {} })
    expect(JSON.stringify(refused)).toContain('needs your own sign-in')
  })

  test('whoever is deactivated loses sign-ins and values at upstreams, and does not get them back', async () => {
    const vault = await addConnector(server, 'Vault', upstream.mcpUrl, {
      headers: { 'x-credential': '{TOKEN}' },
      auth: { type: 'none' },
    })
    const carl = await addPerson(server, 'carl')
    await allow(server, [carl], [made, vault])
    const stateOf = async ({ id }: Made, key: string) =>
      (await server.api<Connection>('GET', `/api/v1/servers/${id}/connection`, undefined, key)).state
    await connect(server, upstream, { made, key: carl.key })
    const values = { values: { TOKEN: 'of-carl' } }
    await server.api('PUT', `/api/v1/servers/${vault.id}/connection`, values, carl.key)
    expect([await stateOf(made, carl.key), await stateOf(vault, carl.key)]).toEqual([
      'connected',
      'connected',
    ])
    const set = (status: string) => server.api('PATCH', `/api/v1/users/${carl.id}`, { status })
    await set('deactivated')
    const { data } = await server.api<{ data: { id: string }[] }>(
      'GET',
      `/api/v1/audit-logs?action=user_updated&resource_id=${carl.id}&limit=1`,
    )
    const { after } = await server.api<{ after: object }>('GET', `/api/v1/audit-logs/${data[0]?.id}`)
    expect(after).toMatchObject({ grants_ended: 1, values_ended: 1 })
    await set('active')
    const { secret } = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', {
      name: 'again',
      user_id: carl.id,
    })
    expect([await stateOf(made, secret), await stateOf(vault, secret)]).toEqual([
      'needs_sign_in',
      'needs_values',
    ])
  })
})

const missing = postgresMissing()
describe.skipIf(missing !== undefined)(
  `two processes${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('200 calls with an expired token: one refresh, none fails', async () => {
      const upstream = await authorizationServer({ expiresIn: 2, tokenDelayMs: 200 })
      const env = await postgresEnvironment()
      const servers = await Promise.all([freshServer({ env }, 'postgres'), freshServer({ env }, 'postgres')])
      const [first] = servers
      try {
        const auth = { type: 'oauth', credential: 'shared' }
        const made = await addConnector(first, 'Tickets', upstream.mcpUrl, { auth })
        const people = await Promise.all(
          Array.from({ length: 10 }, (_, at) => addPerson(first, `person${at}`)),
        )
        await allow(first, people, [made])
        await connect(first, upstream, { made, key: first.adminKey })
        await wait(2_500)
        upstream.expireTokens()
        upstream.on.expiresIn = 3_600
        const refreshes = () =>
          upstream.asked.filter(({ params }) => params.get('grant_type') === 'refresh_token').length
        const before = refreshes()
        const params = { name: 'whoami', arguments: {} }
        const answers = await Promise.all(
          Array.from({ length: 200 }, (_, at) => {
            const server = servers[at % 2] ?? first
            const url = new URL(made.url.pathname, server.url)
            return mcp(url, people[at % people.length]?.key ?? '', 'tools/call', params)
          }),
        )
        const failed = answers.filter(({ result }) => result?.['isError'] === true || result === undefined)
        expect(failed).toEqual([])
        expect(refreshes() - before).toBe(1)
      } finally {
        await Promise.all(servers.map((each) => each.remove()))
        await upstream.close()
      }
    }, 120_000)
  },
)
