import { generateKeyPairSync } from 'node:crypto'
import { DpopSession, withDpop } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessTokenType, addAgent, agentToken, askAs, delegate, exchangeForm } from '../support/agents.ts'
import { freshServer } from '../support/fresh-server.ts'
import { type ClientKey, makeKey, type ProofOf, proofWith } from '../support/key-proofs.ts'
import { type Browser, baseOf, type Client, register, signIn, start } from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'

let server: RunningServer
let browser: Browser
let base: string
let key: ClientKey
beforeAll(async () => {
  server = await freshServer()
  base = baseOf(server)
  browser = await signIn(server, 'admin@example.com')
  key = await makeKey()
})
afterAll(() => server?.remove())

type Answer = { access_token: string; refresh_token: string; token_type: string }
const tokenUrl = () => `${base}/api/v1/oauth/token`
const endpoint = () => `${base}/mcp`
const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
})
const mcpHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

/** Changes a code for tokens, or whatever the form asks for, with a proof of this key. */
async function askWith(of: ClientKey, form: Record<string, string>, more: Partial<ProofOf> = {}) {
  const dpop = await proofWith(of, { method: 'POST', url: tokenUrl(), ...more })
  return fetch(tokenUrl(), { method: 'POST', headers: { dpop }, body: new URLSearchParams(form) })
}

async function codeFor(client: Client, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const { id, verifier } = await start(server, browser, client, more)
  const path = `/api/v1/oauth/interactions/${id}/agree`
  const { continue_url } = await browser.api<{ continue_url: string }>('POST', path)
  const back = await browser.get(continue_url)
  return {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: client.redirect_uris[0] ?? '',
  }
}

