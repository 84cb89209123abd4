import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIdentityProvider } from '../fixtures/identity-provider.ts'
import { freshServer } from '../support/fresh-server.ts'
import { baseOf, initialize, register } from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'
import { addPerson, type Person } from '../support/world.ts'

/** An identity provider as far as assertions go: keys at an address, and what they sign. */
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
type Client = { client_id: string; client_secret?: string }
let provider: Server
let idp: string
let server: RunningServer
let base: string
let client: Client
let ada: Person

beforeAll(async () => {
  const jwks = {
    keys: [
      { ...keys.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' },
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig' },
    ],
  }
  provider = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(jwks))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  idp = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  server = await freshServer()
  base = baseOf(server)
  ada = await addPerson(server, 'ada')
  client = await register(server, {
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', grantType],
  })
})
afterAll(async () => {
  await server?.remove()
  provider?.close()
})

const at = () => Math.floor(Date.now() / 1000)
function assertion(more: object = {}, header: object = {}, key = keys.privateKey): Promise<string> {
  const claims = {
    iss: idp,
    sub: 'ada-at-idp',
    aud: base,
    client_id: client.client_id,
    resource: `${base}/mcp`,
    scope: 'mcp',
    jti: randomUUID(),
    iat: at(),
    exp: at() + 300,
    email: 'ada@example.com',
    email_verified: true,
    ...more,
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', typ: 'oauth-id-jag+jwt', ...header })
    .sign(key)
}
async function show(text: string, more: Record<string, string> = {}) {
  const answer = await fetch(`${base}/api/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: grantType,
      assertion: text,
      client_id: client.client_id,
      client_secret: client.client_secret ?? '',
      ...more,
    }),
  })
  const body = (await answer.json()) as { error?: string; access_token?: string }
  return { status: answer.status, error: body.error, token: body.access_token ?? '' }
}
const profiles = async () =>
  ((await (await fetch(`${base}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>)[
    'authorization_grant_profiles_supported'
  ]
const trust = (more: object = {}) =>
  server.api<{ id: string }>('POST', '/api/v1/oauth/trusted-issuers', {
    issuer: idp,
    jwks_uri: `${idp}/jwks`,
    algorithms: ['ES256'],
    ...more,
  })

test('nobody is trusted before a Super Admin says so, and only a Super Admin may', async () => {
  expect(await profiles()).toBeUndefined()
  expect(await show(await assertion())).toMatchObject({ status: 400, error: 'invalid_grant' })
  await expect(server.api('GET', '/api/v1/oauth/trusted-issuers', undefined, ada.key)).rejects.toThrow('403')
  await expect(trust({ jwks_uri: 'http://idp.example/jwks' })).rejects.toThrow('422')
})

test('an email links only where the administrator allowed it, and then the subject is remembered', async () => {
  const strict = await trust()
  expect(await profiles()).toEqual(['urn:ietf:params:oauth:grant-profile:id-jag'])
  await expect(trust()).rejects.toThrow('409')
  expect(await show(await assertion())).toMatchObject({ status: 400, error: 'invalid_grant' })
  await server.api('DELETE', `/api/v1/oauth/trusted-issuers/${strict.id}`)
  await trust({ link_by_email: true })
  expect(await show(await assertion({ email_verified: false }))).toMatchObject({ error: 'invalid_grant' })
  const good = await show(await assertion())
  expect(good).toMatchObject({ status: 200 })
  expect((await initialize(`${base}/mcp`, good.token)).status).toBe(200)
  const later = await show(await assertion({ email: 'admin@example.com' }))
  const claims = JSON.parse(Buffer.from(later.token.split('.')[1] ?? '', 'base64url').toString()) as object
  expect(claims).toMatchObject({ sub: ada.id, aud: `${base}/mcp`, client_id: client.client_id })
  // Another subject with the same email is somebody else.
  expect(await show(await assertion({ sub: 'other' }))).toMatchObject({ error: 'invalid_grant' })
})

test('each wrong claim, type, key and algorithm is refused', async () => {
  const wrong: Record<string, Promise<string>> = {
    'another issuer': assertion({ iss: 'https://evil.example' }),
    'another audience': assertion({ aud: 'https://other.example' }),
    'the token endpoint as audience': assertion({ aud: `${base}/api/v1/oauth/token` }),
    'several audiences': assertion({ aud: [base, 'https://other.example'] }),
    'no audience': assertion({ aud: undefined }),
    'another client': assertion({ client_id: 'client_other' }),
    'no client': assertion({ client_id: undefined }),
    'a foreign resource': assertion({ resource: 'https://other.example/mcp' }),
    REST: assertion({ resource: `${base}/api/v1` }),
    'no resource': assertion({ resource: undefined }),
    ended: assertion({ iat: at() - 400, exp: at() - 60 }),
    'made long ago': assertion({ iat: at() - 4000, exp: at() + 60 }),
    'good for too long': assertion({ exp: at() + 4000 }),
    'made in the future': assertion({ iat: at() + 300, exp: at() + 400 }),
    'not valid yet': assertion({ nbf: at() + 300 }),
    'no end': assertion({ exp: undefined }),
    'no time': assertion({ iat: undefined }),
    'no id of its own': assertion({ jti: undefined }),
    'no subject': assertion({ sub: undefined }),
    'a plain JWT': assertion({}, { typ: 'JWT' }),
    'an access token': assertion({}, { typ: 'at+jwt' }),
    'no type': assertion({}, { typ: undefined }),
    'a foreign key': assertion({}, {}, foreign.privateKey),
    'an algorithm that is not allowed': assertion({}, { alg: 'RS256', kid: 'rsa' }, rsa.privateKey),
  }
  for (const [why, text] of Object.entries(wrong))
    expect([why, await show(await text)]).toMatchObject([why, { status: 400, error: 'invalid_grant' }])
  const [head = '', body = ''] = (await assertion()).split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'oauth-id-jag+jwt' })).toString('base64url')
  for (const text of [`${none}.${body}.`, `${head}.${body}.`, 'x', 'a.b.c'])
    expect(await show(text)).toMatchObject({ status: 400, error: 'invalid_grant' })
  expect(await show(await assertion({ scope: 'openid' }))).toMatchObject({ error: 'invalid_scope' })
  expect(
    await show(await assertion(), { resource: `${base}/api/v1/proxy/${randomUUID()}/mcp` }),
  ).toMatchObject({
    error: 'invalid_grant',
  })
})

