import { describe, expect, test } from 'vitest'
import type { Principal, Role } from '../kernel/caller.ts'
import type { GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import { decideBy, makeEdition } from './keep-rules.ts'
import type { Question } from './policy.ts'
import { type Condition, type Rule, superAdminRule } from './rule.ts'

const github = 'github' as ServerId
const base = {
  description: '',
  enabled: true,
  expiresAtMs: undefined,
  principals: { type: 'everyone' as const },
  conditions: [],
}
let next = 0
type Written = Partial<Omit<Rule, 'scope'>> & {
  servers?: Rule['scope']['servers']
  tools?: string[]
  resources?: string[]
}
function rule(effect: Rule['effect'], { servers = [github], tools, resources, ...rest }: Written = {}): Rule {
  return { ...base, id: `rule-${++next}` as PolicyId, effect, scope: { servers, tools, resources }, ...rest }
}
const when = (field: string, operator: Condition['operator'], value: Condition['value']): Condition => ({
  field,
  operator,
  value,
})

const ann: Principal = {
  type: 'user',
  id: 'ann' as UserId,
  email: 'Ann@Example.com',
  roles: ['user'],
  groupIds: ['g-eng' as GroupId],
}
const noon = Date.parse('2026-05-05T12:00:00Z')

type Ask = Partial<Pick<Question, 'kind' | 'name' | 'phase'>> & {
  args?: Json
  as?: Partial<Principal>
  facts?: Partial<Question['facts']>
  skip?: boolean
  server?: string
}
function ask(
  rules: Rule[],
  { kind = 'tool', name = 'query', phase = 'call', args = {}, as, facts, skip = false, server }: Ask = {},
) {
  const question: Question = {
    connector: {
      id: (server ?? github) as ServerId,
      name: 'GitHub',
      auth: { type: 'bearer' },
      skipInputValidation: skip,
    },
    kind,
    name,
    phase,
    args,
    facts: { ip: '10.0.0.1', userAgent: 'agent/1', clientName: 'claude', timeMs: noon, ...facts },
  }
  return decideBy(makeEdition(rules, new Map([['g-eng', 'Engineering']])), { ...ann, ...as }, question)
}
const effect = (rules: Rule[], asked: Ask = {}) => ask(rules, asked).effect

describe('the order', () => {
  test('nothing matching is a deny in words', () => {
    expect(ask([])).toEqual({
      effect: 'deny',
      rules: [],
      reason: 'No rule allows this; access is denied by default.',
    })
  })

  test('a deny beats an allow and every answer names its rule', () => {
    const allow = rule('allow', { description: 'Engineering gets GitHub' })
    const deny = rule('deny', { tools: ['drop_*'], description: 'No drops' })
    expect(ask([allow, deny])).toEqual({
      effect: 'allow',
      rules: [allow.id],
      reason: `Allowed by rule "Engineering gets GitHub" (${allow.id}).`,
    })
    expect(ask([allow, deny], { name: 'drop_table' })).toEqual({
      effect: 'deny',
      rules: [deny.id],
      reason: `Denied by rule "No drops" (${deny.id}).`,
    })
  })

  test('every deny that held is named', () => {
    const denies = [rule('deny'), rule('deny', { servers: '*' })]
    expect(ask([rule('allow'), ...denies]).rules).toEqual([denies[1]?.id, denies[0]?.id])
  })

  test('rules that are off or over do not act', () => {
    expect(effect([rule('allow', { enabled: false })])).toBe('deny')
    expect(effect([rule('allow', { expiresAtMs: noon })])).toBe('deny')
    expect(effect([rule('allow', { expiresAtMs: noon + 1 })])).toBe('allow')
    expect(effect([rule('allow'), rule('deny', { expiresAtMs: noon - 1 })])).toBe('allow')
  })

  test('the built-in rule gives Super Admins what no rule denies, and nobody else', () => {
    const root = { roles: ['super_admin'] as Role[] }
    expect(ask([superAdminRule], { as: root })).toMatchObject({
      effect: 'allow',
      rules: ['builtin:super-admin'],
    })
    expect(effect([superAdminRule])).toBe('deny')
    expect(effect([superAdminRule, rule('deny', { servers: '*' })], { as: root })).toBe('deny')
  })

  test('an allow over every server that somehow got stored is not honoured', () => {
    expect(effect([rule('allow', { servers: '*' })])).toBe('deny')
  })
})

describe('principals and scope', () => {
  test('groups, roles and people', () => {
    expect(effect([rule('allow', { principals: { type: 'group', ids: ['g-eng' as GroupId] } })])).toBe(
      'allow',
    )
    expect(effect([rule('allow', { principals: { type: 'group', ids: ['g-fin' as GroupId] } })])).toBe('deny')
    expect(effect([rule('allow', { principals: { type: 'role', ids: ['developer'] } })])).toBe('deny')
    expect(effect([rule('allow', { principals: { type: 'user', ids: ['ann' as UserId] } })])).toBe('allow')
  })

  test('an odd spelling of a server id never falls into a rule', () => {
    for (const server of ['', '*', 'GITHUB', 'github ', 'git%68ub', '__proto__']) {
      expect(effect([rule('allow')], { server }), server).toBe('deny')
    }
  })

  test('what is not listed is out of scope, and prompts need the whole server', () => {
    const byTool = [rule('allow', { tools: ['list_tables', 'query_*'] })]
    expect(effect(byTool, { name: 'query_sql' })).toBe('allow')
    expect(effect(byTool, { name: 'read_schema' })).toBe('deny')
    expect(effect(byTool, { kind: 'resource', name: 'query_sql' })).toBe('deny')
    expect(effect(byTool, { kind: 'prompt', name: 'query_sql' })).toBe('deny')
    expect(effect([rule('allow')], { kind: 'prompt', name: 'any' })).toBe('allow')
    expect(effect([rule('allow', { resources: ['db://*'] })], { kind: 'resource', name: 'db://x' })).toBe(
      'allow',
    )
  })

  test('a server is visible when anything on it is', () => {
    const server = { kind: 'server', name: '', phase: 'list' } as const
    expect(effect([rule('allow', { tools: ['a*'] })], server)).toBe('allow')
    expect(effect([rule('allow', { resources: ['db://x'] })], server)).toBe('allow')
    expect(effect([rule('allow', { tools: ['a*'] }), rule('deny', { tools: ['*'] })], server)).toBe('deny')
    expect(effect([rule('allow', { tools: ['a*'] }), rule('deny', { tools: ['a'] })], server)).toBe('allow')
    expect(effect([rule('allow'), rule('deny', { tools: ['*'] })], server)).toBe('allow')
    expect(effect([rule('allow'), rule('deny')], server)).toBe('deny')
    expect(effect([], server)).toBe('deny')
  })
})

describe('conditions', () => {
  const onlySales = [
    rule('allow', {
      tools: ['query_sql'],
      conditions: [when('payload.table', 'begins_with', ['sales_', 'finance_'])],
    }),
  ]
  const sql = (args: Json, phase: 'list' | 'call' = 'call') =>
    effect(onlySales, { name: 'query_sql', args, phase })

  test('query_sql only when the table begins with sales_ or finance_', () => {
    expect(sql({ table: 'sales_2026' })).toBe('allow')
    expect(sql({ table: 'hr_people' })).toBe('deny')
    expect(sql({ table: ['sales_a', 'hr_people'] })).toBe('deny')
    expect(sql({ table: ['sales_a', 'finance_b'] })).toBe('allow')
    expect(sql({ table: { toString: 'sales_' } })).toBe('deny')
    expect(sql({})).toBe('deny')
    expect(sql({}, 'list')).toBe('allow')
  })

  test('no mail to where `to` does not end with the domain, in whatever form it comes', () => {
    const rules = [
      rule('allow'),
      rule('deny', { tools: ['send_*'], conditions: [when('payload.to', 'not_ends_with', '@example.com')] }),
    ]
    const send = (to: Json) => effect(rules, { name: 'send_email', args: { to } })
    expect(send('ann@example.com')).toBe('allow')
    expect(send(['ann@example.com', 'ben@example.com'])).toBe('allow')
    expect(send('eve@evil.net')).toBe('deny')
    expect(send(['ann@example.com', 'eve@evil.net'])).toBe('deny')
    expect(send([['eve@evil.net']])).toBe('deny')
    expect(send({ address: 'eve@evil.net' })).toBe('deny')
    expect(send(null)).toBe('deny')
    expect(effect(rules, { name: 'send_email', args: {} })).toBe('deny')
    expect(effect(rules, { name: 'send_email', phase: 'list' })).toBe('allow')
  })

  test('paths go through objects and lists, and never through prototypes', () => {
    const rules = (path: string) => [
      rule('allow'),
      rule('deny', { conditions: [when(path, 'eq', 'secret')] }),
    ]
    const args = { where: [{ table: 'open' }, { table: 'secret' }], at: ['x', 'secret'] }
    expect(effect(rules('payload.where.table'), { args })).toBe('deny')
    expect(effect(rules('payload.where.0.table'), { args })).toBe('allow')
    expect(effect(rules('payload.where.1.table'), { args })).toBe('deny')
    expect(effect(rules('payload.at'), { args })).toBe('deny')
    expect(effect(rules('payload.constructor.name'), { args })).toBe('allow')
  })

  test('a number written as text does not slip past a deny, and does not earn an allow', () => {
    expect(
      effect([rule('allow'), rule('deny', { conditions: [when('payload.id', 'eq', 5)] })], {
        args: { id: '5' },
      }),
    ).toBe('deny')
    expect(
      effect([rule('allow', { conditions: [when('payload.id', 'eq', 5)] })], { args: { id: '5' } }),
    ).toBe('deny')
    expect(
      effect([rule('allow'), rule('deny', { conditions: [when('payload.n', 'gt', 100)] })], {
        args: { n: '1000' },
      }),
    ).toBe('deny')
    expect(
      effect([rule('allow'), rule('deny', { conditions: [when('payload.n', 'gt', 100)] })], {
        args: { n: 100 },
      }),
    ).toBe('allow')
  })

  test('a global deny outside the office networks, address unknown included', () => {
    const rules = [
      rule('allow'),
      rule('deny', {
        servers: '*',
        conditions: [when('meta.request.ip', 'not_in_ip_range', ['10.0.0.0/8', '172.16.0.0/12'])],
      }),
    ]
    for (const phase of ['list', 'call'] as const) {
      expect(effect(rules, { phase, facts: { ip: '172.20.1.1' } })).toBe('allow')
      expect(effect(rules, { phase, facts: { ip: '192.0.2.1' } })).toBe('deny')
      expect(effect(rules, { phase, facts: { ip: '' } })).toBe('deny')
      expect(effect(rules, { phase, facts: { ip: 'unknown' } })).toBe('deny')
    }
  })

  test('each of the other fields', () => {
    const holds = (condition: Condition, asked: Ask = {}) =>
      effect([rule('allow', { conditions: [condition] })], asked) === 'allow'
    expect(holds(when('meta.subject.email', 'ends_with', '@EXAMPLE.com'))).toBe(true)
    expect(holds(when('meta.subject.groups', 'contains', 'Engineering'))).toBe(true)
    expect(holds(when('meta.subject.groups', 'eq', 'g-eng'))).toBe(true)
    expect(holds(when('meta.subject.groups', 'not_in', ['Engineering']))).toBe(false)
    expect(holds(when('meta.subject.roles', 'in', ['user', 'developer']))).toBe(true)
    expect(holds(when('meta.subject.type', 'eq', 'user'))).toBe(true)
    expect(holds(when('meta.server.name', 'eq', 'GitHub'))).toBe(true)
    expect(holds(when('meta.server.auth_type', 'neq', 'none'))).toBe(true)
    expect(holds(when('meta.request.user_agent', 'begins_with', 'agent/'))).toBe(true)
    expect(holds(when('meta.client.name', 'not_in', ['cursor']))).toBe(true)
    expect(holds(when('meta.client.name', 'not_in', ['cursor']), { facts: { clientName: undefined } })).toBe(
      false,
    )
    expect(holds(when('meta.time', 'gte', '12:00'))).toBe(true)
    expect(holds(when('meta.time', 'lt', '12:00'))).toBe(false)
    expect(holds(when('meta.time', 'lt', '2026-05-05T12:00:00.001Z'))).toBe(true)
  })

  test('a condition on an attribute asks for any of its values, and what the directory does not say leaves doubt', () => {
    const as = (
      attributes: Record<string, string[]> | undefined,
      effectOf: 'allow' | 'deny',
      condition: Condition,
    ) =>
      effect(
        [rule('allow'), rule(effectOf, { conditions: [condition] })].slice(effectOf === 'allow' ? 1 : 0),
        {
          as: attributes === undefined ? {} : { attributes },
        },
      )
    const inFinance = when('meta.subject.attributes.department', 'eq', 'Finance')
    const notInFinance = when('meta.subject.attributes.department', 'neq', 'Finance')
    const both = { department: ['Sales', 'Finance'] }
    expect(as(both, 'allow', inFinance)).toBe('allow')
    expect(as(both, 'deny', inFinance)).toBe('deny')
    expect(as({ department: ['Sales'] }, 'allow', inFinance)).toBe('deny')
    expect(as({ department: ['Sales'] }, 'allow', notInFinance)).toBe('allow')
    for (const unsaid of [undefined, {}, { title: ['Finance'] }]) {
      expect(as(unsaid, 'allow', inFinance)).toBe('deny')
      expect(as(unsaid, 'deny', inFinance)).toBe('allow')
      expect(as(unsaid, 'allow', notInFinance)).toBe('deny')
      expect(as(unsaid, 'deny', notInFinance)).toBe('deny')
    }
    expect(
      as({ title: ['Team Lead'] }, 'allow', when('meta.subject.attributes.title', 'matches', 'Lead$')),
    ).toBe('allow')
    expect(as({}, 'allow', when('meta.subject.attributes.constructor', 'contains', 'a'))).toBe('deny')
  })

  test('rules that no arguments can satisfy together are not listed', () => {
    const allow = rule('allow', { conditions: [when('payload.x', 'in', ['a', 'b'])] })
    const list = { phase: 'list' } as const
    expect(effect([allow, rule('deny', { conditions: [when('payload.x', 'eq', 'a')] })], list)).toBe('allow')
    expect(
      effect([allow, rule('deny', { conditions: [when('payload.x', 'in', ['a', 'b', 'c'])] })], list),
    ).toBe('deny')
    expect(
      effect([rule('allow', { conditions: [when('payload.p', 'matches', '^sales_\\d+$')] })], list),
    ).toBe('allow')
  })

  test('without input validation an allow on arguments is void and a deny covers the tool', () => {
    const allow = [rule('allow', { conditions: [when('payload.x', 'eq', 'a')] })]
    expect(effect(allow, { args: { x: 'a' }, skip: true })).toBe('deny')
    expect(effect(allow, { phase: 'list', skip: true })).toBe('deny')
    const deny = [
      rule('allow'),
      rule('deny', { tools: ['query'], conditions: [when('payload.x', 'eq', 'a')] }),
    ]
    expect(effect(deny, { args: { x: 'b' }, skip: true })).toBe('deny')
    expect(effect(deny, { phase: 'list', skip: true })).toBe('deny')
    expect(effect(deny, { name: 'other', skip: true })).toBe('allow')
  })
})

test('a decision over 100 rules costs microseconds', () => {
  const rules = Array.from({ length: 100 }, (_, index) =>
    index % 4 === 0
      ? rule('deny', { tools: [`drop_${index}_*`, `*_${index}`] })
      : rule('allow', { tools: [`tool_${index}`, `get_${index}*`] }),
  )
  const edition = makeEdition(rules)
  const question: Question = {
    connector: { id: github, name: 'GitHub', auth: { type: 'none' }, skipInputValidation: false },
    kind: 'tool',
    name: 'tool_99',
    // Decisions for lists are not kept.
    phase: 'list',
    args: undefined,
    facts: { ip: '10.0.0.1', userAgent: '', clientName: undefined, timeMs: noon },
  }
  const rounds = 20_000
  for (let round = 0; round < rounds; round++) decideBy(edition, ann, question)
  const from = process.cpuUsage()
  for (let round = 0; round < rounds; round++) decideBy(edition, ann, question)
  const spent = process.cpuUsage(from)
  expect(decideBy(edition, ann, question).effect).toBe('allow')
  // Processor time: 2 µs is the aim on a quiet machine, the rest is room for a shared one.
  expect((spent.user + spent.system) / rounds).toBeLessThan(20)
})
