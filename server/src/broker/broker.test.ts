import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type AuthorizationServer,
  authorizationServer,
  type Switches,
} from '../../../test/fixtures/authorization-server.ts'
import { serve } from '../../../test/fixtures/http-fixture.ts'
import { addConnector, addPerson, grantsWorld } from '../../../test/support/grants-world.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import { addressGuard } from '../lib/network.ts'
import { type Broker, openBroker } from './broker.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const gateway = 'https://gate.example'
const redirect = `${gateway}/connections/callback`
const base = 'http://127.0.0.1:1'

type Scene = { broker: Broker; vendor: AuthorizationServer; clock: { now: number }; url: string }

async function scene(
  on: Partial<Switches> = {},
  more: object = {},
  keys = [randomBytes(32)],
): Promise<Scene> {
  const vendor = await authorizationServer(on)
  ends.push(() => vendor.close())
  vendor.addClient('broker-app', 'vendor-secret')
  const clock = { now: Date.now() }
  let broker: Broker | undefined
  const server = await serve((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = new URL(request.url ?? '/', 'http://x')
      const body = Buffer.concat(chunks).toString()
      void broker
        ?.answer({ method: request.method ?? '', path: at.pathname, query: at.searchParams, body })
        .then((answer) => response.writeHead(answer.status, answer.headers).end(answer.body))
    })
  })
  ends.push(() => server.close())
  const url = new URL(server.url).origin
  const fetch = openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) })
  ends.push(() => fetch.close())
  broker = openBroker({
    publicUrl: new URL(url),
    version: '1',
    vendors: JSON.stringify({
      tickets: {
        name: 'Tickets',
        authorization_url: `${vendor.origin}/authorize`,
        token_url: `${vendor.origin}/token`,
        issuer: vendor.issuer,
        client_id: 'broker-app',
        client_secret: 'vendor-secret',
        resource: 'send',
        ...more,
      },
    }),
    gateways: [gateway],
    secretKeys: keys,
    fetch,
    now: () => clock.now,
    log: quietLog,
  })
  return { broker, vendor, clock, url }
}

const ask = (broker: Broker, method: string, path: string, given: { query?: object; body?: string } = {}) =>
  broker.answer({
    method,
    path,
    query: new URLSearchParams(Object.entries(given.query ?? {})),
    body: given.body ?? '',
  })

async function register(broker: Broker, more: object = {}): Promise<string> {
  const body = JSON.stringify({ vendor: 'tickets', redirect_uris: [redirect], ...more })
  return JSON.parse((await ask(broker, 'POST', '/register', { body })).body).client_id
}

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

/** Goes to the vendor and back; answers what the gateway's redirect address is sent. */
async function travel({ broker, vendor }: Scene, clientId: string): Promise<Record<string, string>> {
  const query = {
    client_id: clientId,
    redirect_uri: redirect,
    state: 'mine',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope: 'read',
  }
  const there = await ask(broker, 'GET', '/authorize', { query })
  expect(there.status).toBe(302)
  const back = await vendor.consent(there.headers['location'] ?? '')
  const on = await ask(broker, 'GET', '/callback', { query: back })
  const to = new URL(on.headers['location'] ?? '')
  expect(`${to.origin}${to.pathname}`).toBe(redirect)
  return Object.fromEntries(to.searchParams)
}

function exchange(broker: Broker, form: Record<string, string>) {
  return ask(broker, 'POST', '/token', { body: new URLSearchParams(form).toString() })
}

const codeForm = (clientId: string, code = '') => ({
  grant_type: 'authorization_code',
  client_id: clientId,
  code,
  code_verifier: verifier,
  redirect_uri: redirect,
})