async function boundToken(): Promise<Answer & { client: Client }> {
  const client = await register(server)
  const answer = await askWith(key, await codeFor(client))
  expect(answer.status).toBe(200)
  return { ...((await answer.json()) as Answer), client }
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

const visit = (headers: Record<string, string>, url = endpoint()) =>
  fetch(url, { method: 'POST', headers: { ...mcpHeaders, ...headers }, body })

async function visitWith(token: string, more: Partial<ProofOf> = {}, of = key): Promise<Response> {
  const dpop = await proofWith(of, { method: 'POST', url: endpoint(), token, ...more })
  return visit({ authorization: `DPoP ${token}`, dpop })
}

test('both metadata documents, and that of each resource, name the algorithms of proofs', async () => {
  const dpop_signing_alg_values_supported = ['ES256', 'EdDSA', 'Ed25519']
  for (const path of [
    'oauth-authorization-server',
    'openid-configuration',
    'oauth-protected-resource',
    'oauth-protected-resource/mcp',
  ]) {
    const document = await (await fetch(`${base}/.well-known/${path}`)).json()
    expect([path, document]).toMatchObject([path, { dpop_signing_alg_values_supported }])
  }
})

test('a client that proves a key gets tokens bound to it, which count with its proofs alone', async () => {
  const token = await boundToken()
  expect(token.token_type).toBe('DPoP')
  expect(claimsOf(token.access_token)['cnf']).toEqual({ jkt: key.thumbprint })
  expect((await visitWith(token.access_token)).status).toBe(200)
  expect((await visitWith(token.access_token, { url: `${endpoint()}?a=b#c` })).status).toBe(200)
  const asBearer = await visit({ authorization: `Bearer ${token.access_token}` })
  expect(asBearer.status).toBe(401)
  expect(asBearer.headers.get('www-authenticate')).toMatch(
    /^DPoP resource_metadata="http.*algs="ES256 EdDSA Ed25519", error="invalid_dpop_proof"$/,
  )
  const dpop = await proofWith(key, { method: 'POST', url: endpoint(), token: token.access_token })
  expect((await visit({ authorization: `Bearer ${token.access_token}`, dpop })).status).toBe(401)
})

test('its refresh token is bound to the key too', async () => {
  const { refresh_token, client } = await boundToken()
  const form = { grant_type: 'refresh_token', client_id: client.client_id, refresh_token }
  const other = await askWith(await makeKey(), form)
  expect([other.status, await other.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  const bare = await fetch(tokenUrl(), { method: 'POST', body: new URLSearchParams(form) })
  expect(bare.status).toBe(400)
  const renewed = await askWith(key, form)
  expect(renewed.status).toBe(200)
  const { access_token } = (await renewed.json()) as Answer
  expect((await visitWith(access_token)).status).toBe(200)
})

test('a code asked for with the thumbprint of a key is changed with a proof of that key alone', async () => {
  const client = await register(server)
  const form = await codeFor(client, { dpop_jkt: key.thumbprint })
  expect((await askWith(await makeKey(), form)).status).toBe(400)
  const again = await codeFor(client, { dpop_jkt: key.thumbprint })
  expect((await askWith(key, again)).status).toBe(200)
})

test('the session of the official client reaches every method of the endpoint, with a proof for each request', async () => {
  const session = await DpopSession.create()
  const client = await register(server)
  const dpop = await session.buildProof({ htm: 'POST', htu: tokenUrl() })
  const form = new URLSearchParams(await codeFor(client))
  const answer = await fetch(tokenUrl(), { method: 'POST', headers: { dpop }, body: form })
  const { access_token } = (await answer.json()) as Answer
  const fetchBound = withDpop(session, () => access_token)(fetch)
  const opened = await fetchBound(endpoint(), { method: 'POST', headers: mcpHeaders, body })
  expect(opened.status).toBe(200)
  const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
  const stream = await fetchBound(endpoint(), { headers: { ...headers, accept: 'text/event-stream' } })
  expect(stream.status).toBe(200)
  await stream.body?.cancel()
  expect((await fetchBound(endpoint(), { method: 'DELETE', headers })).status).toBeLessThan(300)
})

test('an agent binds its tokens too, its own and those to act for a person', async () => {
  const agent = await addAgent(server)
  await delegate(server, { id: '', key: server.adminKey, keyId: '' }, agent)
  const asked = { client_id: agent.client_id, client_secret: agent.secret }
  const own = await askWith(key, { grant_type: 'client_credentials', ...asked })
  const { access_token: bound, token_type } = (await own.json()) as Answer
  expect(token_type).toBe('DPoP')
  expect((await visitWith(bound)).status).toBe(200)
  expect((await visit({ authorization: `Bearer ${bound}` })).status).toBe(401)
  const form = {
    ...asked,
    ...(await exchangeForm(server, agent, {
      subject_token: 'admin@example.com',
      subject_token_type: 'urn:runlayer:token-type:user-email',
    })),
    actor_token: bound,
  }
  const acting = await askWith(key, form)
  expect([acting.status, await acting.clone().json()]).toMatchObject([200, { token_type: 'DPoP' }])
  expect((await visitWith(((await acting.json()) as Answer).access_token)).status).toBe(200)
  expect((await askAs(server, agent, form)).status).toBe(400)
  expect((await askWith(await makeKey(), form)).status).toBe(400)
  const bad = await askWith(key, form, { url: endpoint() })
  expect([bad.status, await bad.json()]).toMatchObject([400, { error: 'invalid_dpop_proof' }])
})

test('a person’s bound token names nobody in an exchange: only its own client can prove it', async () => {
  const agent = await addAgent(server)
  await delegate(server, { id: '', key: server.adminKey, keyId: '' }, agent)
  const subject_token = (await boundToken()).access_token
  const form = { subject_token, subject_token_type: accessTokenType }
  const answer = await askAs(server, agent, await exchangeForm(server, agent, form))
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  const { data } = await server.api<{ data: { outcome: string; reason: string }[] }>(
    'GET',
    '/api/v1/audit-logs?action=agent_token_exchanged&limit=1',
  )
  expect(data).toMatchObject([{ outcome: 'denied', reason: expect.stringContaining('bound to a key') }])
})

test('of ten requests with one proof at once exactly one counts', async () => {
  const { access_token: token } = await boundToken()
  const dpop = await proofWith(key, { method: 'POST', url: endpoint(), token })
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => visit({ authorization: `DPoP ${token}`, dpop })),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(9)
})

test('a clock that is wrong gets a nonce, and a proof with it counts', async () => {
  const { access_token: token } = await boundToken()
  const iat = Math.floor(Date.now() / 1000) - 3_600
  const asked = await visitWith(token, { claims: { iat } })
  expect(asked.status).toBe(401)
  expect(asked.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
  const nonce = asked.headers.get('dpop-nonce') ?? ''
  expect((await visitWith(token, { claims: { iat, nonce } })).status).toBe(200)
  expect((await visitWith(token, { claims: { iat, nonce: `${nonce.slice(0, -2)}AA` } })).status).toBe(401)
})

test('proofs that do not count: 401 with the reason in the challenge, never let in', async () => {
  const { access_token: token } = await boundToken()
  const other = await makeKey()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const at = Math.floor(Date.now() / 1000)
  const good = (more: Partial<ProofOf> = {}, of = key) =>
    proofWith(of, { method: 'POST', url: endpoint(), token, ...more })
  const [head = '', claims = '', mark = ''] = (await good()).split('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk }
  const used = await good()
  expect((await visit({ authorization: `DPoP ${token}`, dpop: used })).status).toBe(200)
  const bad: Record<string, string | undefined> = {
    'none at all': undefined,
    empty: '',
    'no JWT': 'proof',
    'used before': used,
    'two at once': `${await good()}, ${await good()}`,
    'of another type': await good({ header: { typ: 'JWT' } }),
    'without a type': await good({ header: { typ: undefined } }),
    'alg none': `${part({ ...header, alg: 'none' })}.${claims}.`,
    'alg none with the old mark': `${part({ ...header, alg: 'none' })}.${claims}.${mark}`,
    'a shared secret': await good({ header: { alg: 'HS256' }, signWith: Buffer.alloc(32, 1) }),
    'an algorithm that is not on the list': await good({
      header: { alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) },
      signWith: rsa.privateKey,
    }),
    'with the private key in its header': await good({
      header: { jwk: key.privateKey.export({ format: 'jwk' }) },
    }),
    'without a key': await good({ header: { jwk: undefined } }),
    'with a symmetric key': await good({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
    'signed with another key than its header says': await good({ signWith: other.privateKey }),
    'of another key': await good({}, other),
    'with a changed body': `${head}.${part({ ...claimsOf(`.${claims}`), jti: 'x' })}.${mark}`,
    'without a mark': `${head}.${claims}.`,
    'for another method': await good({ method: 'GET' }),
    'for the method in small letters': await good({ method: 'post' }),
    'for another path': await good({ url: `${base}/api/v1/proxy/runlayer/mcp` }),
    'for the address of the machine': await good({ url: `${server.url.origin}/mcp` }),
    'for another host': await good({ url: 'https://evil.example/mcp' }),
    'for another scheme': await good({ url: endpoint().replace('http:', 'https:') }),
    'for no address': await good({ claims: { htu: undefined } }),
    'for a path alone': await good({ claims: { htu: '/mcp' } }),
    'an hour old': await good({ claims: { iat: at - 3_600 } }),
    'of tomorrow': await good({ claims: { iat: at + 86_400 } }),
    'made at no time': await good({ claims: { iat: undefined } }),
    'made at a word': await good({ claims: { iat: 'now' } }),
    ended: await good({ claims: { exp: at - 600 } }),
    'without an id': await good({ claims: { jti: undefined } }),
    'with an empty id': await good({ claims: { jti: '' } }),
    'for no token': await good({ claims: { ath: undefined } }),
    'for another token': await good({ claims: { ath: 'x'.repeat(43) } }),
    'with a critical header nobody knows': await good({ header: { crit: ['x'], x: 1 } }).catch(
      () => `${part({ ...header, crit: ['x'], x: 1 })}.${claims}.${mark}`,
    ),
    'too long': await good({ claims: { more: 'x'.repeat(7_000) } }),
  }
  expect(Object.keys(bad).length).toBeGreaterThanOrEqual(30)
  for (const [name, dpop] of Object.entries(bad)) {
    const answer = await visit({ authorization: `DPoP ${token}`, ...(dpop === undefined ? {} : { dpop }) })
    expect([name, answer.status]).toEqual([name, 401])
    expect([name, answer.headers.get('www-authenticate')]).toEqual([
      name,
      expect.stringMatching(/^DPoP resource_metadata="http.*error="(invalid_dpop_proof|use_dpop_nonce)"$/),
    ])
  }
  expect((await visitWith(token)).status).toBe(200)
})

test('a token that is bound to no key, an API key and nonsense are refused with the scheme DPoP', async () => {
  const unbound = await agentToken(server, await addAgent(server))
  for (const token of [unbound, server.adminKey, 'eyJ.x.y', ''])
    expect([token, (await visitWith(token)).status]).toEqual([token, 401])
  expect((await visit({ authorization: `Bearer ${unbound}` })).status).toBe(200)
})

test('who has neither hears of both schemes', async () => {
  const challenge = (await visit({})).headers.get('www-authenticate')
  expect(challenge).toMatch(
    /^Bearer resource_metadata="[^"]+", scope="mcp", DPoP algs="ES256 EdDSA Ed25519"$/,
  )
})
