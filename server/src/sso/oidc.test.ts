import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Member, type Script, startIdentityProvider } from '../../../test/fixtures/identity-provider.ts'
import { refusalOf } from '../../../test/support/call-route.ts'
import { openCookieJar, openSsoWorld, type SsoWorld } from '../../../test/support/sso-world.ts'
import { openTestStorage, type TestStorage } from '../../../test/support/stores.ts'
import { keyringOf } from '../credentials/keyring.ts'
import { GatewayError } from '../kernel/errors.ts'
import { keepFlows } from './keep-flow.ts'
import type { ProviderId } from './provider.ts'

const ada: Member = { sub: 'ada-1', email: 'ada@acme.test', email_verified: true, name: 'Ada' }
let idp: Awaited<ReturnType<typeof startIdentityProvider>>
let store: TestStorage
let world: SsoWorld
let providerId = ''

beforeAll(async () => {
  idp = await startIdentityProvider()
  store = await openTestStorage('embedded')
  world = await openSsoWorld(store.storage)
  const { value } = await world.call('createSsoProvider', {
    as: world.root,
    body: {
      name: 'Acme',
      domains: ['acme.test'],
      oidc: { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret },
    },
  })
  providerId = (value as { id: string }).id
})
afterAll(async () => {
  await world?.sso.close()
  await store?.dispose()
  await idp?.close()
})
beforeEach(() => {
  idp.script.now = {}
  world.clock.aheadMs = 0
})

async function begin(browser = openCookieJar(world)) {
  const { url } = await browser.call<{ url: string }>('beginSingleSignOn', {
    body: { provider_id: providerId, next: '/connectors?x=1' },
  })
  return { browser, url }
}
async function signIn(who: Member = ada) {
  const { browser, url } = await begin()
  return browser.call<{ next: string }>('createSessionBySingleSignOn', { body: idp.approve(url, who) })
}
async function wordsOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof GatewayError)) throw new Error('nothing was refused')
  return `${error.reason}: ${error.message}`
}

test('a sign-in goes out with state, nonce and PKCE, and comes back to the page it came from', async () => {
  const { browser, url } = await begin()
  const asked = new URL(url)
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    client_id: 'console',
    response_type: 'code',
    redirect_uri: 'http://localhost:3000/sign-in/callback',
    scope: 'openid email profile',
    code_challenge_method: 'S256',
  })
  for (const name of ['state', 'nonce', 'code_challenge'])
    expect(asked.searchParams.get(name)?.length, name).toBeGreaterThanOrEqual(32)
  const body = idp.approve(url, ada)
  expect(await browser.call('createSessionBySingleSignOn', { body })).toMatchObject({
    next: '/connectors?x=1',
  })
  const person = await world.identity.people.findByEmail('ada@acme.test')
  expect(person).toMatchObject({ name: 'Ada', roles: ['user'] })
  expect(await refusalOf(browser.call('createSessionBySingleSignOn', { body }))).toBe('sso-refused')
})

describe('an answer does not count', () => {
  test('in another browser, with another state, twice, or late', async () => {
    const { browser, url } = await begin()
    const body = idp.approve(url, ada)
    const finish = (as: ReturnType<typeof openCookieJar>, sent: object) =>
      refusalOf(as.call('createSessionBySingleSignOn', { body: sent }))
    // Login CSRF: somebody else's finished sign-in, opened in the browser of its victim.
    expect(await finish(openCookieJar(world), body)).toBe('sso-refused')
    const other = await begin()
    expect(await finish(other.browser, body)).toBe('sso-refused')
    for (const state of ['x', `${body.state}x`, body.state.replace(/^s/, 't'), body.state.replace(/.$/, '_')])
      expect(await finish(browser, { ...body, state }), state).toBe('sso-refused')
    world.clock.aheadMs = 15 * 60_000 + 1
    expect(await finish(browser, body)).toBe('sso-refused')
    world.clock.aheadMs = 0
    const [one, two] = await Promise.all([finish(browser, body), finish(browser, body)])
    expect([one, two].filter((each) => each === 'nothing was refused')).toHaveLength(1)
  })

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const rebuilt = (token: string, change: object) => {
    const [, payload = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    return { payload: part({ ...claims, ...change }), signature }
  }
  const hour = 3600
  const now = () => Math.floor(Date.now() / 1000)
  const wrong: [string, Script][] = [
    ['made for another client', { claims: (claims) => ({ ...claims, aud: 'another' }) }],
    [
      'for another client too, without naming us as party',
      { claims: (c) => ({ ...c, aud: ['console', 'x'] }) },
    ],
    ['of another issuer', { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) }],
    ['with another nonce', { claims: (claims) => ({ ...claims, nonce: 'another' }) }],
    ['without a nonce', { claims: ({ nonce: _, ...claims }) => claims }],
    ['expired', { claims: (claims) => ({ ...claims, iat: now() - hour, exp: now() - 120 }) }],
    ['without an end', { claims: ({ exp: _, ...claims }) => claims }],
    ['not valid yet', { claims: (claims) => ({ ...claims, nbf: now() + hour }) }],
    ['signed with a key that is not published', { foreignKey: true }],
    ['unsigned', { token: (t) => `${part({ alg: 'none' })}.${rebuilt(t, {}).payload}.` }],
    [
      'changed after it was signed',
      {
        token: (t) => `${t.split('.')[0]}.${rebuilt(t, { sub: 'root' }).payload}.${rebuilt(t, {}).signature}`,
      },
    ],
    ['without a subject', { claims: ({ sub: _, ...claims }) => claims }],
  ]
  test.each(wrong)('with an ID token %s', async (_name, script) => {
    idp.script.now = script
    expect(await refusalOf(signIn())).toBe('sso-refused')
  })

  test('with no ID token, with another iss in the redirect, or with none where it is promised', async () => {
    idp.script.now = { tokenAnswer: { status: 200, body: '{"access_token":"x","token_type":"Bearer"}' } }
    expect(await refusalOf(signIn())).toBe('sso-refused')
    idp.script.now = { iss: 'https://evil.example' }
    expect(await refusalOf(signIn())).toBe('sso-refused')
    idp.script.now = { iss: null }
    expect(await refusalOf(signIn())).toBe('sso-refused')
  })

  test('when the clocks are two minutes apart, and does when they are half a minute apart', async () => {
    world.clock.aheadMs = 0
    idp.script.now = { claims: (claims) => ({ ...claims, iat: now() + 120, nbf: now() + 120 }) }
    expect(await refusalOf(signIn())).toBe('sso-refused')
    idp.script.now = { claims: (claims) => ({ ...claims, exp: now() - 30 }) }
    expect(await signIn()).toMatchObject({ next: '/connectors?x=1' })
  })
})

