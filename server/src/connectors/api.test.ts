import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noSecretStores } from '../../../test/support/no-secret-stores.ts'
import { openTestStorage, quietLog, type TestStorage } from '../../../test/support/stores.ts'
import { readConfig } from '../config/config.ts'
import { buildControl, type Control } from '../control/control.ts'
import { credentialRoutes } from '../credentials/api.ts'
import { openCredentials } from '../credentials/credentials.ts'
import { openKeyring } from '../credentials/keyring.ts'
import { openHosting, type ProcessHosting } from '../hosting/hosting.ts'
import type { Caller, Role } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import { connectorRoutes, visibleConnector } from './api.ts'
import { buildConnectorChanges } from './change-connector.ts'
import { openConnectors } from './connectors.ts'

type Answer = {
  status: number
  body: Record<string, unknown> & { errors?: { loc: string; rule: string }[]; data?: { id: string }[] }
}

const people: Record<string, Caller> = Object.fromEntries(
  (['super_admin', 'it_admin', 'security_admin', 'user'] satisfies Role[]).map((role) => {
    const proof = { kind: 'api_key', id: newId<'api_key'>() } as const
    const person = {
      type: 'user',
      id: newId<'user'>(),
      email: `${role}@example.com`,
      name: role,
      roles: [role],
      groupIds: [],
      proof,
    }
    return [role, person as unknown as Caller]
  }),
)

let store: TestStorage
let server: Server
let control: Control
let hosting: ProcessHosting
let baseUrl: string
const usable = new Set<string>()