test('an assertion counts once, and only from the client it was made for, which must prove itself', async () => {
  const text = await assertion()
  expect(await show(text, { client_secret: 'x' })).toMatchObject({ status: 401, error: 'invalid_client' })
  const open = await register(server, { grant_types: ['authorization_code', grantType] })
  const answer = await fetch(`${base}/api/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: grantType,
      client_id: open.client_id,
      assertion: await assertion({ client_id: open.client_id }),
    }),
  })
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'unauthorized_client' }])
  const both = await Promise.all([show(text), show(text), show(text)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 400, 400])
})

test('a subject that signs in to the console here is found without an email, and before one', async () => {
  const other = await startIdentityProvider()
  try {
    const sso = await server.api<{ id: string }>('POST', '/api/v1/sso-providers', {
      name: 'Acme',
      oidc: { issuer: other.issuer, client_id: 'console', client_secret: other.clientSecret },
      domains: ['acme.test'],
    })
    await trust({ issuer: other.issuer, link_by_email: true })
    const bo = { sub: 'bo-1', email: 'bo@acme.test', email_verified: true }
    const about = { iss: other.issuer, sub: 'bo-1' }
    const nobody = { ...about, email: 'bo@acme.test' }
    expect(await show(await assertion(nobody))).toMatchObject({ error: 'invalid_grant' })
    const begun = await fetch(`${base}/api/v1/sign-in/single-sign-on`, posted({ provider_id: sso.id }))
    const { url } = (await begun.json()) as { url: string }
    const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const answer = await fetch(
      `${base}/api/v1/sessions/single-sign-on`,
      posted(other.approve(url, bo), cookie),
    )
    const { user_id: userId } = (await answer.json()) as { user_id: string }
    // Ada's email in the assertion: who signs in with the subject counts.
    const { token } = await show(await assertion(about))
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      sub: userId,
    })
    // Bo's address, said of somebody new at the same provider, is not Bo.
    expect(await show(await assertion({ ...nobody, sub: 'bo-2' }))).toMatchObject({ error: 'invalid_grant' })
    await server.api('DELETE', `/api/v1/users/${userId}/sso-identities`)
    expect(await show(await assertion({ ...about, email: 'x@acme.test' }))).toMatchObject({
      error: 'invalid_grant',
    })
  } finally {
    await other.close()
  }
})

function posted(body: object, cookie = ''): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, origin: base },
    body: JSON.stringify(body),
  }
}

test('with the trust in an issuer the tokens given on its word end', async () => {
  const { data } = await server.api<{ data: { id: string; issuer: string }[] }>(
    'GET',
    '/api/v1/oauth/trusted-issuers',
  )
  const { token } = await show(await assertion())
  expect((await initialize(`${base}/mcp`, token)).status).toBe(200)
  const own = data.find(({ issuer }) => issuer === idp)
  await server.api('DELETE', `/api/v1/oauth/trusted-issuers/${own?.id}`)
  expect((await initialize(`${base}/mcp`, token)).status).toBe(401)
  expect(await show(await assertion())).toMatchObject({ error: 'invalid_grant' })
  await trust({ link_by_email: true })
})

test('the person sees the client among theirs, ends it at once, and the audit holds no assertion', async () => {
  const text = await assertion()
  const { token } = await show(text)
  const { data } = await server.api<{ data: { id: string; client_id: string }[] }>(
    'GET',
    '/api/v1/oauth/connections',
    undefined,
    ada.key,
  )
  expect(data).toMatchObject([{ client_id: client.client_id, redirect_uri: idp }])
  await server.api('DELETE', `/api/v1/oauth/connections/${data[0]?.id}`, undefined, ada.key)
  expect((await initialize(`${base}/mcp`, token)).status).toBe(401)
  const rows = await server.api<{ data: object[] }>(
    'GET',
    '/api/v1/audit-logs?action=oauth_assertion_exchanged&limit=1&outcome=success',
  )
  expect(rows.data).toMatchObject([{ actor: { type: 'user', id: ada.id, email: 'ada@example.com' } }])
  const everything = JSON.stringify(await server.api('GET', '/api/v1/audit-logs/export?format=json'))
  expect(everything).not.toContain(text)
  await server.api('PATCH', `/api/v1/users/${ada.id}`, { status: 'deactivated' })
  expect(await show(await assertion())).toMatchObject({ status: 400, error: 'invalid_grant' })
})
