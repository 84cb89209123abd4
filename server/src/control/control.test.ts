import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../config/config.ts'
import type { Caller, Role } from '../kernel/caller.ts'
import type { CloseEntry, Journal, OpenEntry } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Log } from '../lib/log.ts'
import { buildControl, type Control } from './control.ts'

const goodKey = `rl_${'a'.repeat(32)}`
const userKey = `rl_${'b'.repeat(32)}`
const sessionCookie = 'runlayer=ok'

function caller(roles: Role[], proof: 'api_key' | 'session'): Caller {
  return {
    type: 'user',
    id: newId(),
    email: 'a@example.com',
    name: 'A',
    roles,
    groupIds: [],
    proof: { kind: proof, id: newId() },
  } as unknown as Caller
}

const identity = {
  authenticate(presented: {
    authorization: string | undefined
    apiKey: string | undefined
    cookie: string | undefined
  }): Caller {
    const key = presented.apiKey ?? presented.authorization?.replace(/^Bearer /, '')
    if (key === goodKey) return caller(['super_admin'], 'api_key')
    if (key === userKey) return caller(['user'], 'api_key')
    if (key === undefined && presented.cookie === sessionCookie) return caller(['super_admin'], 'session')
    throw new GatewayError('unauthenticated', 'The credential is not valid.')
  },
  csrfTokenOf: () => 'csrf-token',
}

type Seen = { open: OpenEntry; close?: CloseEntry }

