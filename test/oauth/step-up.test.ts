import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey, proofWith } from '../support/key-proofs.ts'
import {
  askToken,
  type Browser,
  connect,
  initialize,
  register,
  signedInServer,
  type TokenAnswer,
} from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'

let server: RunningServer
let browser: Browser
let base: string
beforeAll(async () => {
  ;({ server, base, browser } = await signedInServer())
})
afterAll(() => server?.remove())

/** A token its client itself narrowed, as one may at each refresh (RFC 6749 §6). */
async function narrowed(client: { client_id: string }, refresh_token: string): Promise<TokenAnswer> {
  const form = { grant_type: 'refresh_token', client_id: client.client_id, refresh_token, scope: 'openid' }
  const answer = await askToken(server, form)
  expect(answer.status).toBe(200)
  return (await answer.json()) as TokenAnswer
}

test('a token with too few scopes: 403 that names all of them, and a token for the union opens', async () => {
  const client = await register(server)
  const first = await connect(server, browser, client, { scope: 'openid mcp' })
  expect((await initialize(`${base}/mcp`, first.access_token)).status).toBe(200)
  const less = await narrowed(client, first.refresh_token)
  const refused = await initialize(`${base}/mcp`, less.access_token)
  expect(refused.status).toBe(403)
  const challenge = refused.headers.get('www-authenticate') ?? ''
  expect(challenge).toBe(
    `Bearer error="insufficient_scope", scope="mcp", resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"`,
  )
  expect(await refused.json()).toMatchObject({ error: { data: { reason: 'scope-missing', scope: 'mcp' } } })
  // What the client had and what it lacks, in one more authorization.
  const wanted = /scope="([^"]+)"/.exec(challenge)?.[1]
  const next = await connect(server, browser, client, { scope: `openid ${wanted}` })
  expect(next).toMatchObject({ scope: expect.stringContaining('mcp'), id_token: expect.any(String) })
  expect((await initialize(`${base}/mcp`, next.access_token)).status).toBe(200)
})

test('it is 401 where it is not for, and nobody’s once its grant ended', async () => {
  const client = await register(server)
  const { refresh_token } = await connect(server, browser, client, { scope: 'openid mcp' })
  const { access_token } = await narrowed(client, refresh_token)
  const elsewhere = `${base}/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp`
  expect((await initialize(elsewhere, access_token)).status).toBe(401)
  const { data } = await browser.api<{ data: { id: string; client_id: string }[] }>(
    'GET',
    '/api/v1/oauth/connections',
  )
  const connection = data.find(({ client_id }) => client_id === client.client_id)
  await browser.api('DELETE', `/api/v1/oauth/connections/${connection?.id}`)
  expect((await initialize(`${base}/mcp`, access_token)).status).toBe(401)
})

test('bound to a key, it has to prove the key before it hears of scopes', async () => {
  const key = await makeKey()
  const client = await register(server)
  const { refresh_token } = await connect(server, browser, client, { scope: 'openid mcp' })
  const url = `${base}/api/v1/oauth/token`
  const answer = await fetch(url, {
    method: 'POST',
    headers: { dpop: await proofWith(key, { method: 'POST', url }) },
    body: new URLSearchParams({
      ...{ grant_type: 'refresh_token', client_id: client.client_id, refresh_token, scope: 'openid' },
    }),
  })
  const { access_token: token, token_type } = (await answer.json()) as TokenAnswer
  expect(token_type).toBe('DPoP')
  const visit = (headers: Record<string, string>) =>
    fetch(`${base}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `DPoP ${token}`, ...headers },
      body: '{}',
    })
  expect((await visit({})).status).toBe(401)
  const dpop = await proofWith(key, { method: 'POST', url: `${base}/mcp`, token })
  const refused = await visit({ dpop })
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringMatching(/^DPoP error="insufficient_scope", scope="mcp", resource_metadata=/),
  ])
})
