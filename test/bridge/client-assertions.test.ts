import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

let server: RunningServer
let upstream: AuthorizationServer
let made: Made
let ada: Person

beforeAll(async () => {
  server = await freshServer()
  upstream = await authorizationServer({
    clientKeys: new URL('/api/v1/oauth/jwks', server.url).href,
    metadataMembers: { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
  })
  upstream.addClient('gateway', '')
  const auth = { type: 'oauth', client_id: 'gateway', token_auth: 'private_key_jwt' }
  made = await addConnector(server, 'Tickets', upstream.mcpUrl, { auth })
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [made])
  await connect()
}, 90_000)
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

async function connect(): Promise<void> {
  const path = `/api/v1/servers/${made.id}/connection/authorize`
  const { url } = await server.api<{ url: string }>('POST', path, undefined, ada.key)
  await server.api('POST', '/api/v1/connections/complete', await upstream.consent(url), ada.key)
}

const call = async () => {
  const params = { name: 'whoami', arguments: {} }
  return answerOf(await send(made.url, modernRequest(ada.key, { method: 'tools/call', params })))
}

test('an authorization server that takes no secrets hears from a client that signs, anew each time', async () => {
  expect((await call()).result).toMatchObject({ content: [{ text: 'scope read' }] })
  upstream.expireTokens()
  expect((await call()).result).toMatchObject({ content: [{ text: 'scope read' }] })
  const assertions = upstream.asked.map(({ params }) => params.get('client_assertion') ?? '')
  expect(assertions.length).toBeGreaterThanOrEqual(2)
  expect(new Set(assertions).size).toBe(assertions.length)
  expect(upstream.asked.every(({ params }) => !params.has('client_secret'))).toBe(true)
})

test('such an assertion opens nothing here, though it bears our own signature', async () => {
  const [first] = upstream.asked
  const token = first?.params.get('client_assertion') ?? ''
  for (const path of ['/mcp', '/api/v1/users/me']) {
    const answer = await fetch(new URL(path, server.url), { headers: { authorization: `Bearer ${token}` } })
    expect([path, answer.status]).toEqual([path, 401])
  }
})

test('the document of the client that signs is public and names the keys, without their secret half', async () => {
  const base = `http://localhost:${server.url.port}`
  const document = await (await fetch(`${base}/.well-known/oauth-client-with-key.json`)).json()
  expect(document).toMatchObject({
    client_id: `${base}/.well-known/oauth-client-with-key.json`,
    redirect_uris: [`${base}/connections/callback`],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: `${base}/api/v1/oauth/jwks`,
  })
  const { keys } = (await (await fetch(`${base}/api/v1/oauth/jwks`)).json()) as { keys: object[] }
  expect(keys).toMatchObject([{ kty: 'EC', alg: 'ES256' }])
  expect(JSON.stringify(keys)).not.toContain('"d"')
})