function rememberingJournal(seen: Seen[]): Journal {
  return {
    open: async (open) => {
      const entry: Seen = { open }
      seen.push(entry)
      return { id: newId(), close: async (close) => void Object.assign(entry, { close }) }
    },
  }
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const Thing = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Thing' })
const params = z.object({ id: z.uuid() })

function thingRoutes(): Route[] {
  const common = { tag: 'Things', summary: 'A thing', output: Thing } as const
  return [
    route({
      ...common,
      method: 'GET',
      path: '/api/v1/things/{id}',
      operationId: 'getThing',
      needs: 'anyone',
      params,
      status: 200,
      run: async (_context, { params: { id } }) => ({ id, name: 'one', secret: 'never shown' }) as never,
    }),
    route({
      ...common,
      method: 'GET',
      path: '/api/v1/things',
      operationId: 'listThings',
      needs: 'anyone',
      query: z.object({ limit: z.coerce.number().int().max(10).optional() }),
      status: 200,
      run: async () => ({ id: '1', name: 'one' }),
    }),
    route({
      ...common,
      method: 'POST',
      path: '/api/v1/things',
      operationId: 'createThing',
      needs: 'connectors.write',
      audit: { action: 'thing_created', resourceType: 'thing' },
      body: z.object({ name: z.string().min(2), url: z.url().optional(), size: z.number().int().optional() }),
      status: 201,
      run: async (context, { body }) => {
        if (body.name === 'clash') throw new GatewayError('conflict', 'This name is taken.')
        if (body.name === 'crash') throw new Error('a secret reason')
        if (body.name === 'away') throw new Error('timeout exceeded when trying to connect')
        context.record({ resourceId: 'thing-1', after: { name: body.name } })
        return { id: '1', name: body.name }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/things/export',
      operationId: 'exportThings',
      summary: 'All things as a file',
      tag: 'Things',
      needs: 'anyone',
      query: z.object({ format: z.enum(['json', 'csv']).optional() }),
      output: z.string(),
      status: 200,
      run: async () => 'id,name',
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/things/{id}',
      operationId: 'deleteThing',
      summary: 'Delete',
      tag: 'Things',
      needs: 'anyone',
      audit: { action: 'thing_deleted', resourceType: 'thing' },
      params,
      output: z.undefined(),
      status: 204,
      run: async () => undefined,
    }),
  ]
}

let server: Server
let control: Control
let base: string
let seen: Seen[]
let webRoot: string
let freshness: (() => Promise<void>) | undefined

async function start(environment: Record<string, string> = {}, journal?: Journal): Promise<void> {
  control = await buildControl({
    routes: thingRoutes(),
    identity,
    journal: journal ?? rememberingJournal(seen),
    config: readConfig(environment, '1.2.3'),
    log: silent,
    bus: { ensureFresh: () => freshness?.() },
    checks: { database: async () => ({ state: 'ok' }) },
    webRoot,
  })
  server = createServer((request, response) => control.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stop(): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await control.close()
}

beforeEach(async () => {
  seen = []
  freshness = undefined
  webRoot = mkdtempSync(join(tmpdir(), 'control-'))
  mkdirSync(join(webRoot, 'assets'))
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(join(webRoot, 'assets/app-1a2b.js'), 'export {}')
  await start()
})

afterEach(async () => {
  await stop()
  rmSync(webRoot, { recursive: true, force: true })
})

type Answer = { status: number; headers: Headers; body: { [name: string]: unknown } }

async function send(
  method: string,
  path: string,
  init: { body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { 'x-runlayer-api-key': goodKey, ...init.headers },
    ...(init.body === undefined ? {} : { body: init.body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : { text },
  }
}

const json = { 'content-type': 'application/json' }
const post = (value: unknown, headers: Record<string, string> = {}) =>
  send('POST', '/api/v1/things', { body: JSON.stringify(value), headers: { ...json, ...headers } })

/** fetch hides and sets some headers itself; this sends exactly what it is given. */
function sendRaw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${base}${path}`, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

describe('credentials are judged first', () => {
  test('a bad credential is 401 even with an unreadable, oversized or mistyped body', async () => {
    const bad = { 'x-runlayer-api-key': 'rl_wrong' }
    for (const init of [
      { body: '{', headers: { ...json, ...bad } },
      { body: 'x'.repeat(5 * 1024 * 1024), headers: { ...json, ...bad } },
      { body: '<a/>', headers: { 'content-type': 'text/xml', ...bad } },
      { body: JSON.stringify({}), headers: { ...json, ...bad, origin: 'https://evil.example' } },
    ]) {
      const { status, headers, body } = await send('POST', '/api/v1/things', init)
      expect(status).toBe(401)
      expect(body['type']).toBe('/problems/unauthenticated')
      expect(headers.get('www-authenticate')).toBe(
        'Bearer resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource", DPoP algs="ES256 EdDSA Ed25519"',
      )
    }
    expect(seen).toEqual([])
  })

  test('thirty malformed credentials are 401 on every operation that is not public', async () => {
    const values = [
      '',
      ' ',
      'rl_',
      'rl_short',
      `rl_${'c'.repeat(32)}`,
      `${goodKey} `.repeat(2),
      goodKey.toUpperCase(),
      `${goodKey}x`,
      'null',
      'undefined',
      'Bearer',
      '../../x',
      "' or 1=1",
      '%00',
      `x${goodKey}`,
    ]
    const bad = values.flatMap((value) => [
      { authorization: `Bearer ${value}` },
      { authorization: `Basic ${value}` },
    ])
    expect(bad).toHaveLength(30)
    for (const one of control.routes.filter((declared) => declared.needs !== 'public')) {
      for (const headers of bad) {
        const path = one.path.replace('{id}', newId())
        const { status } = await sendRaw(path, headers, one.method)
        expect([one.operationId, headers.authorization, status]).toEqual([
          one.operationId,
          headers.authorization,
          401,
        ])
      }
    }
  })

  test('no credential is 401, for paths nobody declared too', async () => {
    expect((await fetch(`${base}/api/v1/things`)).status).toBe(401)
    expect((await fetch(`${base}/api/v1/nothing-here`)).status).toBe(401)
    expect((await send('GET', '/api/v1/nothing-here')).body['type']).toBe('/problems/not-found')
  })

  test('what a 401 points to is there, and no path in it leads away', async () => {
    const challenge = (await fetch(`${base}/api/v1/things`)).headers.get('www-authenticate') ?? ''
    const address = new URL(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '')
    const metadata = async (path: string) => JSON.parse((await sendRaw(path, {})).text)
    // Without a path it is Runlayer Plugin.
    expect((await metadata(address.pathname)).resource).toBe('http://localhost:3000/mcp')
    expect((await metadata(`${address.pathname}/mcp`)).resource).toBe('http://localhost:3000/mcp')
    expect((await metadata(`${address.pathname}//evil.example`)).resource).toMatch(
      /^http:\/\/localhost:3000\//,
    )
  })

  test('what is public ignores credentials', async () => {
    const { status, body } = await send('GET', '/api/v1/utils/health-check/', {
      headers: { 'x-runlayer-api-key': 'rl_wrong' },
    })
    expect([status, body]).toEqual([
      200,
      { status: 'ok', version: '1.2.3', checks: { database: { state: 'ok' } } },
    ])
    expect((await send('GET', '/api/v1/utils/health-check')).status).toBe(200)
  })

  test('a process that cannot hear changes refuses rather than trust what it remembers', async () => {
    freshness = () => Promise.reject(new GatewayError('busy', 'Changes cannot be heard right now.'))
    const { status, headers } = await send('GET', '/api/v1/things')
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  })
})

