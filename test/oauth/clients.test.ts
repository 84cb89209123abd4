import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  askToken,
  type Browser,
  connect,
  initialize,
  register,
  signedInServer,
  signIn,
  start,
} from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'

let server: RunningServer
let browser: Browser
let base: string
beforeAll(async () => {
  ;({ server, base, browser } = await signedInServer())
})
afterAll(() => server?.remove())

const get = async (path: string) => (await fetch(base + path)).json() as Promise<Record<string, unknown>>

test('both metadata documents say the public URL, whatever host was asked', async () => {
  for (const path of ['oauth-authorization-server', 'openid-configuration']) {
    const document = await get(`/.well-known/${path}`)
    expect(document).toMatchObject({
      issuer: base,
      authorization_endpoint: `${base}/api/v1/oauth/authorize`,
      token_endpoint: `${base}/api/v1/oauth/token`,
      registration_endpoint: `${base}/api/v1/oauth/register`,
      jwks_uri: `${base}/api/v1/oauth/jwks`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
    })
    const otherwise = await fetch(`${server.url.origin}/.well-known/${path}`)
    expect(await otherwise.json()).toEqual(document)
  }
  expect(JSON.stringify(await get('/api/v1/oauth/jwks'))).not.toContain('"d"')
})

test('a refused request names the metadata of its own endpoint, which names the issuer', async () => {
  for (const path of ['/mcp', '/api/v1/proxy/runlayer/mcp']) {
    const refused = await initialize(base + path, 'nonsense')
    expect(refused.status).toBe(401)
    const url = /resource_metadata="([^"]+)", scope="mcp"/.exec(
      refused.headers.get('www-authenticate') ?? '',
    )?.[1]
    expect(await (await fetch(url ?? '')).json()).toMatchObject({
      resource: base + path,
      authorization_servers: [base],
      scopes_supported: ['mcp'],
    })
  }
})

