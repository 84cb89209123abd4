import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Principal, Role } from '../kernel/caller.ts'
import type { Decision } from '../kernel/decision.ts'
import type { AgentId, GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { decideBy, makeEdition } from './keep-rules.ts'
import type { Question } from './policy.ts'
import type { Condition, Rule } from './rule.ts'
import { superAdminRule } from './rule.ts'

/**
 * The law of design.md §1: what is listed is what some call may do. The reference below shares no code with the
 * product: it reads the rules as a person would and tries every argument of a small world.
 */

const people = ['ann', 'ben'] as UserId[]
/** Named like people, so that a rule for one is seen not to speak of the other. */
const agents = ['ann', 'bot'] as AgentId[]
const groups = ['g1', 'g2', 'g3'] as GroupId[]
const roles: Role[] = ['super_admin', 'developer', 'user']
const servers = ['s1', 's2'] as ServerId[]
const tools = ['list', 'list_all', 'read', 'send']
const globs = ['*', 'list', 'list*', 'r*d', '?end', 'send', 'li?t']
const departments = ['Finance', 'Sales', 'Legal']
const titles = ['Lead', 'Clerk']
const values: Json[] = ['a', 'ab', 'b', 'ac', 'azb']
const now = Date.parse('2026-05-05T12:00:00Z')

const metaConditions: Condition[] = [
  { field: 'meta.request.ip', operator: 'in_ip_range', value: '10.0.0.0/8' },
  { field: 'meta.request.ip', operator: 'not_in_ip_range', value: ['10.0.0.0/8', '172.16.0.0/12'] },
  { field: 'meta.client.name', operator: 'not_in', value: ['good'] },
  { field: 'meta.client.name', operator: 'eq', value: 'good' },
  { field: 'meta.subject.roles', operator: 'contains', value: 'developer' },
  { field: 'meta.subject.groups', operator: 'not_contains', value: 'Group One' },
  { field: 'meta.subject.attributes.department', operator: 'in', value: ['Finance', 'Sales'] },
  { field: 'meta.subject.attributes.department', operator: 'not_in', value: ['Finance'] },
  { field: 'meta.subject.attributes.title', operator: 'eq', value: 'Lead' },
  { field: 'meta.subject.type', operator: 'eq', value: 'agent' },
]
const payloadConditions: Condition[] = ['x', 'y'].flatMap((name): Condition[] => [
  { field: `payload.${name}`, operator: 'eq', value: 'a' },
  { field: `payload.${name}`, operator: 'neq', value: 'a' },
  { field: `payload.${name}`, operator: 'in', value: ['a', 'b'] },
  { field: `payload.${name}`, operator: 'not_in', value: ['a', 'ab'] },
  { field: `payload.${name}`, operator: 'begins_with', value: 'a' },
  { field: `payload.${name}`, operator: 'not_ends_with', value: 'b' },
])

const someOf = <T>(items: readonly T[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength })

const principals: fc.Arbitrary<Rule['principals']> = fc.oneof(
  fc.constant({ type: 'everyone' as const }),
  someOf(people, 2).map((ids) => ({ type: 'user' as const, ids })),
  someOf(groups, 3).map((ids) => ({ type: 'group' as const, ids })),
  someOf(roles, 2).map((ids) => ({ type: 'role' as const, ids })),
  fc
    .record({ department: someOf(departments, 2), title: someOf(titles, 2) }, { requiredKeys: [] })
    .filter((attributes) => Object.keys(attributes).length > 0)
    .map((attributes) => ({ type: 'attributes' as const, attributes })),
  someOf(agents, 2).map((ids) => ({ type: 'agent_account' as const, ids })),
)

const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: someOf(metaConditions, 2) },
  { weight: 2, arbitrary: someOf(payloadConditions, 2) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...metaConditions), fc.constantFrom(...payloadConditions)),
  },
)

const ruleBody = fc.record({
  effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
  everyServer: fc.integer({ min: 0, max: 5 }).map((roll) => roll === 0),
  servers: someOf(servers, 2),
  tools: fc.option(someOf(globs, 3), { nil: undefined }),
  resources: fc.option(someOf(['file://*', 'file://a'], 2), { nil: undefined, freq: 4 }),
  principals,
  conditions,
  enabled: fc.integer({ min: 0, max: 9 }).map((roll) => roll !== 0),
  expiresAtMs: fc.constantFrom(undefined, undefined, undefined, now + 1000, now - 1000),
})