test('what a provider does wrong is said in words, without its own text', async () => {
  const { browser, url } = await begin()
  const { state, iss } = idp.approve(url, ada)
  const denied = { state, iss, error: 'access_denied', error_description: '<b>call 555-0100</b>' }
  expect(await wordsOf(browser.call('createSessionBySingleSignOn', { body: denied }))).toBe(
    'sso-refused: You were not let in by Acme, or went back before the end.',
  )
  idp.script.now = {
    tokenAnswer: { status: 400, body: '{"error":"invalid_client","error_description":"<b>"}' },
  }
  expect(await wordsOf(signIn())).toBe('sso-refused: Acme did not take our request (invalid_client).')
  const away = 'http://169.254.169.254/latest/meta-data'
  idp.script.now = { tokenAnswer: { status: 302, body: '', headers: { location: away } } }
  expect(await wordsOf(signIn())).toMatch(/^provider-failed: /)
  idp.script.now = { tokenAnswer: { status: 500, body: 'stack trace' } }
  expect(await wordsOf(signIn())).toMatch(/^provider-failed: .*Acme/)
})

test('addresses that may not be reached are not, wherever the provider names them', async () => {
  const at = (issuer: string) =>
    world
      .call('createSsoProvider', {
        as: world.root,
        body: { name: issuer, oidc: { issuer, client_id: 'console' } },
      })
      .then(({ value }) =>
        world.call('beginSsoTest', { as: world.root, params: { id: (value as { id: string }).id } }),
      )
  for (const issuer of ['http://169.254.169.254', 'http://10.0.0.1:8080', 'http://[::ffff:10.0.0.1]'])
    expect(await wordsOf(at(issuer)), issuer).toMatch(/^provider-failed: .* not/)
  for (const name of ['token_endpoint', 'jwks_uri', 'userinfo_endpoint']) {
    idp.script.now = { metadata: (whole) => ({ ...whole, [name]: 'http://169.254.169.254/x' }) }
    await renew()
    expect(await wordsOf(signIn({ sub: 'ada-1' })), name).toMatch(/^provider-failed: .*169\.254/)
  }
  idp.script.now = {}
  await renew()
})

test('metadata of another issuer, and a provider without S256, are not taken', async () => {
  idp.script.now = { metadata: (whole) => ({ ...whole, issuer: 'https://evil.example' }) }
  await renew()
  expect(await wordsOf(signIn())).toMatch(/^(provider-failed|sso-refused): /)
  idp.script.now = { metadata: (whole) => ({ ...whole, code_challenge_methods_supported: ['plain'] }) }
  await renew()
  expect(await wordsOf(signIn())).toBe('provider-failed: Acme does not offer PKCE with S256.')
  idp.script.now = {}
  await renew()
  expect(await signIn()).toMatchObject({ next: '/connectors?x=1' })
})

/** What is known of a provider is forgotten when it is changed. */
async function renew() {
  await world.call('updateSsoProvider', { as: world.root, params: { id: providerId }, body: { shown: true } })
}

test('a page elsewhere is never where a sign-in leads', async () => {
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil.example', 'x']) {
    const browser = openCookieJar(world)
    const { url } = await browser.call<{ url: string }>('beginSingleSignOn', {
      body: { email: 'ada@ACME.test', next },
    })
    const body = idp.approve(url, ada)
    expect(await browser.call('createSessionBySingleSignOn', { body }), next).toMatchObject({ next: '/' })
  }
})

test('over https the cookie of a sign-in is for this host alone', () => {
  const keyring = keyringOf(Buffer.alloc(32, 1))
  const flows = keepFlows({ keyring, publicUrl: new URL('https://gateway.acme.test'), now: Date.now })
  const wanted = {
    providerId: providerId as ProviderId,
    purpose: 'sign_in',
    by: undefined,
    next: '/',
  } as const
  expect(flows.begin(wanted).setCookie).toMatch(
    /^__Host-runlayer-sso-\d=[\w-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax; Secure$/,
  )
})