beforeAll(async () => {
  store = await openTestStorage('embedded')
  const { db, bus } = store.storage
  for (const { id, email } of Object.values(people)) {
    const sql = 'INSERT INTO people (id, email, created_at, updated_at) VALUES ($1, $2, now(), now())'
    await store.storage.pool.query(sql, [id, email])
  }
  const now = Date.now
  const config = readConfig({ RUNLAYER_DATA_DIR: store.dataDir }, '0.0.0')
  const keyring = await openKeyring({ db, secretKeys: [], dataDir: store.dataDir, embedded: true })
  const connectors = await openConnectors({ db, bus })
  const credentials = openCredentials({
    db,
    bus,
    keyring,
    now,
    stores: noSecretStores(),
    connectUrl: () => 'https://gateway.example',
  })
  hosting = await openHosting({
    dataDir: store.dataDir,
    stdioCommands: ['npx', '/usr/bin/tool'],
    unsandboxedStdio: false,
    maxLineBytes: 1000,
    hostEnvironment: {},
    db,
    now,
    log: quietLog,
  })
  const changes = buildConnectorChanges({
    db,
    bus,
    connectors,
    secrets: credentials,
    now,
    log: quietLog,
    host: { ...hosting, checkReference: credentials.checkReference },
    activate: async () => ({ state: 'ok' }),
    onDeleted: async () => undefined,
  })
  const mayUse = (_caller: Caller, { id }: { id: ServerId }) => usable.has(id)
  const visible = visibleConnector({ connectors, mayUse })
  const routes = [
    ...connectorRoutes({ connectors, changes, mayUse, processLog: hosting.log, publicUrl: config.publicUrl }),
    ...credentialRoutes({
      credentials,
      visible,
      onConnected: async () => undefined,
      checkMayForget: () => undefined,
    }),
  ]
  const identity = {
    authenticate({ apiKey }: { apiKey: string | undefined }): Caller {
      const person = people[apiKey ?? '']
      if (person === undefined) throw new GatewayError('unauthenticated', 'No.')
      return person
    },
    csrfTokenOf: () => '',
  }
  const journal = { open: async () => ({ id: newId<'audit_entry'>(), close: async () => undefined }) }
  control = await buildControl({ routes, identity, journal, config, log: quietLog, bus })
  server = createServer((request, response) => control.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/servers`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await control.close()
  await hosting.stopAll()
  await store.dispose()
})
beforeEach(() => usable.clear())

async function send(method: string, path = '', body?: unknown, who = 'super_admin'): Promise<Answer> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      'x-runlayer-api-key': who,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

const http = { name: 'Weather', transport: 'streamable_http', url: 'https://example.com/mcp' }
const stdio = { name: 'Files', transport: 'stdio', command: '/usr/bin/tool' }
const npx = { ...stdio, command: 'npx', args: ['-y', 'thing'] }
const long = 'x'.repeat(40_000)

/** Each field wrong: the body, and field and rule of the error. */
const mistakes: [string, string, object][] = [
  ['body.name', 'required', { ...http, name: undefined }],
  ['body.name', 'invalid-type', { ...http, name: 1 }],
  ['body.name', 'too-small', { ...http, name: '  ' }],
  ['body.name', 'too-big', { ...http, name: long }],
  ['body.name', 'format-regex', { ...http, name: 'a\nb' }],
  ['body.description', 'too-big', { ...http, description: long }],
  ['body.kind', 'invalid-value', { ...http, kind: 'remote' }],
  ['body.kind', 'stdio-only', { ...http, kind: 'local' }],
  ['body.transport', 'invalid-value', { ...http, transport: undefined }],
  ['body.transport', 'invalid-value', { ...http, transport: 'http' }],
  ['body.url', 'required', { ...http, url: undefined }],
  ['body.url', 'required', { ...http, url: null }],
  ['body.url', 'url', { ...http, url: 'example' }],
  ['body.url', 'http-url', { ...http, url: 'file:///etc/passwd' }],
  ['body.url', 'no-credentials', { ...http, url: 'https://a:b@example.com' }],
  ['body.url', 'no-fragment', { ...http, url: 'https://example.com/#x' }],
  ['body.url', 'no-placeholder', { ...http, url: 'https://example.com/?key={API_KEY}' }],
  ['body.url', 'too-big', { ...http, url: `https://example.com/${long}` }],
  ['body.url', 'http-only', { ...stdio, url: 'https://example.com' }],
  ['body.headers', 'invalid-type', { ...http, headers: [] }],
  ['body.headers', 'http-only', { ...stdio, headers: { a: 'b' } }],
  [
    'body.headers',
    'custom',
    { ...http, headers: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`x-${n}`, 'y'])) },
  ],
  ['body.headers.a b', 'header-name', { ...http, headers: { 'a b': 'c' } }],
  ['body.headers.a', 'header-value', { ...http, headers: { a: 'b\r\nc: d' } }],
  ['body.headers.a', 'header-value', { ...http, headers: { a: '日' } }],
  ['body.headers.A', 'header-twice', { ...http, headers: { a: 'b', A: 'c' } }],
  ['body.headers.Host', 'header-reserved', { ...http, headers: { Host: 'a' } }],
  ['body.headers.Content-Length', 'header-reserved', { ...http, headers: { 'Content-Length': '1' } }],
  ['body.headers.mcp-session-id', 'header-reserved', { ...http, headers: { 'mcp-session-id': '1' } }],
  [
    'body.headers.Authorization',
    'header-reserved',
    { ...http, auth: { type: 'bearer', token: 'x' }, headers: { Authorization: 'x' } },
  ],
  ['body.headers.a', 'value-unknown', { ...http, headers: { a: '[hidden]' } }],
  ['body.command', 'required', { ...stdio, command: undefined }],
  ['body.command', 'command-not-allowed', { ...stdio, command: 'bash' }],
  ['body.command', 'command-not-allowed', { ...stdio, command: '/usr/bin/tool ' }],
  ['body.command', 'command-not-allowed', { ...stdio, command: '/usr/bin/tool; id' }],
  ['body.command', 'command-not-allowed', { ...stdio, command: '/usr/bin/../bin/tool' }],
  ['body.command', 'command-not-allowed', { ...stdio, command: 'tool' }],
  ['body.command', 'control-character', { ...stdio, command: '/usr/bin/tool\n' }],
  ['body.command', 'stdio-only', { ...http, command: 'npx' }],
  ['body.args', 'invalid-type', { ...stdio, args: '-y' }],
  ['body.args', 'npx-form', { ...npx, args: ['thing'] }],
  ['body.args', 'npx-form', { ...npx, args: ['-y'] }],
  ['body.args', 'npx-form', { ...npx, args: ['-c', 'id'] }],
  ['body.args.1', 'package-name', { ...npx, args: ['-y', '--registry=http://evil'] }],
  ['body.args.1', 'package-name', { ...npx, args: ['-y', 'https://evil/x.tgz'] }],
  ['body.args.1', 'package-name', { ...npx, args: ['-y', 'thing@$(id)'] }],
  ['body.args.0', 'control-character', { ...stdio, args: ['a\0b'] }],
  ['body.args.0', 'no-placeholder', { ...stdio, args: ['--key={API_KEY}'] }],
  ['body.args', 'stdio-only', { ...http, args: ['x'] }],
  ['body.env', 'invalid-type', { ...stdio, env: 'A=b' }],
  ['body.env.A', 'invalid-union', { ...stdio, env: { A: 1 } }],
  ['body.env.A B', 'env-name', { ...stdio, env: { 'A B': 'x' } }],
  ['body.env.NODE_OPTIONS', 'env-reserved', { ...stdio, env: { NODE_OPTIONS: '--require=/x' } }],
  ['body.env.LD_PRELOAD', 'env-reserved', { ...stdio, env: { LD_PRELOAD: '/x' } }],
  ['body.env.A', 'control-character', { ...stdio, env: { A: 'a\0b' } }],
  ['body.env.A', 'value-unknown', { ...stdio, env: { A: '[hidden]' } }],
  ['body.env', 'stdio-only', { ...http, env: { A: 'b' } }],
  ['body.auth', 'invalid-type', { ...http, auth: 'none' }],
  ['body.auth.type', 'invalid-value', { ...http, auth: { type: 'basic' } }],
  ['body.auth.type', 'oauth-only', { ...http, auth: { type: 'auto', client_id: 'x' } }],
  [
    'body.auth.type',
    'header-reserved',
    { ...http, headers: { Authorization: 'x' }, auth: { type: 'oauth' } },
  ],
  ['body.auth.client_id', 'required', { ...http, auth: { type: 'oauth', client_secret: 'x' } }],
  ['body.auth.client_id', 'required', { ...http, auth: { type: 'oauth', flow: 'client_credentials' } }],
  [
    'body.auth.token_url',
    'both-urls',
    { ...http, auth: { type: 'oauth', authorization_url: 'https://a.example' } },
  ],
  ['body.auth.issuer', 'http-url', { ...http, auth: { type: 'oauth', issuer: 'file:///etc/passwd' } }],
  ['body.auth.issuer', 'http-url', { ...http, auth: { type: 'oauth', issuer: 'https://a.example/$(id) x' } }],
  ['body.auth.type', 'http-only', { ...stdio, auth: { type: 'bearer', token: 'x' } }],
  ['body.auth.token', 'required', { ...http, auth: { type: 'bearer' } }],
  ['body.auth.token', 'bearer-only', { ...http, auth: { type: 'none', token: 'x' } }],
  ['body.auth.token', 'token-characters', { ...http, auth: { type: 'bearer', token: 'a b' } }],
  ['body.auth.user', 'unknown-field', { ...http, auth: { type: 'none', user: 'x' } }],
  ['body.status', 'invalid-value', { ...http, status: 'on' }],
  ['body.tool_output_offloading', 'invalid-type', { ...http, tool_output_offloading: 'yes' }],
  ['body.skip_input_validation', 'invalid-type', { ...http, skip_input_validation: 1 }],
  ['body.sensitive', 'invalid-type', { ...http, sensitive: null }],
  ['body.identity_forward', 'invalid-type', { ...http, identity_forward: 'x' }],
  ['body.identity_forward', 'not-available', { ...http, identity_forward: true }],
  ['body.protocol', 'invalid-value', { ...http, protocol: '2025-11-25' }],
  ['body.tool_review', 'invalid-value', { ...http, tool_review: 'none' }],
  ['body.network', 'invalid-value', { ...stdio, network: 'host' }],
  ['body.network', 'stdio-only', { ...http, network: 'open' }],
  ['body.mounts', 'invalid-type', { ...stdio, mounts: {} }],
  ['body.mounts', 'stdio-only', { ...http, mounts: [{ path: '/data', mode: 'ro' }] }],
  ['body.mounts.0.mode', 'invalid-value', { ...stdio, mounts: [{ path: '/data', mode: 'rwx' }] }],
  ['body.mounts.0.path', 'mount-path', { ...stdio, mounts: [{ path: '/etc', mode: 'ro' }] }],
  ['body.mounts.0.path', 'mount-path', { ...stdio, mounts: [{ path: 'data', mode: 'ro' }] }],
  ['body.mounts.0.extra', 'unknown-field', { ...stdio, mounts: [{ path: '/data', mode: 'ro', extra: 1 }] }],
  ['body.slug', 'unknown-field', { ...http, slug: 'mine' }],
  ['body.demo', 'unknown-field', { ...http, demo: true }],
]

