import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { type Reply, send } from '../support/raw-mcp.ts'
import { type RunningServer, root } from '../support/server.ts'
import { signInBodies } from './sign-in-bodies.ts'

/**
 * Every field of every body of the contract, wrong once, against the running server: a 422 that names the field and the
 * rule, and nothing written. The bodies come from the OpenAPI document, so a new field is tested by being there.
 */
type Schema = {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maxItems?: number
  additionalProperties?: Schema | boolean
}
type Operation = {
  operationId: string
  requestBody?: { content: { 'application/json': { schema: Schema } } }
}
type Contract = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const contract = JSON.parse(readFileSync(`${root}/contract/openapi.json`, 'utf8')) as Contract

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : (contract.components.schemas[name] ?? {})
}

const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) => {
    const body = operation.requestBody?.content['application/json'].schema
    return body === undefined
      ? []
      : [{ id: operation.operationId, method: method.toUpperCase(), path, schema: resolve(body) }]
  }),
)

/** A place in a body, and a value that must not stand there. */
type Mistake = { where: string[]; value: unknown; why: string }
const missing = Symbol('missing')

/** Types a schema accepts, over all its alternatives. */
function typesOf(schema: Schema): Set<string> {
  const { type, anyOf, enum: values } = resolve(schema)
  const own = type === undefined ? [] : [type].flat()
  const fromEnum = own.length === 0 && values !== undefined ? values.map((value) => typeof value) : []
  return new Set([...own, ...fromEnum, ...(anyOf ?? []).flatMap((one) => [...typesOf(one)])])
}

const samples: Record<string, unknown> = {
  string: 'x',
  integer: 5,
  boolean: true,
  object: { q: 1 },
  array: [1],
  null: null,
}

/** What is wrong for one field by its schema alone. */
function mistakesOf(schema: Schema, where: string[]): Mistake[] {
  const whole = resolve(schema)
  const types = typesOf(whole)
  if (types.size === 0) return []
  const found: Mistake[] = []
  for (const [type, value] of Object.entries(samples)) {
    const accepted = types.has(type) || (type === 'integer' && types.has('number'))
    if (!accepted) found.push({ where, value, why: `${type} instead of ${[...types].join(' or ')}` })
  }
  const alternatives = whole.anyOf?.map(resolve) ?? [whole]
  for (const one of alternatives) {
    if (one.enum !== undefined && types.has('string'))
      found.push({ where, value: 'no such choice', why: 'enum' })
    if (one.maxLength !== undefined && alternatives.length <= 2)
      found.push({ where, value: 'x'.repeat(one.maxLength + 1), why: `longer than ${one.maxLength}` })
    if ((one.minLength ?? 0) > 0) found.push({ where, value: '', why: 'empty' })
    if (one.format !== undefined && one.type === 'string')
      found.push({ where, value: 'no such format', why: `no ${one.format}` })
    if (one.maxItems !== undefined && one.items !== undefined)
      found.push({ where, value: Array.from({ length: one.maxItems + 1 }, () => 'x'), why: 'too many' })
    if (
      one.items !== undefined &&
      (resolve(one.items).type !== undefined || resolve(one.items).enum !== undefined)
    )
      found.push(...mistakesOf(one.items, [...where, '0']))
    if (one.properties !== undefined) found.push(...objectMistakes(one, where))
  }
  return found
}

function objectMistakes(schema: Schema, where: string[]): Mistake[] {
  const found: Mistake[] = [{ where: [...where, 'no_such_field'], value: 1, why: 'unknown field' }]
  for (const name of schema.required ?? [])
    found.push({ where: [...where, name], value: missing, why: 'required' })
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    found.push(...mistakesOf(field, [...where, name]))
  return found
}

/** A copy of a good body with one mistake in it. */
function broken(good: unknown, mistake: Mistake): unknown {
  const body = structuredClone(good) as Record<string, unknown>
  let at: Record<string, unknown> = body
  for (const [index, name] of mistake.where.entries()) {
    if (index === mistake.where.length - 1) {
      if (mistake.value === missing) delete at[name]
      else at[name] = mistake.value
    } else {
      const next = at[name]
      if (typeof next !== 'object' || next === null) at[name] = mistake.where[index + 1] === '0' ? [] : {}
      at = at[name] as Record<string, unknown>
    }
  }
  return body
}

