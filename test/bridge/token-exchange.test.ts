import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow } from '../support/world.ts'

let server: RunningServer
let upstream: AuthorizationServer
beforeAll(async () => {
  upstream = await authorizationServer()
  upstream.addClient('actor', 'sesame')
  server = await freshServer()
}, 60_000)
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

test('the upstream sees the person, by a proof that anybody can check and that opens nothing here', async () => {
  const auth = {
    type: 'oauth',
    flow: 'token_exchange',
    client_id: 'actor',
    client_secret: 'sesame',
    scopes: ['read'],
  }
  const made = await addConnector(server, 'Tickets', upstream.mcpUrl, { auth })
  const ada = await addPerson(server, 'ada')
  await allow(server, [ada], [made])
  const call = { method: 'tools/call', params: { name: 'whoami', arguments: {} } }
  const called = answerOf(await send(made.url, modernRequest(ada.key, call)))
  expect(called.result).toMatchObject({ content: [{ text: `scope read of:${ada.id}` }] })

  const proof = upstream.asked.at(-1)?.params.get('subject_token') ?? ''
  const keys = createRemoteJWKSet(new URL('/api/v1/oauth/jwks', server.url))
  const { payload, protectedHeader } = await jwtVerify(proof, keys, { audience: upstream.issuer })
  expect(payload).toMatchObject({ sub: ada.id, email: 'ada@example.com', iss: expect.any(String) })
  expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(120)
  expect(protectedHeader.alg).toBe('ES256')
  for (const url of [made.url, new URL('/mcp', server.url)])
    expect((await send(url, modernRequest(proof, call))).status).toBe(401)
  expect(
    (await fetch(new URL('/api/v1/users/me', server.url), { headers: { authorization: `Bearer ${proof}` } }))
      .status,
  ).toBe(401)
})

test('it is refused without the client that may act, and for everybody at once', async () => {
  const make = (auth: object) =>
    addConnector(server, 'Wrong', upstream.mcpUrl, {
      auth: { type: 'oauth', flow: 'token_exchange', ...auth },
    })
  await expect(make({})).rejects.toMatchObject({ status: 422 })
  await expect(make({ client_id: 'actor', credential: 'shared' })).rejects.toMatchObject({ status: 422 })
})