describe('two legs', () => {
  test('the vendor sees the broker’s address, client and proof; the gateway its own', async () => {
    const s = await scene()
    const clientId = await register(s.broker)
    const answer = await travel(s, clientId)
    expect(answer).toMatchObject({ state: 'mine', iss: `${s.url}/vendors/tickets` })
    const done = await exchange(s.broker, codeForm(clientId, answer['code']))
    expect(JSON.parse(done.body)).toMatchObject({
      access_token: expect.stringMatching(/^at_/),
      token_type: 'Bearer',
      scope: 'read',
    })
    const [sent] = s.vendor.asked
    expect(sent?.params.get('client_id')).toBe('broker-app')
    expect(sent?.params.get('redirect_uri')).toBe(`${s.url}/callback`)
    expect(sent?.params.get('code_verifier')).not.toBe(verifier)
    // The vendor's code never reached the browser's way to the gateway.
    expect(answer['code']).not.toContain(sent?.params.get('code') ?? 'none')
  })

  test('a code counts once, for its own gateway, proof and address, and for a minute', async () => {
    const s = await scene()
    const [clientId, other] = [await register(s.broker), await register(s.broker)]
    const code = (await travel(s, clientId))['code'] ?? ''
    const good = codeForm(clientId, code)
    for (const wrong of [
      { ...good, client_id: other },
      { ...good, code_verifier: randomBytes(32).toString('base64url') },
      { ...good, redirect_uri: `${gateway}/elsewhere` },
      { ...good, code: `${code}x` },
      { ...good, code: clientId },
    ])
      expect(JSON.parse((await exchange(s.broker, wrong)).body)).toMatchObject({ error: 'invalid_grant' })
    expect(s.vendor.asked).toHaveLength(0)
    expect((await exchange(s.broker, good)).status).toBe(200)
    expect(JSON.parse((await exchange(s.broker, good)).body)).toMatchObject({ error: 'invalid_grant' })
    const late = (await travel(s, clientId))['code'] ?? ''
    s.clock.now += 61_000
    expect((await exchange(s.broker, codeForm(clientId, late))).status).toBe(400)
    expect(s.vendor.asked).toHaveLength(1)
  })

  test('a refresh token is sealed for the gateway it was given to', async () => {
    const s = await scene()
    const [clientId, other] = [await register(s.broker), await register(s.broker)]
    const code = (await travel(s, clientId))['code']
    const given = JSON.parse((await exchange(s.broker, codeForm(clientId, code))).body)
    expect(given.refresh_token).not.toMatch(/^rt_/)
    const refresh = { grant_type: 'refresh_token', refresh_token: given.refresh_token }
    expect((await exchange(s.broker, { ...refresh, client_id: other })).status).toBe(400)
    expect((await exchange(s.broker, { ...refresh, client_id: clientId })).status).toBe(200)
  })

  test('another process with the same key ends what this one began', async () => {
    const keys = [randomBytes(32)]
    const first = await scene({}, {}, keys)
    const clientId = await register(first.broker)
    const { code = '' } = await travel(first, clientId)
    // Its key is the second of the list: the key was changed in between.
    const second = openBroker({
      publicUrl: new URL(first.url),
      version: '1',
      vendors: JSON.stringify({
        tickets: {
          name: 'Tickets',
          authorization_url: `${first.vendor.origin}/authorize`,
          token_url: `${first.vendor.origin}/token`,
          client_id: 'broker-app',
          client_secret: 'vendor-secret',
        },
      }),
      gateways: [gateway],
      secretKeys: [randomBytes(32), ...keys],
      fetch: openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) }),
      now: Date.now,
      log: quietLog,
    })
    expect((await exchange(second, codeForm(clientId, code))).status).toBe(200)
    const stranger = await scene()
    expect((await exchange(stranger.broker, codeForm(clientId, code))).status).toBe(401)
  })
})

describe('what is refused', () => {
  test.each([
    ['a gateway nobody listed', { redirect_uris: ['https://evil.example/cb'] }],
    ['an address that only begins like one', { redirect_uris: ['https://gate.example.evil.example/cb'] }],
    ['another scheme', { redirect_uris: ['http://gate.example/cb'] }],
    ['two addresses', { redirect_uris: [redirect, redirect] }],
    ['a vendor nobody knows', { vendor: 'none' }],
    ['a member of every object', { vendor: 'constructor' }],
  ])('%s cannot register', async (_name, more) => {
    const { broker } = await scene()
    const body = JSON.stringify({ vendor: 'tickets', redirect_uris: [redirect], ...more })
    expect((await ask(broker, 'POST', '/register', { body })).status).toBe(400)
  })

  test('a request without proof, with another address or of an unknown client meets a page, never a redirect', async () => {
    const { broker } = await scene()
    const clientId = await register(broker)
    const good = {
      client_id: clientId,
      redirect_uri: redirect,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }
    for (const wrong of [
      { ...good, client_id: 'x' },
      { ...good, redirect_uri: `${gateway}/other` },
      { ...good, code_challenge_method: 'plain' },
      { ...good, code_challenge: '' },
    ]) {
      const answer = await ask(broker, 'GET', '/authorize', { query: wrong })
      expect([answer.status, answer.headers['location']]).toEqual([400, undefined])
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    }
  })

  test('an answer that was not asked for, is late or comes from another server goes nowhere', async () => {
    const s = await scene({ iss: 'foreign' })
    const clientId = await register(s.broker)
    const query = { ...codeForm(clientId), code_challenge: challenge, code_challenge_method: 'S256' }
    const there = await ask(s.broker, 'GET', '/authorize', { query })
    const back = await s.vendor.consent(there.headers['location'] ?? '')
    expect((await ask(s.broker, 'GET', '/callback', { query: back })).status).toBe(400)
    expect((await ask(s.broker, 'GET', '/callback', { query: { state: 'x', code: 'y' } })).status).toBe(400)
    s.clock.now += 10 * 60_000 + 1
    expect((await ask(s.broker, 'GET', '/callback', { query: { ...back, iss: '' } })).status).toBe(400)
  })

  test('a vendor in trouble is told as trouble, so that no gateway throws a sign-in away', async () => {
    const s = await scene()
    const clientId = await register(s.broker)
    const { code } = await travel(s, clientId)
    s.vendor.on.tokenStatus = 500
    const answer = await exchange(s.broker, codeForm(clientId, code))
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([503, 'temporarily_unavailable'])
  })

  test('a file of vendors with a mistake names it, and no secret', async () => {
    const wrong = scene({}, { client_secret: 'sesame', token_url: 'nowhere' })
    await expect(wrong).rejects.toThrow(/tickets\.token_url/)
    await expect(scene({}, { token_url: 'sesame-inside' })).rejects.not.toThrow(/sesame/)
  })
})