describe('a wrong field is named with its rule and nothing is stored', () => {
  test.each(mistakes)('%s: %s', async (loc, rule, body) => {
    const { status, body: problem } = await send('POST', '', body)
    expect(status).toBe(422)
    expect(problem.errors).toContainEqual({ loc, rule, msg: expect.stringMatching(/./) })
    expect((await send('GET')).body.data).toEqual([])
  })

  test('every field of the body is among the mistakes', async () => {
    const fields = Object.keys(http).concat(
      'description',
      'kind',
      'headers',
      'command',
      'args',
      'env',
      'auth',
      'status',
      'tool_output_offloading',
      'skip_input_validation',
      'sensitive',
      'identity_forward',
      'protocol',
      'tool_review',
      'network',
      'mounts',
    )
    const tried = new Set(mistakes.map(([loc]) => loc.split('.')[1]))
    expect(fields.filter((field) => !tried.has(field))).toEqual([])
  })
})

test('a secret may be kept elsewhere; where is shown, and kept by a change that does not name it', async () => {
  const ref = 'file:github'
  const refused = await send('POST', '', { ...http, headers: { 'X-A': { ref } } })
  expect(refused.body.errors).toEqual([
    {
      loc: 'body.headers.X-A',
      rule: 'secret-reference',
      msg: expect.stringContaining('RUNLAYER_SECRET_FILES'),
    },
  ])
})

