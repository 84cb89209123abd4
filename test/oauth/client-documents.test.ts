import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import { askToken, type Browser, baseOf, initialize, signIn, start } from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'
import { makeCertificate } from '../support/tls-certificate.ts'

let server: RunningServer
let browser: Browser
let site: Server
let home: string
let folder: string
/** What the client's site answers, by path. */
const answers = new Map<string, { status?: number; headers?: Record<string, string>; body: string }>()
const asked: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runlayer-documents-'))
  const { certFile, cert, key } = makeCertificate(folder)
  site = createServer({ cert, key }, (request, response) => {
    asked.push(request.url ?? '')
    const answer = answers.get(request.url ?? '')
    response.writeHead(answer?.status ?? (answer === undefined ? 404 : 200), {
      'content-type': 'application/json',
      ...answer?.headers,
    })
    response.end(answer?.body ?? '')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  home = `https://localhost:${(site.address() as AddressInfo).port}`
  server = await freshServer({ env: { NODE_EXTRA_CA_CERTS: certFile } })
  browser = await signIn(server, 'admin@example.com')
})
afterAll(async () => {
  await server?.remove()
  site?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Puts a client document on the site and answers the client it describes. */
function publish(
  path: string,
  more: object = {},
  answer: { status?: number; headers?: Record<string, string> } = {},
) {
  const client_id = `${home}${path}`
  const document = {
    client_id,
    client_name: 'Documented',
    redirect_uris: ['http://localhost:4321/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    ...more,
  }
  answers.set(path, { ...answer, body: JSON.stringify(document) })
  return { client_id, redirect_uris: document.redirect_uris }
}

async function agree(client: { client_id: string; redirect_uris: string[] }) {
  const { id, verifier } = await start(server, browser, client)
  const path = `/api/v1/oauth/interactions/${id}`
  const waiting = await browser.api<{ client: { kind: string; name: string }; connected_before: boolean }>(
    'GET',
    path,
  )
  const { continue_url } = await browser.api<{ continue_url: string }>('POST', `${path}/agree`)
  const back = new URL((await browser.get(continue_url)).headers.get('location') ?? '')
  const form = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: back.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: client.redirect_uris[0] ?? '',
  }
  return { waiting, form }
}

test('a client described by its own document connects without registering, and the document is cached', async () => {
  const client = publish('/client.json')
  const { waiting, form } = await agree(client)
  expect(waiting).toMatchObject({ client: { kind: 'document', name: 'Documented' }, connected_before: false })
  const { access_token } = (await (await askToken(server, form)).json()) as { access_token: string }
  expect((await initialize(`${baseOf(server)}/mcp`, access_token)).status).toBe(200)
  expect((await agree(client)).waiting.connected_before).toBe(true)
  expect(asked.filter((path) => path === '/client.json').length).toBe(1)
})

test('documents that lie, redirect, are too large or share a secret are refused on our own page', async () => {
  const bad = {
    'another id': publish('/other.json', { client_id: `${home}/else.json` }),
    'a shared secret': publish('/secret.json', { token_endpoint_auth_method: 'client_secret_basic' }),
    'a redirect': publish('/moved.json', {}, { status: 302, headers: { location: `${home}/client.json` } }),
    'too large': publish('/large.json', { client_uri: `${home}/${'x'.repeat(20_000)}` }),
    'a plain http address to be sent to': publish('/plain.json', {
      redirect_uris: ['http://evil.example/cb'],
    }),
    'a script to be sent to': publish('/script.json', { redirect_uris: ['javascript:alert(1)'] }),
    'nothing there': { client_id: `${home}/nothing.json`, redirect_uris: ['http://localhost:1/callback'] },
  }
  for (const [what, client] of Object.entries(bad)) {
    const { answer, location } = await start(server, browser, {
      client_id:
        typeof client === 'object' && what === 'another id' ? `${home}/other.json` : client.client_id,
      redirect_uris: client.redirect_uris,
    })
    expect([what, answer.status >= 400 && answer.status < 500, location]).toEqual([what, true, ''])
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  }
})

test('a document is never fetched from an address inside, in whatever spelling', async () => {
  for (const host of [
    '169.254.169.254',
    '10.0.0.1',
    '0x0a000001',
    '167772161',
    '[fd00::1]',
    '[::ffff:10.0.0.1]',
    '192.168.1.1',
  ]) {
    const { answer, location } = await start(server, browser, {
      client_id: `https://${host}/client.json`,
      redirect_uris: ['http://localhost:1/callback'],
    })
    expect([host, answer.status, location]).toEqual([host, 400, ''])
  }
})

test('a client proves itself with the key its document points to, once per assertion', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  answers.set('/jwks.json', { body: JSON.stringify({ keys: [jwk] }) })
  const client = publish('/keyed.json', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${home}/jwks.json`,
  })
  const { form } = await agree(client)
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(client.client_id)
    .setSubject(client.client_id)
    .setAudience(baseOf(server))
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey)
  const proof = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
  expect((await askToken(server, form)).status).toBe(401)
  const answer = await askToken(server, { ...form, ...proof })
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string }
  expect([answer.status, (await initialize(`${baseOf(server)}/mcp`, tokens.access_token)).status]).toEqual([
    200, 200,
  ])
  const replay = await askToken(server, {
    grant_type: 'refresh_token',
    client_id: client.client_id,
    refresh_token: tokens.refresh_token,
    ...proof,
  })
  expect(replay.status).toBe(401)
})