const guardActions = Object.fromEntries(
  ['injection', 'hidden', 'exfiltration', 'commands', 'secrets', 'definitions'].map((name) => [
    name,
    'alert',
  ]),
)

let server: RunningServer
let upstream: WitnessUpstream
let tried = 0
/** Objects that take more than they name: a recorded call is scanned as it was recorded. */
const open = new Set(['scanContent call.no_such_field'])
/** For each operation a body it takes, and the path with real ids. */
let good: Record<string, { path: string; body: Record<string, unknown> }>

beforeAll(async () => {
  upstream = await startWitnessUpstream('legacy')
  server = await freshServer()
  const user = await server.api<{ id: string }>('POST', '/api/v1/users', { email: 'ada@example.com' })
  const group = await server.api<{ id: string }>('POST', '/api/v1/groups', { name: 'team' })
  const newServer = {
    name: 'Echo',
    transport: 'streamable_http',
    url: upstream.url,
    auth: { type: 'none' },
    headers: { 'x-credential': '{TOKEN}' },
    status: 'active',
  }
  const connector = await server.api<{ id: string }>('POST', '/api/v1/servers', newServer)
  const rule = {
    effect: 'allow',
    principals: { type: 'user', ids: [user.id] },
    scope: { servers: [connector.id] },
    conditions: [{ field: 'meta.request.ip', operator: 'eq', value: '127.0.0.1' }],
  }
  const { conditions: _, ...plainRule } = rule
  const policy = await server.api<{ id: string }>('POST', '/api/v1/policies', plainRule)
  good = {
    ...(await signInBodies(server, connector.id)),
    createApiKey: { path: '/api/v1/api-keys', body: { name: 'key' } },
    createGroup: { path: '/api/v1/groups', body: { name: 'other' } },
    updateGroup: { path: `/api/v1/groups/${group.id}`, body: { name: 'team' } },
    createPolicy: { path: '/api/v1/policies', body: rule },
    updatePolicy: { path: `/api/v1/policies/${policy.id}`, body: { enabled: true } },
    simulatePolicy: {
      path: '/api/v1/policies/simulate',
      body: { user_id: user.id, server_id: connector.id, tool: 'echo' },
    },
    createServer: { path: '/api/v1/servers', body: { ...newServer, name: 'Other' } },
    updateServer: { path: `/api/v1/servers/${connector.id}`, body: { description: '' } },
    completeConnection: { path: '/api/v1/connections/complete', body: { state: 'x' } },
    putConnection: { path: `/api/v1/servers/${connector.id}/connection`, body: { values: { TOKEN: 'x' } } },
    reviewServerTool: {
      path: `/api/v1/servers/${connector.id}/tools/review`,
      body: { name: 'echo', hash: 'a'.repeat(64), decision: 'approve' },
    },
    tryTool: {
      path: `/api/v1/servers/${connector.id}/tools/try`,
      body: { name: 'echo', arguments: { nonce: 'x' } },
    },
    acceptPackageUpdate: {
      path: `/api/v1/servers/${connector.id}/package-update/accept`,
      body: { proposed_id: '00000000-0000-4000-8000-000000000000' },
    },
    scanContent: { path: '/api/v1/security/scan', body: { kind: 'tool_input', content: 'hello' } },
    updateCodeMode: { path: '/api/v1/runlayer-plugin/code-mode', body: { enabled: false } },
    scanContents: {
      path: '/api/v1/security/scan/batch',
      body: { items: [{ kind: 'tool_input', content: 'hello' }] },
    },
    updateGuardSettings: {
      path: '/api/v1/security/settings',
      body: { sensitivity: 'low', actions: guardActions, block_when_certain: false },
    },
    createGuardPattern: { path: '/api/v1/security/patterns', body: { name: 'codes', pattern: 'x{3}' } },
    updateOutsideModel: {
      path: '/api/v1/security/outside-models/model_server',
      body: { enabled: false, url: 'https://guard.example.com/scan' },
    },
    updateServerGuardSettings: {
      path: `/api/v1/servers/${connector.id}/security-settings`,
      body: { sensitivity: 'low' },
    },
    updateServerAdmins: {
      path: `/api/v1/servers/${connector.id}/admins`,
      body: { user_ids: [user.id] },
    },
    recoverAdmin: {
      path: '/api/v1/admin-recovery',
      body: { at: 0, nonce: 'x'.repeat(20), proof: 'x' },
    },
    setPassword: { path: '/api/v1/users/me/password', body: { password: 'x' } },
    confirmTotp: { path: '/api/v1/users/me/totp/confirm', body: { code: '123456' } },
    createPasskey: {
      path: '/api/v1/users/me/passkeys',
      body: { name: 'laptop', state: 'x', response: { id: 'x' } },
    },
    askForRedirect: { path: '/api/v1/oauth/interactions/no-such-client/ask', body: { reason: 'x' } },
    agreeToDevice: { path: '/api/v1/oauth/device/agree', body: { user_code: 'BBBB-BBBB' } },
    refuseDevice: { path: '/api/v1/oauth/device/refuse', body: { user_code: 'BBBB-BBBB' } },
    createRedirectRule: {
      path: '/api/v1/oauth/redirect-rules',
      body: { effect: 'allow', pattern: 'https://client.example.com/cb' },
    },
    approveRequest: { path: `/api/v1/requests/${user.id}/approve`, body: { note: 'x' } },
    rejectRequest: { path: `/api/v1/requests/${user.id}/reject`, body: { note: 'x' } },
    createSession: { path: '/api/v1/sessions', body: { token: 'x'.repeat(43) } },
    createUser: { path: '/api/v1/users', body: { email: 'ben@example.com' } },
    updateUser: { path: `/api/v1/users/${user.id}`, body: { name: 'Ada' } },
  }
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

/** Everything that a body could have written. */
async function everything(): Promise<string> {
  const lists = [
    'users',
    'groups',
    'api-keys',
    'servers?scope=all',
    'policies',
    'security/settings',
    'requests',
    'oauth/redirect-rules',
    'oauth/trusted-issuers',
    'agent-accounts',
    'delegations',
    'session-grants',
    'directory/tokens',
    'sso-providers',
    'security/patterns',
    'security/outside-models/model_server',
  ]
  const answers = await Promise.all(lists.map((list) => server.api('GET', `/api/v1/${list}`)))
  // Health is looked at by itself and moves without anybody's request; so does the time a key was last used.
  return JSON.stringify(answers, (key, value: unknown) =>
    ['health', 'health_checked_at', 'health_message', 'last_used_at'].includes(key) ? undefined : value,
  )
}

function post(operation: { method: string }, path: string, body: string): Promise<Reply> {
  return send(new URL(path, server.url), {
    method: operation.method,
    body,
    headers: { 'x-runlayer-api-key': server.adminKey, 'content-type': 'application/json' },
  })
}

/** undefined when the refusal is as contract.md §4 wants it; otherwise what is wrong with it. */
function complaint(reply: Reply, mistake: Mistake): string | undefined {
  if (reply.status !== 422) return `status ${reply.status}: ${reply.text.slice(0, 300)}`
  const problem = JSON.parse(reply.text) as {
    type?: string
    title?: string
    status?: number
    detail?: unknown
    fault?: string
    request_id?: string
    errors?: { loc?: string; rule?: string; msg?: string }[]
  }
  const field = `body.${mistake.where.join('.')}`
  const named = problem.errors?.filter(
    ({ loc = '' }) => loc === field || loc.startsWith(`${field}.`) || field.startsWith(`${loc}.`),
  )
  if (named === undefined || named.length === 0)
    return `names other fields: ${JSON.stringify(problem.errors)}`
  if (named.some(({ rule, msg }) => !rule || !msg)) return `names no rule: ${JSON.stringify(named)}`
  if (typeof problem.detail !== 'string' || problem.fault !== 'client' || problem.status !== 422)
    return `is no problem document: ${reply.text.slice(0, 300)}`
  if (problem.request_id === undefined || problem.request_id !== reply.headers['x-request-id'])
    return 'its request id is not that of the header'
  if (!String(reply.headers['content-type']).startsWith('application/problem+json'))
    return 'is no problem+json'
  return undefined
}

test('every operation with a body has a good one here', () => {
  expect(operations.map((operation) => operation.id).sort()).toEqual(Object.keys(good).sort())
})

describe.each(operations)('$id', (operation) => {
  test('each field wrong once: 422 that names the field and the rule, and nothing is written', async () => {
    const { path, body } = good[operation.id] ?? { path: '', body: {} }
    const mistakes = mistakesOf(operation.schema, [])
      .filter(({ where }) => where.length > 0 && !open.has(`${operation.id} ${where.join('.')}`))
      .concat({ where: ['no_such_field'], value: 1, why: 'unknown field' })
    expect(mistakes.length).toBeGreaterThan(2)
    const before = await everything()
    const wrong: string[] = []
    for (const mistake of mistakes) {
      const reply = await post(operation, path, JSON.stringify(broken(body, mistake)))
      const found = complaint(reply, mistake)
      if (found !== undefined) wrong.push(`${mistake.where.join('.')} (${mistake.why}): ${found}`)
    }
    expect(wrong).toEqual([])
    expect(await everything()).toBe(before)
    tried += mistakes.length
  })

  test('a body that is no object, no JSON, or not there is refused, and nothing is written', async () => {
    const { path } = good[operation.id] ?? { path: '' }
    const before = await everything()
    for (const [text, statuses] of [
      ['', [400, 422]],
      ['{', [400]],
      ['{"a":1,}', [400]],
      ['null', [422]],
      ['[]', [422]],
      ['"text"', [422]],
    ] as const) {
      const reply = await post(operation, path, text)
      expect(statuses, `${text}: ${reply.status} ${reply.text.slice(0, 200)}`).toContain(reply.status)
      expect(String(reply.headers['content-type'])).toContain('application/problem+json')
    }
    expect(await everything()).toBe(before)
  })
})

test('the contract gave hundreds of mistakes, and the good bodies are good', async () => {
  expect(tried).toBeGreaterThan(400)
  // What names something that is not there is refused for that alone.
  const elsewhere = [
    'reviewServerTool',
    'acceptPackageUpdate',
    'createSession',
    'completeConnection',
    'recoverAdmin',
    'askForRedirect',
    'agreeToDevice',
    'refuseDevice',
    'approveRequest',
    'rejectRequest',
    'beginSingleSignOn',
    'createSessionBySingleSignOn',
    'completeSsoTest',
    // Need a session that has just begun.
    'setPassword',
    'confirmTotp',
    'createPasskey',
  ]
  for (const { id, method } of operations) {
    const { path, body } = good[id] ?? { path: '', body: {} }
    const reply = await post({ method }, path, JSON.stringify(body))
    if (elsewhere.includes(id)) expect([400, 401, 403, 404, 409, 422]).toContain(reply.status)
    else expect(reply.status, `${id}: ${reply.text}`).toBeLessThan(300)
  }
})

test('rules that join fields are named too, and nothing is written', async () => {
  const before = await everything()
  const { createServer, createPolicy } = good
  const cases: [string, string, object, string][] = [
    ['POST', createServer?.path ?? '', { ...createServer?.body, url: 'ftp://example.com' }, 'body.url'],
    ['POST', createServer?.path ?? '', { ...createServer?.body, url: undefined }, 'body.url'],
    ['POST', createServer?.path ?? '', { ...createServer?.body, transport: 'stdio' }, 'body.'],
    ['POST', createServer?.path ?? '', { ...createServer?.body, auth: { type: 'bearer' } }, 'body.auth'],
    [
      'POST',
      createServer?.path ?? '',
      { ...createServer?.body, headers: { 'bad header': 'x' } },
      'body.headers',
    ],
    [
      'POST',
      createServer?.path ?? '',
      { ...createServer?.body, headers: { a: 'x\r\ny: z' } },
      'body.headers',
    ],
    ['POST', createPolicy?.path ?? '', { ...createPolicy?.body, scope: { servers: '*' } }, 'body.'],
    ['POST', createPolicy?.path ?? '', { ...createPolicy?.body, scope: { servers: [] } }, 'body.scope'],
    ['POST', '/api/v1/users', { email: 'ada@example.com' }, 'body.email'],
  ]
  for (const [method, path, body, loc] of cases) {
    const reply = await post({ method }, path, JSON.stringify(body))
    expect([409, 422], `${JSON.stringify(body)}: ${reply.text}`).toContain(reply.status)
    if (reply.status === 422) {
      const { errors } = JSON.parse(reply.text) as { errors?: { loc: string; rule: string }[] }
      expect(
        errors?.some((error) => error.loc.startsWith(loc) && error.rule !== ''),
        reply.text,
      ).toBe(true)
    }
  }
  expect(await everything()).toBe(before)
})