test('a change is held to the same rules, and the kind is fixed', async () => {
  const { body } = await send('POST', '', http)
  const errors = async (change: object) =>
    (await send('PATCH', `/${body['id']}`, change)).body.errors?.map(({ loc, rule }) => `${loc} ${rule}`)
  expect(await errors({ url: 'ftp://x' })).toEqual(['body.url http-url'])
  expect(await errors({ transport: 'stdio' })).toEqual(['body.command required'])
  expect(await errors({ kind: 'local' })).toEqual(['body.kind unknown-field'])
  expect(await errors({ revision: 0 })).toEqual(['body.revision too-small'])
  expect((await send('PATCH', `/${body['id']}`, { name: 'B', revision: 7 })).status).toBe(409)
  expect((await send('GET', `/${body['id']}`)).body).toEqual(body)
  await send('DELETE', `/${body['id']}`)
})

test('an admin creates, reads, changes and deletes a connector', async () => {
  const made = await send('POST', '', {
    ...http,
    auth: { type: 'bearer', token: 'secret' },
    headers: { 'X-A': 'secret', 'X-B': '{KEY}' },
  })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    slug: 'weather',
    kind: 'hosted',
    status: 'active',
    health: 'ok',
    auth: { type: 'bearer' },
    tool_output_offloading: true,
    headers: { 'X-A': '[hidden]', 'X-B': '{KEY}' },
    personal_values: ['KEY'],
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(JSON.stringify(made.body)).not.toContain('secret')
  const path = `/${made.body['id']}`
  const changed = await send('PATCH', path, { name: 'Climate', status: 'disabled' })
  expect(changed.body).toMatchObject({ name: 'Climate', slug: 'weather', status: 'disabled', revision: 2 })
  expect((await send('GET', path)).body).toEqual(changed.body)
  expect((await send('GET', `${path}/log`)).body).toEqual({ data: [], next_cursor: null })
  expect((await send('DELETE', path)).status).toBe(204)
  expect((await send('GET', path)).status).toBe(404)
})