test('a client registers, its person agrees, and its token works at the endpoint it is for and nowhere else', async () => {
  const client = await register(server)
  expect(client.client_id).toMatch(/^client_[0-9a-f]{32}$/)
  const tokens = await connect(server, browser, client, { resource: `${base}/mcp`, scope: 'mcp' })
  expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'mcp' })
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(200)
  expect((await initialize(`${base}/api/v1/proxy/runlayer/mcp`, tokens.access_token)).status).toBe(200)
  const elsewhere = `${base}/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp`
  expect((await initialize(elsewhere, tokens.access_token)).status).toBe(401)
  const rest = await fetch(`${base}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  expect(rest.status).toBe(401)
  const header = await fetch(`${base}/mcp`, {
    method: 'POST',
    headers: { 'x-runlayer-api-key': tokens.access_token },
  })
  expect(header.status).toBe(401)
})

test('a token for one connector is refused at Runlayer Plugin, and a foreign resource gets none', async () => {
  const made = await server.api<{ id: string }>('POST', '/api/v1/servers', {
    name: 'Somewhere',
    transport: 'streamable_http',
    url: 'http://127.0.0.1:9/mcp',
    auth: { type: 'none' },
    status: 'active',
  })
  const url = `${base}/api/v1/proxy/${made.id}/mcp`
  const tokens = await connect(server, browser, await register(server), { resource: url })
  expect((await initialize(url, tokens.access_token)).status).toBe(200)
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(401)
  const foreign = await start(server, browser, await register(server), {
    resource: 'https://other.example/mcp',
  })
  expect(foreign.location).toContain('error=invalid_target')
  expect(foreign.location).toContain(`iss=${encodeURIComponent(base)}`)
})

test('without PKCE, with plain, or with another redirect address nothing is issued', async () => {
  const client = await register(server)
  for (const [more, error] of [
    [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
  ] as const) {
    const { location } = await start(server, browser, client, more)
    expect(location).toContain(`error=${error}`)
    expect(location).toContain('iss=')
    expect(location).toContain('state=the-state')
  }
  const { answer, location } = await start(server, browser, client, {
    redirect_uri: 'http://localhost:1234/other',
  })
  expect([answer.status, location]).toEqual([400, ''])
})

test('the port of a loopback address may vary, its path and host may not', async () => {
  const client = await register(server)
  expect(
    (await start(server, browser, client, { redirect_uri: 'http://localhost:9999/callback' })).id,
  ).not.toBe('')
  expect((await start(server, browser, client, { redirect_uri: 'http://127.0.0.1:9999/callback' })).id).toBe(
    '',
  )
})

test('a refresh token works once; shown again, it ends the whole family', async () => {
  const client = await register(server)
  const first = await connect(server, browser, client)
  const refresh = (token: string) =>
    askToken(server, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: token })
  const answer = await refresh(first.refresh_token)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const second = (await answer.json()) as typeof first
  expect(second.refresh_token).not.toBe(first.refresh_token)
  expect((await initialize(`${base}/mcp`, second.access_token)).status).toBe(200)
  expect(await (await refresh(first.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
  expect((await initialize(`${base}/mcp`, second.access_token)).status).toBe(401)
  expect(await (await refresh(second.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
})

test('a code shown twice ends what the first one gave', async () => {
  const client = await register(server)
  const { id, verifier } = await start(server, browser, client)
  const agreed = await browser.api<{ continue_url: string }>('POST', `/api/v1/oauth/interactions/${id}/agree`)
  const back = new URL((await browser.get(agreed.continue_url)).headers.get('location') ?? '')
  expect(back.searchParams.get('iss')).toBe(base)
  const form = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: back.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: client.redirect_uris[0] ?? '',
  }
  const wrong = await askToken(server, { ...form, code_verifier: 'x'.repeat(43) })
  expect(wrong.status).toBe(400)
  const { access_token } = (await (await askToken(server, form)).json()) as { access_token: string }
  expect((await initialize(`${base}/mcp`, access_token)).status).toBe(200)
  expect((await askToken(server, form)).status).toBe(400)
  expect((await initialize(`${base}/mcp`, access_token)).status).toBe(401)
})

test('a person sees the clients they connected and ends them at once', async () => {
  const client = await register(server, { client_name: 'Editor\u202e' })
  const tokens = await connect(server, browser, client)
  type Row = { id: string; client_id: string; client_name: string; redirect_uri: string }
  const list = () => browser.api<{ data: Row[] }>('GET', '/api/v1/oauth/connections')
  const row = (await list()).data.find((each) => each.client_id === client.client_id)
  expect(row).toMatchObject({ client_name: 'Editor', redirect_uri: 'http://localhost/callback' })
  await browser.api('DELETE', `/api/v1/oauth/connections/${row?.id}`)
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(401)
  const answer = await askToken(server, {
    grant_type: 'refresh_token',
    client_id: client.client_id,
    refresh_token: tokens.refresh_token,
  })
  expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
  expect((await list()).data.some((each) => each.client_id === client.client_id)).toBe(false)
})

test('another person cannot use what somebody agreed to', async () => {
  await server.api('POST', '/api/v1/users', { email: 'eve@example.com' })
  const eve = await signIn(server, 'eve@example.com')
  const client = await register(server)
  // Eve starts, and has the administrator agree: her browser still gets nothing.
  const { id } = await start(server, eve, client)
  const agreed = await browser.api<{ continue_url: string }>('POST', `/api/v1/oauth/interactions/${id}/agree`)
  const back = await eve.get(agreed.continue_url)
  expect(back.headers.get('location')).toBe(`/connect/${id}`)
})

test('deactivating a person ends their tokens at once', async () => {
  const made = await server.api<{ id: string }>('POST', '/api/v1/users', { email: 'leaver@example.com' })
  const leaver = await signIn(server, 'leaver@example.com')
  const tokens = await connect(server, leaver, await register(server))
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(200)
  await server.api('PATCH', `/api/v1/users/${made.id}`, { status: 'deactivated' })
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(401)
  await server.api('PATCH', `/api/v1/users/${made.id}`, { status: 'active' })
  expect((await initialize(`${base}/mcp`, tokens.access_token)).status).toBe(401)
})

test('an address nobody judged waits for an administrator; a blocked one is refused with advice', async () => {
  await server.api('POST', '/api/v1/users', { email: 'asker@example.com' })
  const asker = await signIn(server, 'asker@example.com')
  const uri = 'https://app.example.com/cb'
  const client = await register(server, { redirect_uris: [uri] })
  const { id } = await start(server, asker, client)
  const path = `/api/v1/oauth/interactions/${id}`
  await expect(asker.api('POST', `${path}/agree`)).rejects.toThrow(/403.*has to approve/)
  type Waiting = { redirect: { state: string }; request: { id: string; status: string } | null }
  const asked = await asker.api<Waiting>('POST', `${path}/ask`, { reason: 'I need it' })
  expect(asked.request?.status).toBe('pending')
  await expect(asker.api('POST', `/api/v1/requests/${asked.request?.id}/approve`, {})).rejects.toThrow(/403/)
  await browser.api('POST', `/api/v1/requests/${asked.request?.id}/approve`, {})
  expect((await asker.api<Waiting>('GET', path)).redirect.state).toBe('allowed')
  await asker.api('POST', `${path}/agree`)

  const rule = { effect: 'block', pattern: 'https://*.example.com/cb' }
  await browser.api('POST', '/api/v1/oauth/redirect-rules', rule)
  const blocked = await start(server, asker, client)
  await expect(asker.api('POST', `/api/v1/oauth/interactions/${blocked.id}/agree`)).rejects.toThrow(
    /This redirect URI is blocked for your organization/,
  )
  // Not even an error goes there.
  const error = await start(server, asker, client, { response_type: 'token' })
  expect([error.answer.status, error.location]).toEqual([403, ''])
  expect(await error.answer.text()).toContain('This redirect URI is blocked for your organization')
  const log = await server.api<{ data: { resource_id?: string }[] }>(
    'GET',
    '/api/v1/audit-logs?action=redirect_uri_blocked',
  )
  expect(log.data.some((row) => row.resource_id === uri)).toBe(true)
})
