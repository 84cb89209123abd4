import { hasAttributes } from '../kernel/attributes.ts'
import type { Principal } from '../kernel/caller.ts'
import type { Decision } from '../kernel/decision.ts'
import type { ServerId } from '../kernel/ids.ts'
import { type CompiledCondition, compileCondition } from './judge-condition.ts'
import { KeptDecisions } from './kept-decisions.ts'
import { compileGlob, type Glob, namesMatching } from './match-glob.ts'
import { type Effect, idsOf, type Rule } from './rule.ts'

/** A rule ready to be asked: shared by all principals it speaks of. */
export type CompiledRule = {
  readonly rule: Rule
  readonly meta: readonly CompiledCondition[]
  readonly payload: readonly CompiledCondition[]
  /** The answer when this rule alone decides, made once. */
  readonly decision: Decision
}

type Pattern = { readonly glob: Glob; readonly rule: CompiledRule }
type Names = {
  readonly exact: ReadonlyMap<string, readonly CompiledRule[]>
  readonly patterns: readonly Pattern[]
}

/** Rules of one effect on one server (or on all), by what they cover. */
export type RuleSet = {
  readonly whole: readonly CompiledRule[]
  readonly tools: Names
  readonly resources: Names
  /** Names that would be visible if nothing denied them. */
  readonly samples: readonly { kind: 'tool' | 'resource'; name: string }[]
}

export type ServerRules = { readonly allows: RuleSet; readonly denies: RuleSet }

/** What one person's rules come to (design.md §1). */
export type PrincipalRules = {
  readonly servers: ReadonlyMap<ServerId, ServerRules>
  /** `servers: "*"`: always denies. */
  readonly globalDenies: RuleSet
  /** The built-in allow, below every deny. */
  readonly builtin: CompiledRule | undefined
  /** What changes the answers while the rules stay: nothing, the request's own facts, or also the time. */
  readonly variesBy: 'nothing' | 'request' | 'time'
  /** Decisions about tools that were called lately; undefined where a condition or an end may change them. */
  readonly kept: KeptDecisions | undefined
}

/** Every rule in force, found by whom it speaks of. */
export type RuleIndex = ReadonlyMap<string, readonly CompiledRule[]>

/** How a refusal or an answer names a rule. */
export function nameOfRule(rule: Pick<Rule, 'id' | 'description'>): string {
  return rule.description === '' ? `rule ${rule.id}` : `rule "${rule.description}" (${rule.id})`
}

export function compileRule(rule: Rule): CompiledRule {
  const conditions = rule.conditions.map(compileCondition)
  const verb = rule.effect === 'allow' ? 'Allowed' : 'Denied'
  return {
    rule,
    meta: conditions.filter((condition) => condition.path === undefined),
    payload: conditions.filter((condition) => condition.path !== undefined),
    decision: { effect: rule.effect, rules: [rule.id], reason: `${verb} by ${nameOfRule(rule)}.` },
  }
}

/** Rules that are switched off are left out; expiry is judged with each question, because time passes. */
export function indexRules(rules: readonly Rule[]): RuleIndex {
  const index = new Map<string, CompiledRule[]>()
  for (const rule of rules) {
    if (!rule.enabled) continue
    const compiled = compileRule(rule)
    for (const key of keysOfRule(rule)) {
      const list = index.get(key)
      if (list === undefined) index.set(key, [compiled])
      else list.push(compiled)
    }
  }
  return index
}

function keysOfRule(rule: Rule): string[] {
  const { principals } = rule
  if (principals.type === 'everyone') return ['everyone']
  if (principals.type === 'attributes') {
    // Found by the first name alone; that the others fit as well is asked of whoever is found.
    const [first] = Object.entries(principals.attributes)
    return first === undefined ? [] : [...new Set(first[1])].map((value) => attributeKey(first[0], value))
  }
  return [...new Set(idsOf(principals))].map((id) => `${principals.type}:${id}`)
}

const attributeKey = (name: string, value: string) => `attribute:${name}=${value}`

function rulesOf(index: RuleIndex, principal: Principal): CompiledRule[] {
  const keys = [
    'everyone',
    principal.type === 'agent' ? `agent_account:${principal.id}` : `user:${principal.id}`,
    ...principal.groupIds.map((id) => `group:${id}`),
    ...principal.roles.map((role) => `role:${role}`),
    ...Object.entries(principal.attributes ?? {}).flatMap(([name, values]) =>
      values.map((value) => attributeKey(name, value)),
    ),
  ]
  return [...new Set(keys.flatMap((key) => index.get(key) ?? []))].filter(
    ({ rule: { principals } }) =>
      principals.type !== 'attributes' || hasAttributes(principal.attributes, principals.attributes),
  )
}