test('people without the right to read connectors see what they may use, and not how it is reached', async () => {
  const { body } = await send('POST', '', { ...http, headers: { 'X-B': '{KEY}' } }, 'it_admin')
  const path = `/${body['id']}`
  const unknown = await send('GET', `/${newId()}`, undefined, 'user')
  const hiddenAnswer = await send('GET', path, undefined, 'user')
  const stable = ({ status, body: { request_id: _, ...rest } }: Answer) => ({ status, rest })
  expect(stable(hiddenAnswer)).toEqual(stable(unknown))
  expect((await send('GET', '', undefined, 'user')).body.data).toEqual([])
  expect((await send('PUT', `${path}/connection`, { values: { KEY: 'x' } }, 'user')).status).toBe(404)
  usable.add(String(body['id']))
  const seen = await send('GET', path, undefined, 'user')
  expect(seen.body).toMatchObject({ name: 'Weather', url: null, headers: {}, personal_values: ['KEY'] })
  expect((await send('GET', '?scope=accessible', undefined, 'user')).body.data).toHaveLength(1)
  expect((await send('GET', '?scope=all', undefined, 'user')).status).toBe(403)
  expect((await send('GET', `${path}/log`, undefined, 'user')).status).toBe(403)
  expect((await send('PATCH', path, { name: 'x' }, 'user')).status).toBe(403)
  expect((await send('DELETE', path, undefined, 'security_admin')).status).toBe(403)
  await send('DELETE', path)
})

test('a draft looks unknown to an admin who may not see drafts', async () => {
  const { body } = await send('POST', '', { ...http, status: 'draft' }, 'it_admin')
  usable.add(String(body['id']))
  const path = `/${body['id']}`
  expect((await send('GET', path, undefined, 'security_admin')).status).toBe(404)
  expect((await send('GET', '', undefined, 'security_admin')).body.data).toEqual([])
  expect((await send('GET', path, undefined, 'super_admin')).status).toBe(200)
  await send('DELETE', path)
})

test('a person stores, sees the state of and forgets their own values, which no answer repeats', async () => {
  const { body } = await send('POST', '', { ...http, headers: { 'X-B': '{KEY}' } })
  usable.add(String(body['id']))
  const path = `/${body['id']}/connection`
  const as = (method: string, sent?: unknown) => send(method, path, sent, 'user')
  expect((await as('GET')).body).toEqual({ state: 'needs_values', missing: ['KEY'], sign_in: null })
  expect((await as('PUT', { values: { KEY: 'my-value' } })).body).toEqual({
    state: 'connected',
    missing: [],
    sign_in: null,
  })
  expect((await send('GET', path)).body).toEqual({ state: 'needs_values', missing: ['KEY'], sign_in: null })
  for (const [sent, error] of [
    [{ values: { OTHER: 'my-value' } }, 'body.values.OTHER value-unknown'],
    [{ values: { KEY: 'my-value\r\n' } }, 'body.values.KEY value-characters'],
    [{ values: { KEY: 1 } }, 'body.values.KEY invalid-type'],
    [{ values: 'my-value' }, 'body.values invalid-type'],
    [{}, 'body.values required'],
    [{ values: {}, more: 1 }, 'body.more unknown-field'],
  ] as const) {
    const refused = await as('PUT', sent)
    expect(refused.status).toBe(422)
    expect(refused.body.errors?.map(({ loc, rule }) => `${loc} ${rule}`)).toEqual([error])
    expect(JSON.stringify(refused.body)).not.toContain('my-value')
  }
  expect((await as('DELETE')).body).toEqual({ state: 'needs_values', missing: ['KEY'], sign_in: null })
  await send('DELETE', `/${body['id']}`)
})
