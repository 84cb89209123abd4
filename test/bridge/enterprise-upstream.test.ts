import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { type Member, startIdentityProvider } from '../fixtures/identity-provider.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, modernRequest, type RpcMessage, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
let server: RunningServer
let upstream: AuthorizationServer
let idp: Awaited<ReturnType<typeof startIdentityProvider>>
let made: Made
let providerId = ''

beforeAll(async () => {
  server = await freshServer()
  idp = await startIdentityProvider()
  upstream = await authorizationServer({ trusts: idp.issuer })
  upstream.addClient('gateway', 'sesame')
  const { id } = await server.api<{ id: string }>('POST', '/api/v1/sso-providers', {
    name: 'Acme',
    domains: ['acme.test', 'example.com'],
    link_by_email: true,
    keep_sign_in: true,
    oidc: { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret },
  })
  providerId = id
  // Whoever makes the connector has signed in by it, so that its tools can be learned.
  await enter({ sub: 'root', email: 'admin@example.com', email_verified: true })
  const auth = { type: 'oauth', flow: 'id_jag', client_id: 'gateway', client_secret: 'sesame' }
  made = await addConnector(server, 'Tickets', upstream.mcpUrl, { auth })
}, 90_000)
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
  await idp?.close()
})
beforeEach(() => {
  idp.script.now = {}
})

/** Signs somebody in at the provider, as a browser does; answers their id here. */
async function enter(who: Member): Promise<string> {
  const base = `http://localhost:${server.url.port}`
  const post = (path: string, body: object, cookie = '') =>
    fetch(base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie === '' ? {} : { cookie }) },
      body: JSON.stringify(body),
    })
  const began = await post('/api/v1/sign-in/single-sign-on', { provider_id: providerId })
  const cookie = began.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const { url } = (await began.json()) as { url: string }
  const ended = await post('/api/v1/sessions/single-sign-on', idp.approve(url, who), cookie)
  expect(ended.status).toBe(201)
  return ((await ended.json()) as { user_id: string }).user_id
}

/** The same, with a key and the connector. */
async function signIn(name: string): Promise<Person> {
  const id = await enter({ sub: `${name}-at-acme`, email: `${name}@acme.test`, email_verified: true, name })
  const body = { name: 'k', user_id: id }
  const key = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', body)
  const person = { id, key: key.secret, keyId: key.id }
  await allow(server, [person], [made])
  return person
}

const call = async ({ key }: Pick<Person, 'key'>): Promise<RpcMessage> => {
  const params = { name: 'whoami', arguments: {} }
  return answerOf(await send(made.url, modernRequest(key, { method: 'tools/call', params })))
}
const exchanges = () => idp.exchanged.filter((params) => params.get('grant_type') === exchangeGrant)
const wordsOf = ({ result, error }: RpcMessage) => JSON.stringify(result ?? error)

test('whoever signed in at the provider is known at the upstream by its word, and asked nothing', async () => {
  const ada = await signIn('ada')
  const before = exchanges().length
  expect(wordsOf(await call(ada))).toContain('of:ada-at-acme')
  expect(wordsOf(await call(ada))).toContain('of:ada-at-acme')
  // One assertion for many calls: the token it gave is kept until it ends.
  expect(exchanges().length).toBe(before + 1)
  expect(Object.fromEntries(exchanges().at(-1) ?? [])).toMatchObject({
    audience: upstream.issuer,
    resource: upstream.mcpUrl,
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  })
  upstream.expireTokens()
  expect(wordsOf(await call(ada))).toContain('of:ada-at-acme')
  expect(exchanges().length).toBe(before + 2)
})

test('whoever did not sign in there is told to, in words', async () => {
  const pat = await addPerson(server, 'pat')
  await allow(server, [pat], [made])
  const told = wordsOf(await call(pat))
  expect(told).toContain('sso-required')
  expect(told).toContain('Sign in to the console through it once')
})

test('an ID token that ended is renewed, once for calls that come together', async () => {
  idp.script.now = { lasts: 1, refreshes: true }
  const ben = await signIn('ben')
  idp.script.now = { refreshes: true }
  const renewals = () => idp.exchanged.filter((params) => params.get('grant_type') === 'refresh_token').length
  const before = renewals()
  const second = await addConnector(server, 'Second', upstream.mcpUrl, {
    auth: { type: 'oauth', flow: 'id_jag', client_id: 'gateway', client_secret: 'sesame' },
  })
  await allow(server, [ben], [second])
  const ask = (at: Made) =>
    send(at.url, modernRequest(ben.key, { method: 'tools/call', params: { name: 'whoami', arguments: {} } }))
  const answers = await Promise.all([made, second, made, second].map(async (at) => answerOf(await ask(at))))
  for (const answer of answers) expect(wordsOf(answer)).toContain('of:ben-at-acme')
  expect(renewals()).toBe(before + 1)
})

test('without a way to renew it, or once the provider says no, the person signs in again', async () => {
  idp.script.now = { lasts: 1 }
  const cleo = await signIn('cleo')
  expect(wordsOf(await call(cleo))).toContain('sso-required')
  idp.script.now = { exchangeError: 'invalid_grant' }
  const dan = await signIn('dan')
  expect(wordsOf(await call(dan))).toContain('sso-required')
  idp.script.now = {}
  expect(wordsOf(await call(dan))).toContain('sso-required')
  expect(wordsOf(await call(await signIn('dan')))).toContain('of:dan-at-acme')
  idp.script.now = { exchangeError: 'access_denied' }
  expect(wordsOf(await call(await signIn('eve')))).toContain('does not vouch for you there (access_denied)')
})

test('an ID token renewed for somebody else ends what was kept, says so in the audit, and is shown nowhere', async () => {
  idp.script.now = { lasts: 1, refreshes: true }
  const gus = await signIn('gus')
  // Renewed once in good order: later tokens are held against the sign-in, not against the one before.
  expect(wordsOf(await call(gus))).toContain('of:gus-at-acme')
  upstream.expireTokens()
  idp.script.now = { refreshes: true, claims: (claims) => ({ ...claims, sub: 'root' }) }
  const before = exchanges().length
  expect(wordsOf(await call(gus))).toContain('sso-required')
  idp.script.now = {}
  expect(wordsOf(await call(gus))).toContain('sso-required')
  expect(exchanges().length).toBe(before)
  const { data } = await server.api<{ data: object[] }>(
    'GET',
    '/api/v1/audit-logs?action=sso_sign_in_ended&limit=5',
  )
  expect(data).toHaveLength(1)
  expect(data[0]).toMatchObject({ outcome: 'denied', reason: 'sso-required', resource_id: gus.id })
  expect(wordsOf(await call(await signIn('gus')))).toContain('of:gus-at-acme')
})

test('turned off, nothing is kept any more, and what was kept is gone', async () => {
  const finn = await signIn('finn')
  const path = `/api/v1/sso-providers/${providerId}`
  expect(await server.api('PATCH', path, { keep_sign_in: false })).toMatchObject({ keep_sign_in: false })
  await server.api('PATCH', path, { keep_sign_in: true })
  expect(wordsOf(await call(finn))).toContain('sso-required')
})
