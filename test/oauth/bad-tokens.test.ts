import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import { type Browser, baseOf, connect, initialize, register, signIn } from '../support/oauth-client.ts'
import { type RunningServer, root } from '../support/server.ts'

let server: RunningServer
let browser: Browser
let base: string
let good: string
beforeAll(async () => {
  server = await freshServer()
  base = baseOf(server)
  browser = await signIn(server, 'admin@example.com')
  good = (await connect(server, browser, await register(server))).access_token
})
afterAll(() => server?.remove())

const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Tokens that say all the right things and are not ours, and ours that were touched. */
async function badTokens(): Promise<Record<string, string>> {
  const [head = '', body = '', mark = ''] = good.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string; kid: string }
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { keys } = (await (await fetch(`${base}/api/v1/oauth/jwks`)).json()) as { keys: object[] }
  const signed = (more: object = {}, headerMore: object = {}) =>
    new SignJWT({ ...claims, ...more })
      .setProtectedHeader({ ...header, typ: 'at+jwt', ...headerMore })
      .sign(own.privateKey)
  const changed = (more: object) => `${head}.${text({ ...claims, ...more })}.${mark}`
  return {
    'alg none': `${text({ ...header, alg: 'none' })}.${body}.`,
    'alg none with the old mark': `${text({ ...header, alg: 'none' })}.${body}.${mark}`,
    'alg None in other case': `${text({ ...header, alg: 'NoNe' })}.${body}.${mark}`,
    'no mark': `${head}.${body}.`,
    'no body': `${head}..${mark}`,
    'two parts': `${head}.${body}`,
    'four parts': `${good}.${mark}`,
    'five parts, as if encrypted': `${good}.${mark}.${mark}`,
    cut: good.slice(0, -8),
    longer: `${good}AAAA`,
    'another person': changed({ sub: '00000000-0000-4000-8000-000000000000' }),
    'a later end': changed({ exp: 4_000_000_000 }),
    'another audience': changed({ aud: `${base}/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp` }),
    'another grant': changed({ grant: 'x' }),
    'another key with our name': await signed(),
    'another key and no name': await signed({}, { kid: undefined }),
    'another key in the header': await signed({}, { jwk: own.publicKey.export({ format: 'jwk' }) }),
    'keys at an address': await signed({}, { jku: 'http://127.0.0.1:1/jwks' }),
    'another issuer': await signed({ iss: 'https://issuer.example' }),
    ended: await signed({ exp: 1 }),
    'an ID token': await signed({}, { typ: 'JWT' }),
    'no type': await signed({}, { typ: undefined }),
    RS256: await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' }).sign(rsa.privateKey),
    'HS256 with our public key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: header.kid })
      .sign(Buffer.from(JSON.stringify(keys[0]))),
    'an unknown critical header': `${text({ ...header, crit: ['x'], x: 1 })}.${body}.${mark}`,
    'a body that is no object': `${head}.${text([])}.${mark}`,
    'a huge one': `${head}.${'A'.repeat(8000)}.${mark}`,
    'white space inside': `${head}. ${body}.${mark}`,
    'a refresh token': 'Vq3hX0c9Jm2-ZtB7oU1yEwK4sPdRgTfLaNiQxC8vM6e',
    'padded base64': `${head}=.${body}.${mark}`,
  }
}

test('a good token is let in', async () => {
  expect((await initialize(`${base}/mcp`, good)).status).toBe(200)
})

test('thirty bad tokens are 401 at every MCP endpoint and every REST operation, never anonymous', async () => {
  const document = JSON.parse(readFileSync(`${root}/contract/openapi.json`, 'utf8')) as {
    paths: Record<string, Record<string, { security?: unknown[] }>>
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security === undefined)
      .map(([method]) => [
        method.toUpperCase(),
        path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000'),
      ]),
  )
  const all: (readonly string[])[] = [
    ...operations,
    ...[
      '/mcp',
      '/api/v1/proxy/runlayer/mcp',
      '/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp',
    ].flatMap((path) => ['POST', 'GET', 'DELETE'].map((method) => [method, path])),
  ]
  const tokens = Object.entries(await badTokens())
  expect(tokens.length).toBeGreaterThanOrEqual(30)
  expect(operations.length).toBeGreaterThan(60)
  const wrong: string[] = []
  for (const [method = '', path = ''] of all) {
    const answers = await Promise.all(
      tokens.map(async ([name, token]) => {
        const answer = await fetch(base + path, { method, headers: { authorization: `Bearer ${token}` } })
        await answer.arrayBuffer()
        const challenge = answer.headers.get('www-authenticate') ?? ''
        return answer.status === 401 && challenge.startsWith('Bearer resource_metadata="')
          ? []
          : [`${method} ${path} × ${name}: ${answer.status}`]
      }),
    )
    wrong.push(...answers.flat())
  }
  expect(wrong).toEqual([])
}, 120_000)

test('a good token is 401 on every REST operation: it is for MCP alone', async () => {
  for (const path of [
    '/api/v1/users/me',
    '/api/v1/servers',
    '/api/v1/audit-logs',
    '/api/v1/oauth/connections',
  ]) {
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${good}` } })
    expect([path, answer.status]).toEqual([path, 401])
  }
})