export function compilePrincipal(index: RuleIndex, principal: Principal): PrincipalRules {
  const mine = rulesOf(index, principal)
  const everywhere = mine.filter(({ rule }) => rule.scope.servers === '*')
  const byServer = new Map<ServerId, CompiledRule[]>()
  for (const compiled of mine) {
    const { servers } = compiled.rule.scope
    if (servers === '*') continue
    for (const server of new Set(servers)) {
      const rules = byServer.get(server)
      if (rules === undefined) byServer.set(server, [compiled])
      else rules.push(compiled)
    }
  }
  const of = (rules: readonly CompiledRule[], effect: Effect) =>
    ruleSet(rules.filter(({ rule }) => rule.effect === effect))
  return {
    servers: new Map(
      [...byServer].map(([server, rules]) => [
        server,
        { allows: of(rules, 'allow'), denies: of(rules, 'deny') },
      ]),
    ),
    globalDenies: of(everywhere, 'deny'),
    // An allow over everything exists once, built in; a stored one is never honoured (contract.md §4).
    builtin: everywhere.find(({ rule }) => rule.id.startsWith('builtin:')),
    variesBy: variesBy(mine),
    kept: mine.every(isPlain) ? new KeptDecisions() : undefined,
  }
}

/** Decides the same whenever it is asked about the same name. */
function isPlain({ rule, meta, payload }: CompiledRule): boolean {
  return meta.length === 0 && payload.length === 0 && rule.expiresAtMs === undefined
}

const ofRequest: ReadonlySet<string> = new Set([
  'meta.request.ip',
  'meta.request.user_agent',
  'meta.client.name',
])

function variesBy(rules: readonly CompiledRule[]): PrincipalRules['variesBy'] {
  const looksAt = rules.flatMap(({ meta }) => meta.map(({ condition }) => condition.field))
  if (looksAt.includes('meta.time') || rules.some(({ rule }) => rule.expiresAtMs !== undefined)) return 'time'
  return looksAt.some((field) => ofRequest.has(field)) ? 'request' : 'nothing'
}

function ruleSet(rules: readonly CompiledRule[]): RuleSet {
  return {
    whole: rules.filter(({ rule }) => rule.scope.tools === undefined && rule.scope.resources === undefined),
    tools: names(rules, 'tools'),
    resources: names(rules, 'resources'),
    samples: rules
      .flatMap(({ rule }) => [
        ...(rule.scope.tools ?? []).flatMap((glob) =>
          namesMatching(glob).map((name) => ({ kind: 'tool' as const, name })),
        ),
        ...(rule.scope.resources ?? []).flatMap((glob) =>
          namesMatching(glob).map((name) => ({ kind: 'resource' as const, name })),
        ),
      ])
      .slice(0, 600),
  }
}

function names(rules: readonly CompiledRule[], part: 'tools' | 'resources'): Names {
  const exact = new Map<string, CompiledRule[]>()
  const patterns: Pattern[] = []
  for (const rule of rules) {
    for (const pattern of rule.rule.scope[part] ?? []) {
      const glob = compileGlob(pattern)
      if (glob.exact === undefined) patterns.push({ glob, rule })
      else exact.set(glob.exact, [...(exact.get(glob.exact) ?? []), rule])
    }
  }
  return { exact, patterns }
}

/** The rules that cover a name, some possibly twice. No list is made when only whole-server rules can apply. */
export function covering(
  set: RuleSet,
  kind: 'tool' | 'resource' | 'prompt',
  name: string,
): readonly CompiledRule[] {
  if (kind === 'prompt') return set.whole
  const listed = kind === 'tool' ? set.tools : set.resources
  if (listed.exact.size === 0 && listed.patterns.length === 0) return set.whole
  const exact = listed.exact.get(name)
  if (exact === undefined && listed.patterns.length === 0) return set.whole
  const found = exact === undefined ? set.whole.slice() : [...set.whole, ...exact]
  for (const pattern of listed.patterns) if (pattern.glob.matches(name)) found.push(pattern.rule)
  return found
}