describe('where a request comes from', () => {
  test('a foreign Host is refused with and without a credential', async () => {
    for (const host of ['evil.example', 'evil.example:3000', 'localhost.evil.example', '127.0.0.1.nip.io']) {
      expect((await sendRaw('/api/v1/things', { host, 'x-runlayer-api-key': goodKey })).status).toBe(403)
      expect((await sendRaw('/api/v1/things', { host })).status).toBe(403)
      expect((await sendRaw('/api/v1/openapi.json', { host })).status).toBe(403)
      expect((await sendRaw('/', { host, accept: 'text/html' })).status).toBe(403)
    }
  })

  test('forwarded headers change no link', async () => {
    const { text } = await sendRaw('/api/v1/openapi.json', {
      host: 'localhost',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    })
    expect(JSON.parse(text).servers).toEqual([{ url: 'http://localhost:3000' }])
    expect(text).not.toContain('evil.example')
  })

  test('a foreign Origin is refused on reads and changes, the own one is not', async () => {
    expect(
      (await sendRaw('/api/v1/things', { 'x-runlayer-api-key': goodKey, origin: 'http://localhost:9999' }))
        .status,
    ).toBe(403)
    expect((await sendRaw('/api/v1/things', { 'x-runlayer-api-key': goodKey, origin: 'null' })).status).toBe(
      403,
    )
    expect((await sendRaw('/api/v1/things', { 'x-runlayer-api-key': goodKey, origin: base })).status).toBe(
      200,
    )
    expect((await post({ name: 'ok' }, { origin: 'https://evil.example' })).body['type']).toBe(
      '/problems/origin-refused',
    )
  })

  test('on a public address only the public host is served', async () => {
    await stop()
    await start({ RUNLAYER_BIND: '0.0.0.0', RUNLAYER_PUBLIC_URL: 'https://gate.example.com' })
    expect(
      (await sendRaw('/api/v1/things', { host: 'localhost', 'x-runlayer-api-key': goodKey })).status,
    ).toBe(403)
    const { status, headers } = await sendRaw('/api/v1/things', {
      host: 'gate.example.com',
      'x-runlayer-api-key': goodKey,
    })
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000'])
  })

  test('a session changes nothing without its token', async () => {
    const cookie = { 'x-runlayer-api-key': '', cookie: sessionCookie }
    const change = (headers: Record<string, string>) =>
      sendRaw(`/api/v1/things/${newId()}`, headers, 'DELETE')
    expect((await change({ cookie: sessionCookie })).text).toContain('/problems/csrf-refused')
    expect((await change({ cookie: sessionCookie, 'x-csrf-token': 'csrf-tokem' })).status).toBe(403)
    expect((await change({ cookie: sessionCookie, 'x-csrf-token': 'csrf-token' })).status).toBe(204)
    expect((await sendRaw('/api/v1/things', { cookie: sessionCookie })).status).toBe(200)
    expect((await change(cookie)).status).toBe(401)
  })
})