const person = fc.record({
  type: fc.constant('user' as const),
  id: fc.constantFrom(...people),
  roles: fc.uniqueArray(fc.constantFrom(...roles), { maxLength: 2 }),
  groupIds: fc.uniqueArray(fc.constantFrom(...groups), { maxLength: 3 }),
  attributes: fc.record(
    { department: someOf(departments, 2), title: someOf(titles, 1) },
    { requiredKeys: [] },
  ),
})
const agent = fc.record({
  type: fc.constant('agent' as const),
  id: fc.constantFrom(...agents).map((id) => id as string as UserId),
  roles: fc.constant([]),
  groupIds: fc.constant([]),
  attributes: fc.constant({} as { department?: string[]; title?: string[] }),
})

const world = fc.record({
  bodies: fc.array(ruleBody, { minLength: 0, maxLength: 7 }),
  builtin: fc.boolean(),
  principal: fc.oneof({ weight: 3, arbitrary: person }, { weight: 1, arbitrary: agent }),
  server: fc.constantFrom(...servers),
  skipInputValidation: fc.integer({ min: 0, max: 4 }).map((roll) => roll === 0),
  ip: fc.constantFrom('10.1.2.3', '172.20.0.1', '192.0.2.9', 'odd'),
  clientName: fc.constantFrom('good', 'other', undefined),
})
type World = Omit<Drawn, 'ip'> & { ip: string }
type Drawn = typeof world extends fc.Arbitrary<infer Value> ? Value : never

function rulesOf({ bodies, builtin }: World): Rule[] {
  const rules = bodies.map(
    (body, index): Rule => ({
      id: `p${index}` as PolicyId,
      effect: body.everyServer ? 'deny' : body.effect,
      description: '',
      enabled: body.enabled,
      expiresAtMs: body.expiresAtMs,
      principals: body.principals,
      scope: { servers: body.everyServer ? '*' : body.servers, tools: body.tools, resources: body.resources },
      conditions: body.conditions,
    }),
  )
  return builtin ? [...rules, superAdminRule] : rules
}

function principalOf(world: World): Principal {
  const { principal } = world
  return { email: principal.type === 'user' ? `${principal.id}@example.com` : '', ...principal }
}

const groupNames = new Map<string, string>([['g1', 'Group One']])

// ---- the reference -------------------------------------------------------------------------------------------------

/** No argument, each value, for both names: enough to reach every outcome of the conditions above. */
const everyArgument: JsonObject[] = [undefined, ...values, 'zzz', 5].flatMap((x) =>
  [undefined, ...values, 'zzz', 5].map((y) => ({
    ...(x === undefined ? {} : { x }),
    ...(y === undefined ? {} : { y }),
  })),
)

function attributeOf(world: World, name: string): readonly string[] {
  return name === 'department'
    ? (world.principal.attributes.department ?? [])
    : (world.principal.attributes.title ?? [])
}

/** 'yes', 'no', or 'doubt'. */
function referenceHolds(condition: Condition, world: World, args: JsonObject): 'yes' | 'no' | 'doubt' {
  const wanted = [condition.value].flat() as string[]
  const negative = condition.operator === 'neq' || condition.operator.startsWith('not_')
  const flip = (truth: boolean) => (truth !== negative ? 'yes' : 'no')
  if (condition.field === 'meta.subject.type') return flip(wanted.includes(world.principal.type))
  if (condition.field === 'meta.subject.roles')
    return flip(world.principal.roles.some((role) => wanted.includes(role)))
  if (condition.field === 'meta.subject.groups')
    return flip(world.principal.groupIds.some((id) => id === 'g1'))
  if (condition.field.startsWith('meta.subject.attributes.')) {
    const theirs = attributeOf(world, condition.field.slice('meta.subject.attributes.'.length))
    if (theirs.length === 0) return negative ? 'doubt' : 'no'
    return flip(theirs.some((value) => wanted.includes(value)))
  }
  const value = condition.field.startsWith('payload.')
    ? args[condition.field.slice(8)]
    : condition.field === 'meta.client.name'
      ? world.clientName
      : world.ip
  if (value === undefined) return negative ? 'doubt' : 'no'
  if (condition.operator.endsWith('in_ip_range')) {
    if (value === 'odd') return 'doubt'
    const inTen = String(value).startsWith('10.')
    return flip(wanted.length === 1 ? inTen : inTen || String(value).startsWith('172.'))
  }
  if (condition.operator === 'begins_with')
    return typeof value === 'string' ? flip(value.startsWith(wanted[0]!)) : 'doubt'
  if (condition.operator === 'not_ends_with')
    return typeof value === 'string' ? flip(value.endsWith(wanted[0]!)) : 'doubt'
  return flip(wanted.includes(value as string))
}

