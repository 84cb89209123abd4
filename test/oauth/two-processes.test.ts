import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { assertionGrant, startAssertionIssuer } from '../fixtures/assertion-issuer.ts'
import { actingToken, addAgent, delegate } from '../support/agents.ts'
import { postgresEnvironment } from '../support/fresh-server.ts'
import { makeKey, proofWith } from '../support/key-proofs.ts'
import {
  askToken,
  type Browser,
  baseOf,
  connect,
  initialize,
  register,
  signIn,
} from '../support/oauth-client.ts'
import { freePort, type RunningServer, startServer } from '../support/server.ts'
import { addPerson } from '../support/world.ts'

const missing = 'missing' in inject('postgres')
let one: RunningServer
let other: RunningServer
let browser: Browser

beforeAll(async () => {
  if (missing) return
  const port = await freePort()
  const env = { ...(await postgresEnvironment()), RUNLAYER_PUBLIC_URL: `http://localhost:${port}` }
  const inner = await freePort()
  const at = (own: number) => ({ ...env, RUNLAYER_INTERNAL_URL: `http://127.0.0.1:${own}` })
  one = await startServer({ env: at(port), port })
  other = await startServer({ env: at(inner), port: inner })
  browser = await signIn(one, 'admin@example.com')
})
afterAll(async () => {
  await one?.remove()
  await other?.remove()
})

const endpoint = (server: RunningServer) => new URL('/mcp', server.url).href

/** Milliseconds until the token is refused there, and a stream opened with it has ended. */
async function untilRefused(
  server: RunningServer,
  token: string,
  revoke: () => Promise<unknown>,
): Promise<number> {
  const opened = await initialize(endpoint(server), token)
  expect(opened.status).toBe(200)
  const stream = await fetch(endpoint(server), {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-06-18',
    },
  })
  expect(stream.status).toBe(200)
  const ended = stream.text().catch(() => '')
  await revoke()
  const started = performance.now()
  await expect
    .poll(async () => (await initialize(endpoint(server), token)).status, { timeout: 5000, interval: 20 })
    .toBe(401)
  await ended
  return performance.now() - started
}

describe.skipIf(missing)('two processes of one installation', () => {
  test('a token of one works at the other, and disconnecting ends it there within a second, its stream too', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const took = await untilRefused(other, tokens.access_token, async () => {
      const { data } = await browser.api<{ data: { id: string }[] }>('GET', '/api/v1/oauth/connections')
      await browser.api('DELETE', `/api/v1/oauth/connections/${data[0]?.id}`)
    })
    expect(took).toBeLessThan(1000)
  })

  test('a refresh token shown twice ends its family on both within a second', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const refresh = (server: RunningServer) =>
      askToken(server, {
        grant_type: 'refresh_token',
        client_id: client.client_id,
        refresh_token: tokens.refresh_token,
      })
    expect((await refresh(other)).status).toBe(200)
    const took = await untilRefused(other, tokens.access_token, () => refresh(one))
    expect(took).toBeLessThan(1000)
  })

  test('of two that show one refresh token at the same time, one gets tokens', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const answers = await Promise.all(
      [one, other, one, other].map((server) =>
        askToken(server, {
          grant_type: 'refresh_token',
          client_id: client.client_id,
          refresh_token: tokens.refresh_token,
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(answers.every(({ status }) => status === 200 || status === 400)).toBe(true)
  })

  test('a person deactivated at one is out at the other within a second', async () => {
    const made = await one.api<{ id: string }>('POST', '/api/v1/users', { email: 'leaver@example.com' })
    const leaver = await signIn(one, 'leaver@example.com')
    const tokens = await connect(one, leaver, await register(one))
    const took = await untilRefused(other, tokens.access_token, () =>
      one.api('PATCH', `/api/v1/users/${made.id}`, { status: 'deactivated' }),
    )
    expect(took).toBeLessThan(1000)
  })

  test('a delegation ended at one ends the agent for that person at the other within a second', async () => {
    const lender = await addPerson(one, 'lender')
    const agent = await addAgent(one)
    const lent = await delegate(one, lender, agent)
    const token = await actingToken(one, agent, 'lender@example.com')
    const took = await untilRefused(other, token, () =>
      one.api('DELETE', `/api/v1/delegations/${lent.id}`, undefined, lender.key),
    )
    expect(took).toBeLessThan(1000)
  })

  test('a token given on the word of an issuer ends at the other within a second when the trust in it ends', async () => {
    const idp = await startAssertionIssuer()
    try {
      const reader = await addPerson(one, 'reader')
      const client = await register(one, {
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', assertionGrant],
      })
      const trusted = await one.api<{ id: string }>('POST', '/api/v1/oauth/trusted-issuers', {
        issuer: idp.issuer,
        jwks_uri: `${idp.issuer}/jwks`,
        algorithms: ['ES256'],
        link_by_email: true,
      })
      const show = async (server: RunningServer) => {
        const assertion = await idp.sign({
          aud: baseOf(one),
          client_id: client.client_id,
          resource: `${baseOf(one)}/mcp`,
          sub: 'reader-there',
          email: 'reader@example.com',
          email_verified: true,
        })
        const answer = await askToken(server, {
          grant_type: assertionGrant,
          assertion,
          client_id: client.client_id,
          client_secret: client.client_secret ?? '',
        })
        return {
          status: answer.status,
          ...((await answer.json()) as { access_token?: string; error?: string }),
        }
      }
      await expect.poll(async () => (await show(other)).status, { timeout: 1000 }).toBe(200)
      const { access_token: token = '' } = await show(one)
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object
      expect(claims).toMatchObject({ sub: reader.id })
      const took = await untilRefused(other, token, () =>
        one.api('DELETE', `/api/v1/oauth/trusted-issuers/${trusted.id}`),
      )
      expect(took).toBeLessThan(1000)
      expect(await show(other)).toMatchObject({ status: 400, error: 'invalid_grant' })
    } finally {
      idp.close()
    }
  })

  test('a proof of a key counts once on both together, and a request passed on is not asked for another', async () => {
    const key = await makeKey()
    const agent = await addAgent(one)
    const tokenUrl = `${baseOf(one)}/api/v1/oauth/token`
    const answer = await fetch(tokenUrl, {
      method: 'POST',
      headers: { dpop: await proofWith(key, { method: 'POST', url: tokenUrl }) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: agent.client_id,
        client_secret: agent.secret,
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    const ask = (server: RunningServer, dpop: string, more: Record<string, string>, body: object) =>
      fetch(endpoint(server), {
        method: 'POST',
        headers: {
          ...more,
          dpop,
          authorization: `DPoP ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
      })
    const proof = () => proofWith(key, { method: 'POST', url: `${baseOf(one)}/mcp`, token })
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 't', version: '1' },
    }
    const opening = { method: 'initialize', params }
    const shared = await proof()
    const both = await Promise.all([one, other].map((server) => ask(server, shared, {}, opening)))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
    const opened = await ask(one, await proof(), {}, opening)
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
    const passed = await ask(other, await proof(), session, { method: 'tools/list' })
    expect([passed.status, await passed.text()]).toEqual([200, expect.stringContaining('search_tools')])
  })
})