describe('input', () => {
  test('every wrong field is named with its rule', async () => {
    const { status, body } = await post({ name: 'x', url: 'nope', size: 1.5, nmae: 'typo' })
    expect(status).toBe(422)
    expect(
      (body['errors'] as { loc: string; rule: string }[]).map(({ loc, rule }) => `${loc} ${rule}`).sort(),
    ).toEqual([
      'body.name too-small',
      'body.nmae unknown-field',
      'body.size invalid-type',
      'body.url format-url',
    ])
    expect(body).toMatchObject({
      type: '/problems/invalid-field',
      fault: 'client',
      title: expect.any(String),
      detail: expect.stringContaining('4 fields'),
    })
  })

  test('a missing field is called required', async () => {
    expect((await post({})).body['errors']).toEqual([
      { loc: 'body.name', rule: 'required', msg: expect.any(String) },
    ])
  })

  test('query fields are checked and unknown ones refused', async () => {
    expect((await send('GET', '/api/v1/things?limit=11')).body['errors']).toEqual([
      { loc: 'query.limit', rule: 'too-big', msg: expect.any(String) },
    ])
    expect((await send('GET', '/api/v1/things?limti=1')).body['errors']).toEqual([
      { loc: 'query.limti', rule: 'unknown-field', msg: expect.any(String) },
    ])
    expect((await send('GET', `/api/v1/things/${newId()}?x=1`)).status).toBe(422)
    expect((await send('GET', '/api/v1/things?limit=10')).status).toBe(200)
  })

  test('an odd spelling of an id is an unknown id', async () => {
    for (const id of ['1', '..%2f..', `${newId()}x`, '*'])
      expect((await send('GET', `/api/v1/things/${id}`)).status).toBe(404)
  })

  test('unreadable, ambiguous, too deep, too large and mistyped bodies each say so', async () => {
    const status = async (body: string, headers: Record<string, string> = json) =>
      (await send('POST', '/api/v1/things', { body, headers })).status
    expect(await status('{')).toBe(400)
    expect(await status('')).toBe(400)
    expect(await status('{"name":"ok","name":"ko"}')).toBe(400)
    expect(await status('{"name":"ok","__proto__":{"a":1}}')).toBe(400)
    expect(await status(`${'['.repeat(1000)}${']'.repeat(1000)}`)).toBe(400)
    expect(await status(JSON.stringify({ name: 'x'.repeat(5 * 1024 * 1024) }))).toBe(413)
    expect(await status('name=ok', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415)
    expect(await status('{"name":"ok"}')).toBe(201)
    expect(seen).toHaveLength(1)
  })
})

describe('answers', () => {
  test('every answer carries its own request id, and echoes a safe correlation id', async () => {
    const first = await send('GET', '/api/v1/things', {
      headers: { 'x-request-id': 'mine', 'x-correlation-id': 'trace-7' },
    })
    expect(first.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(first.headers.get('x-correlation-id')).toBe('trace-7')
    expect(
      (await send('GET', '/api/v1/things', { headers: { 'x-correlation-id': 'a b;c' } })).headers.get(
        'x-correlation-id',
      ),
    ).toBeNull()
    for (const path of ['/api/v1/nothing', '/nothing', '/%zz', '/docs', '/metrics', '/']) {
      expect([path, (await fetch(`${base}${path}`)).headers.get('x-request-id') !== null]).toEqual([
        path,
        true,
      ])
    }
  })

  test('an undeclared field never leaves', async () => {
    const { body, headers } = await send('GET', `/api/v1/things/${newId()}`)
    expect(Object.keys(body)).toEqual(['id', 'name'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  })

  test('a method that is not offered is 405 and names those that are', async () => {
    const { status, headers } = await send('PUT', '/api/v1/things')
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect((await fetch(`${base}/api/v1/things`, { method: 'PUT' })).status).toBe(401)
  })

  test('a programming mistake tells the client nothing but the request id', async () => {
    const { status, body, headers } = await post({ name: 'crash' })
    expect([status, body['type'], body['fault']]).toEqual([500, '/problems/internal', 'gateway'])
    expect(JSON.stringify(body)).not.toContain('secret reason')
    expect(body['request_id']).toBe(headers.get('x-request-id'))
  })

  test('a database that does not answer in time is said to be so, and may be asked again', async () => {
    const { status, body, headers } = await post({ name: 'away' })
    expect([status, body['type'], body['fault']]).toEqual([503, '/problems/busy', 'gateway'])
    expect(headers.get('retry-after')).toBe('1')
  })
})

test('an answer that is one text is a file', async () => {
  const { headers, body } = await send('GET', '/api/v1/things/export?format=csv')
  expect(body).toEqual({ text: 'id,name' })
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(headers.get('content-disposition')).toBe('attachment; filename="exportThings.csv"')
})

describe('audit', () => {
  test('a change has one entry, closed before the answer, with who, what and the new state', async () => {
    const { headers } = await post({ name: 'okay' }, { 'x-correlation-id': 'trace-7' })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.open).toMatchObject({
      action: 'thing_created',
      actor: { type: 'user', email: 'a@example.com' },
      requestId: headers.get('x-request-id'),
      correlationId: 'trace-7',
      resourceType: 'thing',
    })
    expect(seen[0]?.close).toEqual({
      action: 'thing_created',
      outcome: 'success',
      resourceId: 'thing-1',
      after: '{"name":"okay"}',
    })
  })

  test('failed and forbidden changes are recorded as such, reads are not', async () => {
    await post({ name: 'clash' })
    await post({ name: 'crash' })
    expect((await post({ name: 'okay' }, { 'x-runlayer-api-key': userKey })).status).toBe(403)
    await send('GET', '/api/v1/things')
    expect(seen.map(({ close }) => `${close?.outcome} ${close?.reason}`)).toEqual([
      'failure conflict',
      'failure internal',
      'denied not-allowed',
    ])
  })

  test('nothing runs when the entry cannot be opened', async () => {
    await stop()
    await start({}, { open: () => Promise.reject(new Error('disk full')) })
    const { status, body } = await post({ name: 'okay' })
    expect([status, body['type']]).toEqual([503, '/problems/audit-unavailable'])
  })

  test('an end that cannot be recorded is not reported as success', async () => {
    await stop()
    await start(
      {},
      { open: async () => ({ id: newId(), close: () => Promise.reject(new Error('disk full')) }) },
    )
    expect((await post({ name: 'okay' })).status).toBe(503)
  })
})

describe('console, explorer and metrics', () => {
  test('every page address answers the one page, hashed files are kept for ever', async () => {
    for (const path of ['/', '/connectors', '/connectors/1?tab=tools']) {
      const { status, text, headers } = await sendRaw(path, { accept: 'text/html' })
      expect([status, text]).toEqual([200, '<!doctype html><title>console</title>'])
      expect(headers['content-security-policy']).toContain("script-src 'self';")
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['cache-control']).toBe('no-cache')
    }
    const asset = await sendRaw('/assets/app-1a2b.js', {})
    expect([asset.status, asset.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
  })

  test('files outside the console and unknown files are not found', async () => {
    for (const path of [
      '/assets/none.js',
      '/../package.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/.env',
      '/assets',
    ])
      expect([path, (await sendRaw(path, {})).status]).toEqual([path, 404])
  })

  test('the explorer is served from here alone', async () => {
    const page = await fetch(`${base}/docs/`)
    const text = await page.text()
    expect(page.status).toBe(200)
    expect(text).not.toMatch(/(src|href)="https?:/)
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'")
    const script = /src="([^"]+)"/.exec(text)?.[1] ?? ''
    expect((await fetch(new URL(script, `${base}/docs/`))).status).toBe(200)
    expect((await fetch(`${base}/docs`)).url).toBe(`${base}/docs/`)
    expect((await sendRaw('/docs/', { host: 'elsewhere.example' })).status).toBe(403)
  })

  test('metrics are open to this machine only', async () => {
    const local = await sendRaw('/metrics', {})
    expect(local.status).toBe(200)
    expect(local.text).toContain('runlayer_rest_request_duration_seconds')
    expect((await sendRaw('/metrics', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(401)
    await stop()
    await start({
      RUNLAYER_BIND: '0.0.0.0',
      RUNLAYER_PUBLIC_URL: 'https://gate.example.com',
      RUNLAYER_METRICS_TOKEN: 'a-token-of-20-chars-x',
    })
    const host = 'gate.example.com'
    expect((await sendRaw('/metrics', { host })).status).toBe(401)
    expect((await sendRaw('/metrics', { host, authorization: 'Bearer a-token-of-20-chars-x' })).status).toBe(
      200,
    )
    expect((await sendRaw('/metrics', { host, authorization: 'Bearer a-token-of-20-chars-y' })).status).toBe(
      401,
    )
    expect((await sendRaw('/metrics', { host, 'x-runlayer-api-key': userKey })).status).toBe(403)
    expect((await sendRaw('/metrics', { host, 'x-runlayer-api-key': goodKey })).status).toBe(200)
  })
})