function referenceFor(
  world: World,
  rules: Rule[],
  subject: { kind: Question['kind']; name: string },
): (args: JsonObject) => boolean {
  const matchesGlob = (glob: string) =>
    new RegExp(`^${glob.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(
      subject.name,
    )
  const inScope = ({ scope }: Rule) => {
    if (scope.servers !== '*' && !scope.servers.includes(world.server)) return false
    if (scope.tools === undefined && scope.resources === undefined) return true
    if (subject.kind === 'tool') return (scope.tools ?? []).some(matchesGlob)
    if (subject.kind === 'resource') return (scope.resources ?? []).some(matchesGlob)
    return false
  }
  const concerns = ({ principals }: Rule) => {
    if (principals.type === 'everyone') return true
    const { type, id: ownId, roles: held, groupIds } = world.principal
    if (principals.type === 'attributes')
      return Object.entries(principals.attributes).every(([name, wanted]) =>
        attributeOf(world, name).some((value) => wanted.includes(value)),
      )
    const names: readonly string[] = principals.ids
    if (principals.type === 'user') return type === 'user' && names.includes(ownId)
    if (principals.type === 'agent_account') return type === 'agent' && names.includes(ownId)
    if (principals.type === 'group') return names.some((id) => groupIds.some((own) => own === id))
    return names.some((id) => held.some((role) => role === id))
  }
  const inForce = rules.filter(
    (rule) =>
      rule.enabled &&
      (rule.expiresAtMs === undefined || rule.expiresAtMs > now) &&
      concerns(rule) &&
      inScope(rule),
  )
  const denies = (rule: Rule, args: JsonObject) =>
    rule.conditions.every((condition) => {
      const blind =
        world.skipInputValidation && rule.scope.servers !== '*' && condition.field.startsWith('payload.')
      return blind || referenceHolds(condition, world, args) !== 'no'
    })
  const allows = (rule: Rule, args: JsonObject) =>
    rule.conditions.every((condition) => {
      if (world.skipInputValidation && condition.field.startsWith('payload.')) return false
      return referenceHolds(condition, world, args) === 'yes'
    })
  return (args) =>
    !inForce.some((rule) => rule.effect === 'deny' && denies(rule, args)) &&
    inForce.some((rule) => rule.effect === 'allow' && allows(rule, args))
}

// ---- the law -------------------------------------------------------------------------------------------------------

type Decide = (world: World, rules: Rule[], question: Omit<Question, 'connector' | 'facts'>) => Decision
const counts = new Map<string, number>()
const count = (branch: string) => counts.set(branch, (counts.get(branch) ?? 0) + 1)

function questionIn(world: World, asked: Omit<Question, 'connector' | 'facts'>): Question {
  return {
    ...asked,
    connector: {
      id: world.server,
      name: 'Server',
      auth: { type: 'none' },
      skipInputValidation: world.skipInputValidation,
    },
    facts: { ip: world.ip, userAgent: 'test', clientName: world.clientName, timeMs: now },
  }
}

const product = (): Decide => {
  let last: { rules: Rule[]; edition: ReturnType<typeof makeEdition> } | undefined
  return (world, rules, asked) => {
    if (last?.rules !== rules) last = { rules, edition: makeEdition(rules, groupNames) }
    return decideBy(last.edition, principalOf(world), questionIn(world, asked))
  }
}

const subjects: { kind: 'tool' | 'resource' | 'prompt'; name: string }[] = [
  ...tools.map((name) => ({ kind: 'tool' as const, name })),
  { kind: 'resource', name: 'file://a' },
  { kind: 'resource', name: 'file://b' },
  { kind: 'prompt', name: 'hello' },
]

/** Words for the first way in which `decide` breaks the law in this world. */
function breach(world: World, decide: Decide, reference = referenceFor): string | undefined {
  const rules = rulesOf(world)
  let anyListed = false
  for (const subject of subjects) {
    const worldOfArguments = subject.kind === 'tool' ? everyArgument : [{}]
    const callable = worldOfArguments.map(reference(world, rules, subject))
    const listed = decide(world, rules, { ...subject, phase: 'list', args: undefined }).effect === 'allow'
    anyListed ||= listed
    count(`${subject.kind} ${listed ? 'listed' : 'hidden'}`)
    if (listed !== callable.includes(true))
      return `${subject.kind} ${subject.name}: listed ${listed}, callable ${!listed}`
    if (listed && rules.some((rule) => rule.principals.type === 'attributes'))
      count('listed beside attributes')
    if (listed && callable.includes(false)) count('listed although some arguments are refused')
    for (const index of [0, 1, 2, 7, 9, 14, 20]) {
      const args = worldOfArguments[index]
      if (args === undefined) continue
      const answer = decide(world, rules, { ...subject, phase: 'call', args })
      count(`call ${answer.effect} ${answer.rules.length === 0 ? 'by default' : 'by rule'}`)
      if (answer.rules.includes('builtin:super-admin')) count('allowed by the built-in rule')
      if ((answer.effect === 'allow') !== callable[index])
        return `call ${subject.name} ${JSON.stringify(args)}: ${answer.effect}`
    }
  }
  if (world.skipInputValidation) count('without input validation')
  if (anyListed && world.principal.type === 'agent') count('listed to an agent')
  const visible =
    decide(world, rules, { kind: 'server', name: '', phase: 'list', args: undefined }).effect === 'allow'
  if (anyListed && !visible) return 'something is listed on a server that is not visible'
  count(visible ? 'server visible' : 'server hidden')
  return undefined
}

test('listed is callable, over 10,000 random rule sets', { timeout: 60_000 }, () => {
  counts.clear()
  const decide = product()
  fc.assert(
    fc.property(world, (drawn) => {
      expect(breach(drawn, decide)).toBeUndefined()
    }),
    { numRuns: 10_000, seed: 20_260 },
  )
  const branches = [
    'tool listed',
    'tool hidden',
    'resource listed',
    'resource hidden',
    'prompt listed',
    'prompt hidden',
    'listed although some arguments are refused',
    'call allow by rule',
    'call deny by rule',
    'call deny by default',
    'allowed by the built-in rule',
    'without input validation',
    'server visible',
    'server hidden',
    'listed beside attributes',
  ]
  for (const branch of branches) expect(counts.get(branch) ?? 0, branch).toBeGreaterThan(500)
})

/** An agent that acts for somebody: the reference asks each of them alone, with the same arguments. */
const delegated = fc.record({
  world,
  agent,
  person,
  servers: fc.option(someOf(servers, 2), { nil: undefined }),
})

function actingBreach(
  drawn: typeof delegated extends fc.Arbitrary<infer Value> ? Value : never,
  decide: typeof decideBy,
) {
  const { agent: own, person: theirs, servers: covered } = drawn
  let last: { rules: Rule[]; edition: ReturnType<typeof makeEdition> } | undefined
  const as = (principal: World['principal']) => ({ ...drawn.world, principal })
  return breach(
    drawn.world,
    (asked, rules, question) => {
      if (last?.rules !== rules) last = { rules, edition: makeEdition(rules, groupNames) }
      const acting = {
        agent: principalOf(as(own)),
        person: principalOf(as(theirs)),
        servers: covered,
        lent: [],
      }
      const both: Principal = { ...acting.agent, id: 'delegation' as UserId, acting }
      return decide(last.edition, both, questionIn(asked, question))
    },
    (asked, rules, subject) => {
      const [first, second] = [own, theirs].map((each) => referenceFor(as(each), rules, subject))
      const isCovered = covered === undefined || covered.includes(asked.server)
      return (args) => isCovered && first?.(args) === true && second?.(args) === true
    },
  )
}

test('an agent that acts for a person has what both have, over 3,000 random rule sets', {
  timeout: 60_000,
}, () => {
  counts.clear()
  fc.assert(
    fc.property(delegated, (drawn) => {
      expect(actingBreach(drawn, decideBy)).toBeUndefined()
    }),
    { numRuns: 3_000, seed: 111 },
  )
  for (const branch of [
    'tool listed',
    'tool hidden',
    'call allow by rule',
    'call deny by rule',
    'server visible',
  ])
    expect(counts.get(branch) ?? 0, branch).toBeGreaterThan(100)
})

test('what each may with other arguments only, the two together may not: it is not even listed', () => {
  const allow = (id: string, who: Rule['principals'], value: string): Rule => ({
    id: id as PolicyId,
    effect: 'allow',
    description: '',
    enabled: true,
    expiresAtMs: undefined,
    principals: who,
    scope: { servers: ['s1' as ServerId], tools: ['list'], resources: undefined },
    conditions: [{ field: 'payload.x', operator: 'begins_with', value }],
  })
  const listed = (value: string) => {
    const rules = [
      allow('p0', { type: 'agent_account', ids: ['bot' as AgentId] }, 'ab'),
      allow('p1', { type: 'user', ids: ['ann' as UserId] }, value),
    ]
    const plain = { email: '', roles: [], groupIds: [] }
    const agent: Principal = { ...plain, type: 'agent', id: 'bot' as UserId }
    const person: Principal = { ...plain, type: 'user', id: 'ann' as UserId }
    const acting = { agent, person, servers: undefined, lent: [] }
    const answer = decideBy(
      makeEdition(rules),
      { ...agent, acting },
      {
        connector: { id: 's1' as ServerId, name: '', auth: { type: 'none' }, skipInputValidation: false },
        kind: 'tool',
        name: 'list',
        phase: 'list',
        args: undefined,
        facts: { ip: '10.0.0.1', userAgent: '', clientName: undefined, timeMs: now },
      },
    )
    return [answer.effect, answer.rules]
  }
  expect(listed('b')).toEqual(['deny', []])
  expect(listed('abc')).toEqual(['allow', ['p0', 'p1']])
})

const wrongly: Record<string, typeof decideBy> = {
  'the agent alone counts': (edition, { acting, ...rest }, question) =>
    decideBy(edition, acting?.agent ?? rest, question),
  'the person alone counts': (edition, { acting, ...rest }, question) =>
    decideBy(edition, acting?.person ?? rest, question),
  'every connector is delegated': (edition, principal, question) =>
    principal.acting === undefined
      ? decideBy(edition, principal, question)
      : decideBy(edition, { ...principal, acting: { ...principal.acting, servers: undefined } }, question),
}
for (const [name, decide] of Object.entries(wrongly)) {
  test(`the law of delegation notices when ${name}`, () => {
    const drawn = fc.sample(delegated, { numRuns: 3000, seed: 7 })
    expect(drawn.some((one) => actingBreach(one, decide) !== undefined)).toBe(true)
  })
}

/** Each is a mistake somebody might make in the product; the law must notice every one. */
const mutants: Record<string, (decide: Decide) => Decide> = {
  'an allow beats a deny': (decide) => (world, rules, asked) => {
    const withoutDenies = rules.filter((rule) => rule.effect === 'allow')
    const kept = decide(world, withoutDenies, asked)
    return kept.effect === 'allow' ? kept : decide(world, rules, asked)
  },
  'a deny on arguments is forgotten when arguments are there': (decide) => (world, rules, asked) =>
    asked.phase === 'list'
      ? decide(world, rules, asked)
      : decide(
          world,
          rules.filter(
            (rule) =>
              rule.effect === 'allow' || rule.conditions.every(({ field }) => field.startsWith('meta.')),
          ),
          asked,
        ),
  'an allow on arguments is not listed': (decide) => (world, rules, asked) =>
    asked.phase === 'call'
      ? decide(world, rules, asked)
      : decide(
          world,
          rules.filter(
            (rule) =>
              rule.effect === 'deny' || rule.conditions.every(({ field }) => field.startsWith('meta.')),
          ),
          asked,
        ),
  'expired rules still act': (decide) => (world, rules, asked) =>
    decide(
      world,
      rules.map((rule) => ({ ...rule, expiresAtMs: undefined })),
      asked,
    ),
  'a rule on tools covers prompts': (decide) => (world, rules, asked) =>
    asked.kind === 'prompt'
      ? decide(
          world,
          rules.map((rule) => ({
            ...rule,
            scope: { ...rule.scope, tools: undefined, resources: undefined },
          })),
          asked,
        )
      : decide(world, rules, asked),
  'one of several attributes is enough': (decide) => (world, rules, asked) =>
    decide(
      world,
      rules.map((rule) => {
        const { principals } = rule
        if (principals.type !== 'attributes' || Object.keys(principals.attributes).length < 2) return rule
        const { title: _title, ...department } = principals.attributes
        return { ...rule, principals: { ...principals, attributes: department } }
      }),
      asked,
    ),
  'whoever has no department escapes a deny on it': (decide) => (world, rules, asked) =>
    decide(
      'department' in world.principal.attributes
        ? world
        : {
            ...world,
            principal: {
              ...world.principal,
              attributes: { ...world.principal.attributes, department: ['Finance'] },
            },
          },
      rules,
      asked,
    ),
  'an address that cannot be read escapes a deny': (decide) => (world, rules, asked) =>
    decide(world.ip === 'odd' ? { ...world, ip: '10.1.1.1' } : world, rules, asked),
}

for (const [name, mutate] of Object.entries(mutants)) {
  test(`the law notices when ${name}`, () => {
    const decide = mutate(product())
    const drawn = fc.sample(world, { numRuns: 3000, seed: 7 })
    expect(drawn.some((one) => breach(one, decide) !== undefined)).toBe(true)
  })
}