test('where the vendor registers clients the broker registers once', async () => {
  const s = await scene({}, { client_id: undefined, client_secret: undefined })
    .then(() => undefined)
    .catch((error: Error) => error.message)
  expect(s).toContain('registration_url')
  const vendor = await authorizationServer()
  ends.push(() => vendor.close())
  const registering = await scene(
    {},
    {
      client_id: undefined,
      client_secret: undefined,
      authorization_url: `${vendor.origin}/authorize`,
      token_url: `${vendor.origin}/token`,
      issuer: vendor.issuer,
      registration_url: `${vendor.origin}/register`,
    },
  )
  await register(registering.broker)
  const clientId = await register(registering.broker)
  expect(vendor.registered).toMatchObject([{ redirect_uris: [`${registering.url}/callback`] }])
  const { code } = await travel({ ...registering, vendor }, clientId)
  expect((await exchange(registering.broker, codeForm(clientId, code))).status).toBe(200)
})

test('a gateway with a client of its own at the vendor is served in that name', async () => {
  const s = await scene()
  s.vendor.addClient('own-app', 'own-secret')
  const clientId = await register(s.broker, {
    vendor_client_id: 'own-app',
    vendor_client_secret: 'own-secret',
  })
  const { code } = await travel(s, clientId)
  expect((await exchange(s.broker, codeForm(clientId, code))).status).toBe(200)
  expect(s.vendor.asked[0]?.params.get('client_id')).toBe('own-app')
  expect(clientId).not.toContain('own')
})

eachStore((open) => {
  test('a person signs in through gateway, broker and vendor, and the token is renewed the same way', async () => {
    const storage = await open()
    const s = await scene()
    const clock = s.clock
    const world = await grantsWorld({ storage, now: () => clock.now, brokerUrl: s.url })
    ends.push(() => world.close())
    const person = await addPerson(storage)
    const auth = { type: 'oauth', broker: 'tickets', scopes: ['read'] } as const
    const connector = await addConnector(storage, { url: s.vendor.mcpUrl, auth })
    const address = await world.grants.begin(connector, person)
    expect(address.origin).toBe(s.url)
    const first = await fetch(address, { redirect: 'manual' })
    const vendorAnswer = await fetch(first.headers.get('location') ?? '', { redirect: 'manual' })
    const last = await fetch(vendorAnswer.headers.get('location') ?? '', { redirect: 'manual' })
    const { state = '', ...answer } = Object.fromEntries(
      new URL(last.headers.get('location') ?? '').searchParams,
    )
    await world.grants.finish(person, { state, ...answer })
    expect(await world.call(connector, person)).toContain('scope read')
    clock.now += 3_601_000
    s.vendor.expireTokens()
    expect(await world.call(connector, person)).toContain('scope read')
    // The gateway never held the vendor's secret or its refresh token.
    const rows = await storage.pool.query('SELECT * FROM upstream_clients')
    expect(JSON.stringify(rows.rows)).not.toContain('vendor-secret')
  })

  test('a connector that names a broker this host does not have says what is missing', async () => {
    const storage = await open()
    const world = await grantsWorld({ storage, now: Date.now })
    ends.push(() => world.close())
    const auth = { type: 'oauth', broker: 'tickets' } as const
    const connector = await addConnector(storage, { url: `${base}/mcp`, auth })
    await expect(world.grants.begin(connector, await addPerson(storage))).rejects.toThrow(
      'RUNLAYER_OAUTH_BROKER_URL',
    )
  })
})
