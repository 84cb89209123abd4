import { expect, test } from 'vitest'
import { callRoute, refusalOf, type Sent } from '../../../test/support/call-route.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import type { Caller, Principal, Role } from '../kernel/caller.ts'
import { newId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { policyRoutes } from './api.ts'
import { openPolicy, type Question } from './policy.ts'

const [github, files, gone] = [newId<'server'>(), newId<'server'>(), newId<'server'>()]
const [annId, rootId, group] = [newId<'user'>(), newId<'user'>(), newId<'group'>()]
let ticks = Date.parse('2026-05-05T12:00:00Z')
const now = () => ticks++
const callerWith = (id: UserId, roles: Role[]) =>
  ({
    type: 'user',
    id,
    email: 'x@example.com',
    name: '',
    roles,
    groupIds: [],
    proof: { kind: 'api_key', id: 'k' },
  }) as unknown as Caller
const root = callerWith(rootId, ['super_admin'])
const ann: Principal = {
  type: 'user',
  id: annId,
  email: 'ann@example.com',
  roles: ['user'],
  groupIds: [group],
}

const botId = '01890000-0000-7000-8000-0000000000b0' as UserId
const bot: Principal = { type: 'agent', id: botId, email: '', roles: [], groupIds: [] }

async function openOn(storage: Storage) {
  const policy = await openPolicy({
    db: storage.db,
    bus: storage.bus,
    now,
    log: quietLog,
    groupNames: async () => new Map(),
  })
  const servers = new Map<string, Question['connector']>(
    [github, files].map((id) => [
      id,
      { id, name: 'Server', auth: { type: 'none' }, skipInputValidation: false },
    ]),
  )
  const routes = policyRoutes({
    policy,
    now,
    connector: (id) => servers.get(id),
    connectorExists: (id) => servers.has(id),
    personExists: (id) => id === annId || id === rootId,
    personByEmail: async (email) => (email === 'ann@example.com' ? annId : undefined),
    groupExists: (id) => id === group,
    principal: async (id) => (id === annId ? ann : undefined),
    agentExists: (id) => id === botId,
    agent: async (id) => (id === botId ? bot : undefined),
  })
  const call = async (operationId: string, sent: Sent = {}) => {
    const { value, recorded } = await callRoute(routes, operationId, { as: root, ...sent })
    return { recorded, value: value as Record<string, unknown> & { id: string } }
  }
  const may = (tool: string, as: Principal = ann, server: ServerId = github) =>
    policy.decide(as, {
      connector: { id: server, name: 'Server', auth: { type: 'none' }, skipInputValidation: false },
      kind: 'tool',
      name: tool,
      phase: 'call',
      args: {},
      facts: { ip: '10.0.0.1', userAgent: '', clientName: undefined, timeMs: now() },
    }).effect
  return { policy, call, may }
}

const everyone = { type: 'everyone' }
const allow = { effect: 'allow', principals: everyone, scope: { servers: [github] } }

eachStore((open) => {
  test('a rule holds from the moment it is written, changed and deleted, here and at every other holder', async () => {
    const storage = await open()
    const { call, may, policy } = await openOn(storage)
    const other = await openOn(storage)
    expect(may('read')).toBe('deny')
    const revision = policy.revision()
    const { value: rule, recorded } = await call('createPolicy', {
      body: { ...allow, description: 'All of GitHub' },
    })
    expect(recorded).toMatchObject({ resourceId: rule.id, after: { description: 'All of GitHub' } })
    expect(policy.revision()).toBeGreaterThan(revision)
    expect([may('read'), other.may('read'), may('read', ann, files)]).toEqual(['allow', 'allow', 'deny'])
    await call('updatePolicy', {
      params: { id: rule.id },
      body: { scope: { servers: [github], tools: ['list_*'] } },
    })
    expect([may('read'), may('list_x'), other.may('read')]).toEqual(['deny', 'allow', 'deny'])
    const { value: off } = await call('updatePolicy', { params: { id: rule.id }, body: { enabled: false } })
    expect(off).toMatchObject({ enabled: false, version: 3, scope: { tools: ['list_*'], resources: null } })
    expect(may('list_x')).toBe('deny')
    await call('deletePolicy', { params: { id: rule.id } })
    expect(await refusalOf(call('getPolicy', { params: { id: rule.id } }))).toBe('not-found')
  })

  test('what is shown can be sent back, and a stale version is refused', async () => {
    const { call } = await openOn(await open())
    const written = {
      effect: 'deny',
      description: 'No outside mail',
      enabled: true,
      expires_at: '2027-01-01T00:00:00.000Z',
      audit: 'standard',
      principals: { type: 'user', ids: ['ann@example.com', rootId] },
      scope: { servers: '*', tools: ['send_*'], resources: null },
      conditions: [
        { field: 'payload.to', operator: 'not_ends_with', value: '@example.com' },
        { field: 'meta.request.ip', operator: 'not_in_ip_range', value: ['10.0.0.0/8', '2001:db8::/32'] },
      ],
    }
    const { value: rule } = await call('createPolicy', { body: written })
    expect(rule).toMatchObject({
      ...written,
      principals: { type: 'user', ids: [annId, rootId] },
      builtin: false,
      version: 1,
    })
    expect(rule['notes']).toHaveLength(1)
    const { effect, description, principals, scope, conditions, version } = rule
    const { value: again } = await call('updatePolicy', {
      params: { id: rule.id },
      body: { effect, description, principals, scope, conditions, version },
    })
    expect({ ...again, version: 1, updated_at: rule['updated_at'] }).toEqual(rule)
    expect(
      await refusalOf(
        call('updatePolicy', { params: { id: rule.id }, body: { version: 1, enabled: false } }),
      ),
    ).toBe('conflict')
  })

  test('a rule speaks of whoever has one value of every attribute it names, and shows what was written', async () => {
    const storage = await open()
    const { call, may } = await openOn(storage)
    const other = await openOn(storage)
    const attributes = { department: ['Finance', 'Legal'], title: ['Lead'] }
    const principals = { type: 'attributes', attributes }
    const { value: rule } = await call('createPolicy', { body: { ...allow, principals } })
    expect(rule).toMatchObject({ principals: { type: 'attributes', ids: [], attributes } })
    const as = (theirs: Principal['attributes']): Principal => ({
      ...ann,
      ...(theirs && { attributes: theirs }),
    })
    const asked: [Principal['attributes'], string][] = [
      [{ department: ['Sales', 'Legal'], title: ['Lead'] }, 'allow'],
      [{ department: ['Finance'], title: ['lead'] }, 'deny'],
      [{ department: ['Finance'] }, 'deny'],
      [{ title: ['Lead'] }, 'deny'],
      [{}, 'deny'],
      [undefined, 'deny'],
      [{ department: ['Finance'], title: ['Lead'], country: ['DE'] }, 'allow'],
    ]
    // One after the other as the same person: what was compiled for the attributes before must not answer.
    for (const [theirs, expected] of asked) {
      expect(may('read', as(theirs)), JSON.stringify(theirs)).toBe(expected)
      expect(other.may('read', as(theirs)), JSON.stringify(theirs)).toBe(expected)
    }
    const { value: again } = await call('updatePolicy', {
      params: { id: rule.id },
      body: { principals: rule['principals'] },
    })
    expect({ ...again, version: 1, updated_at: rule['updated_at'] }).toEqual(rule)
  })

  test('each field wrong once is refused by its name and rule, and nothing is written', async () => {
    const { call } = await openOn(await open())
    const on = (condition: object) => ({ ...allow, conditions: [condition] })
    const wrong: [object, string][] = [
      [{ ...allow, effect: 'maybe' }, 'body.effect invalid-value'],
      [{ ...allow, effect: 'require_approval' }, 'body.effect not-available'],
      [{ ...allow, description: 5 }, 'body.description invalid-type'],
      [{ ...allow, enabled: 'yes' }, 'body.enabled invalid-type'],
      [{ ...allow, expires_at: 'tomorrow' }, 'body.expires_at format-datetime'],
      [{ ...allow, audit: 'full' }, 'body.audit not-available'],
      [{ ...allow, expression: 'true' }, 'body.expression not-available'],
      [{ ...allow, priority: 1 }, 'body.priority unknown-field'],
      [{ ...allow, principals: undefined }, 'body.principals required'],
      [{ ...allow, principals: { type: 'robot' } }, 'body.principals.type invalid-value'],
      [{ ...allow, principals: { type: 'agent_account', ids: [annId] } }, 'body.principals.ids.0 exists'],
      [
        { ...allow, principals: { type: 'attributes', attributes: {} } },
        'body.principals.attributes required',
      ],
      [{ ...allow, principals: { type: 'attributes' } }, 'body.principals.attributes required'],
      [
        { ...allow, principals: { type: 'attributes', attributes: { team: ['x'] }, ids: [annId] } },
        'body.principals.ids not-allowed',
      ],
      [
        { ...allow, principals: { type: 'user', ids: [annId], attributes: { team: ['x'] } } },
        'body.principals.attributes not-allowed',
      ],
      [{ ...allow, principals: { type: 'everyone', ids: [annId] } }, 'body.principals.ids not-allowed'],
      [{ ...allow, principals: { type: 'user', ids: [] } }, 'body.principals.ids required'],
      [{ ...allow, principals: { type: 'user', ids: [annId, gone] } }, 'body.principals.ids.1 exists'],
      [{ ...allow, principals: { type: 'user', ids: ['eve@example.com'] } }, 'body.principals.ids.0 exists'],
      [{ ...allow, principals: { type: 'group', ids: [annId] } }, 'body.principals.ids.0 exists'],
      [{ ...allow, principals: { type: 'role', ids: ['king'] } }, 'body.principals.ids.0 exists'],
      [{ ...allow, scope: { servers: '*' } }, 'body.scope.servers global-is-deny'],
      [{ ...allow, scope: { servers: [] } }, 'body.scope.servers too-small'],
      [{ ...allow, scope: { servers: [gone] } }, 'body.scope.servers.0 exists'],
      [{ ...allow, scope: { servers: [github.toUpperCase()] } }, 'body.scope.servers.0 exists'],
      [{ ...allow, scope: { servers: [github], tools: [] } }, 'body.scope.tools too-small'],
      [{ ...allow, scope: { servers: [github], resources: [''] } }, 'body.scope.resources.0 too-small'],
      [on({ field: 'payload', operator: 'eq', value: 1 }), 'body.conditions.0.field known-field'],
      [
        on({ field: 'meta.request.country', operator: 'eq', value: 'x' }),
        'body.conditions.0.field known-field',
      ],
      [
        on({ field: 'meta.subject.attributes.a.b', operator: 'eq', value: 'x' }),
        'body.conditions.0.field known-field',
      ],
      [
        on({ field: 'meta.subject.attributes.team', operator: 'gt', value: 1 }),
        'body.conditions.0.operator operator-fits-field',
      ],
      [
        on({ field: 'meta.oauth.scopes', operator: 'contains', value: 'x' }),
        'body.conditions.0.field not-available',
      ],
      [on({ field: 'payload.x', operator: 'like', value: 'x' }), 'body.conditions.0.operator invalid-value'],
      [
        on({ field: 'meta.time', operator: 'eq', value: 'x' }),
        'body.conditions.0.operator operator-fits-field',
      ],
      [
        on({ field: 'meta.client.name', operator: 'in_ip_range', value: '10.0.0.0/8' }),
        'body.conditions.0.operator operator-fits-field',
      ],
      [on({ field: 'payload.x', operator: 'in', value: 'x' }), 'body.conditions.0.value value-fits-operator'],
      [
        on({ field: 'payload.x', operator: 'eq', value: ['x'] }),
        'body.conditions.0.value value-fits-operator',
      ],
      [on({ field: 'payload.x', operator: 'gt', value: 'x' }), 'body.conditions.0.value value-fits-operator'],
      [
        on({ field: 'payload.x', operator: 'begins_with', value: '' }),
        'body.conditions.0.value value-fits-operator',
      ],
      [
        on({ field: 'payload.x', operator: 'begins_with', value: 5 }),
        'body.conditions.0.value value-fits-operator',
      ],
      [
        on({ field: 'payload.x', operator: 'matches', value: '(a)\\1' }),
        'body.conditions.0.value value-fits-operator',
      ],
      [
        on({ field: 'meta.request.ip', operator: 'in_ip_range', value: '10.0.0.0/99' }),
        'body.conditions.0.value value-fits-operator',
      ],
      [
        on({ field: 'meta.time', operator: 'gt', value: 'noon' }),
        'body.conditions.0.value value-fits-operator',
      ],
    ]
    for (const [body, expected] of wrong) {
      expect(await refusalOf(call('createPolicy', { body })), JSON.stringify(body)).toEqual([expected])
    }
    const several = await refusalOf(
      call('createPolicy', { body: { ...allow, effect: 'require_approval', scope: { servers: [gone] } } }),
    )
    expect(several).toEqual(['body.effect not-available', 'body.scope.servers.0 exists'])
    expect((await call('listPolicies')).value['data']).toHaveLength(1)
  })

  test('the built-in rule is shown first, can be switched off, removed and brought back, and nothing else', async () => {
    const { call, may } = await openOn(await open())
    const admin: Principal = { ...ann, roles: ['super_admin'] }
    const id = 'builtin:super-admin'
    expect((await call('listPolicies')).value['data']).toMatchObject([{ id, builtin: true, enabled: true }])
    expect(may('read', admin)).toBe('allow')
    await call('updatePolicy', { params: { id }, body: { enabled: false } })
    expect(may('read', admin)).toBe('deny')
    await call('deletePolicy', { params: { id } })
    expect((await call('listPolicies')).value['data']).toEqual([])
    expect(await refusalOf(call('getPolicy', { params: { id } }))).toBe('not-found')
    expect(await refusalOf(call('deletePolicy', { params: { id } }))).toBe('not-found')
    await call('updatePolicy', { params: { id }, body: { enabled: true } })
    expect(may('read', admin)).toBe('allow')
    expect(await refusalOf(call('updatePolicy', { params: { id }, body: { effect: 'deny' } }))).toEqual([
      'body.effect builtin',
    ])
    expect(await refusalOf(call('deletePolicy', { params: { id: 'builtin:other' } }))).toBe('not-found')
  })

  test('a rule whose last server goes is deleted, one with others is narrowed, a global one stays', async () => {
    const { call, policy, may } = await openOn(await open())
    const { value: single } = await call('createPolicy', { body: allow })
    const { value: both } = await call('createPolicy', {
      body: { ...allow, scope: { servers: [github, files] } },
    })
    const { value: global } = await call('createPolicy', {
      body: { effect: 'deny', principals: everyone, scope: { servers: '*', tools: ['x'] } },
    })
    await policy.serverDeleted(github)
    expect(await refusalOf(call('getPolicy', { params: { id: single.id } }))).toBe('not-found')
    expect((await call('getPolicy', { params: { id: both.id } })).value['scope']).toMatchObject({
      servers: [files],
    })
    expect((await call('getPolicy', { params: { id: global.id } })).value['scope']).toMatchObject({
      servers: '*',
    })
    expect([may('y'), may('y', ann, files), may('x', ann, files)]).toEqual(['deny', 'allow', 'deny'])
    await policy.serverDeleted(files)
    expect(await refusalOf(call('getPolicy', { params: { id: both.id } }))).toBe('not-found')
  })

  test('lists come in pages and can be narrowed', async () => {
    const { call } = await openOn(await open())
    for (const description of ['one', 'two', 'three']) {
      const scope = { servers: [description === 'two' ? files : github] }
      await call('createPolicy', { body: { ...allow, scope, description } })
    }
    const read = async (query: object) => {
      const { data, next_cursor: next } = (await call('listPolicies', { query })).value as unknown as {
        data: { id: string; description: string }[]
        next_cursor: string | null
      }
      return {
        names: data.map(({ id, description }) => (id.startsWith('builtin') ? 'builtin' : description)),
        next,
      }
    }
    const names: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await read({ limit: '1', ...(cursor == null ? {} : { cursor }) })
      expect(page.names).toHaveLength(1)
      names.push(...page.names)
      cursor = page.next
    } while (cursor !== null)
    expect(names).toEqual(['builtin', 'one', 'two', 'three'])
    expect((await read({ server_id: files })).names).toEqual(['two'])
    expect((await read({ server_id: files.toUpperCase() })).names).toEqual([])
    expect((await read({ effect: 'deny' })).names).toEqual([])
    expect((await read({ query: 'HRE' })).names).toEqual(['three'])
    expect((await read({ query: 'super' })).names).toEqual(['builtin'])
  })

  test('simulation answers what a call would be answered, with the rule', async () => {
    const { call } = await openOn(await open())
    const { value: rule } = await call('createPolicy', {
      body: {
        ...allow,
        conditions: [
          { field: 'payload.table', operator: 'eq', value: 'a' },
          { field: 'meta.time', operator: 'lt', value: '13:00' },
        ],
      },
    })
    const ask = { user_id: annId, server_id: github, tool: 'query' }
    expect(
      (await call('simulatePolicy', { body: { ...ask, arguments: { table: 'a' } } })).value,
    ).toMatchObject({ decision: 'allow', rules: [rule.id] })
    expect((await call('simulatePolicy', { body: ask })).value).toMatchObject({ decision: 'deny', rules: [] })
    const late = { ...ask, arguments: { table: 'a' }, context: { time: '2026-05-05T14:00:00Z' } }
    expect((await call('simulatePolicy', { body: late })).value).toMatchObject({ decision: 'deny' })
    expect(await refusalOf(call('simulatePolicy', { body: { ...ask, user_id: gone } }))).toEqual([
      'body.user_id exists',
    ])
    expect(await refusalOf(call('simulatePolicy', { body: { ...ask, server_id: gone } }))).toEqual([
      'body.server_id exists',
    ])
    expect(await refusalOf(call('simulatePolicy', { body: { server_id: github, tool: 'q' } }))).toEqual([
      'body.user_id required',
    ])
    expect(await refusalOf(call('simulatePolicy', { body: { ...ask, agent_account_id: annId } }))).toEqual([
      'body.agent_account_id exists',
    ])
    const { user_id: _ann, ...asked } = ask
    expect(await refusalOf(call('simulatePolicy', { body: { ...asked, agent_account_id: annId } }))).toEqual([
      'body.agent_account_id exists',
    ])
  })

  test('a rule for an agent account allows it alone, and the simulator answers for it', async () => {
    const { call, may } = await openOn(await open())
    const body = { ...allow, principals: { type: 'agent_account', ids: [botId] } }
    const { value: rule } = await call('createPolicy', { body })
    expect([may('read', bot), may('read', ann)]).toEqual(['allow', 'deny'])
    const ask = { agent_account_id: botId, server_id: github, tool: 'read' }
    expect((await call('simulatePolicy', { body: ask })).value).toMatchObject({
      decision: 'allow',
      rules: [rule.id],
    })
    const both = { ...ask, user_id: annId }
    expect((await call('simulatePolicy', { body: both })).value).toMatchObject({ decision: 'deny' })
    await call('createPolicy', { body: { ...allow, principals: { type: 'user', ids: [annId] } } })
    expect((await call('simulatePolicy', { body: both })).value).toMatchObject({ decision: 'allow' })
    await call('createPolicy', { body: { ...allow, effect: 'deny', principals: { type: 'everyone' } } })
    expect([may('read', bot), may('read', ann)]).toEqual(['deny', 'deny'])
  })

  test('nothing is decided while the rules cannot be read, and everything again once they can', async () => {
    const storage = await open()
    const { policy, call, may } = await openOn(storage)
    await call('createPolicy', { body: allow })
    await storage.pool.query('ALTER TABLE policies RENAME TO hidden_policies')
    await storage.bus.publish('policy', '*').catch(() => undefined)
    expect(() => may('read')).toThrow('The access rules cannot be read at the moment')
    await storage.pool.query('ALTER TABLE hidden_policies RENAME TO policies')
    await expect.poll(() => may('read'), { timeout: 5000 }).toBe('allow')
    policy.close()
  })
})
