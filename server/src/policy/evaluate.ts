import type { Connector } from '../kernel/connector.ts'
import type { Decision } from '../kernel/decision.ts'
import {
  type CompiledRule,
  covering,
  type PrincipalRules,
  type RuleSet,
  type ServerRules,
} from './compile-rules.ts'
import { passes } from './find-arguments.ts'
import type { CompiledCondition, Scene, Truth } from './judge-condition.ts'

export type Asked = {
  readonly connector: Pick<Connector, 'id' | 'skipInputValidation'>
  readonly kind: 'tool' | 'resource' | 'prompt' | 'server'
  readonly name: string
  readonly phase: 'list' | 'call'
  readonly scene: Scene
  /** Whether some arguments could pass; remembered by the caller, because a list asks it again and again. */
  argumentsExist(allow: CompiledRule, denies: readonly CompiledRule[]): boolean
}

const noRule: Decision = {
  effect: 'deny',
  rules: [],
  reason: 'No rule allows this; access is denied by default.',
}
const nobody: RuleSet = {
  whole: [],
  tools: { exact: new Map(), patterns: [] },
  resources: { exact: new Map(), patterns: [] },
  samples: [],
}
const noRules: ServerRules = { allows: nobody, denies: nobody }

/**
 * The one decision of the product, used for list, search, call and simulation (design.md §1). Denies first, then
 * allows, else deny (product.md §8.5); an allow names the first rule that held, a deny every rule that did.
 * At list time the question is whether some call with some arguments would be allowed in this request's context.
 */
export function evaluate(rules: PrincipalRules, asked: Asked): Decision {
  if (asked.kind === 'server') return anythingVisible(rules, asked)
  const server = rules.servers.get(asked.connector.id) ?? noRules
  const denies = new Standing(asked)
  denies.collect(covering(rules.globalDenies, asked.kind, asked.name), false)
  denies.collect(covering(server.denies, asked.kind, asked.name), asked.connector.skipInputValidation)
  if (denies.certain.length > 0) return denied(denies.certain)

  const allows = covering(server.allows, asked.kind, asked.name).filter((rule) => mayAllow(rule, asked))
  if (rules.builtin !== undefined) allows.push(rules.builtin)
  const allow = allows.find((rule) => allowsWith(rule, denies.onArguments, asked))
  if (allow !== undefined) return allow.decision
  return allows.length > 0 && denies.onArguments.length > 0 ? denied(denies.onArguments) : noRule
}

/** Without input validation the arguments prove nothing, so an allow that needs them never holds (product.md §8.5). */
function mayAllow(rule: CompiledRule, asked: Asked): boolean {
  if (hasExpired(rule, asked) || holds(rule.meta, asked.scene) !== true) return false
  return rule.payload.length === 0 || !asked.connector.skipInputValidation
}

/** Deny rules that stand: `certain` whatever the arguments, `onArguments` only for some arguments (list time). */
class Standing {
  readonly #asked: Asked
  certain: CompiledRule[] = []
  onArguments: CompiledRule[] = []

  constructor(asked: Asked) {
    this.#asked = asked
  }

  /** `blind`: arguments are not validated, so a deny on arguments covers the whole tool (product.md §8.5). */
  collect(rules: readonly CompiledRule[], blind: boolean): void {
    const asked = this.#asked
    for (const rule of rules) {
      if (hasExpired(rule, asked) || holds(rule.meta, asked.scene) === false) continue
      if (rule.payload.length === 0 || blind) this.certain.push(rule)
      else if (argumentsAreOpen(asked)) this.onArguments.push(rule)
      else if (holds(rule.payload, asked.scene) !== false) this.certain.push(rule)
    }
  }
}

/** Only a tool has arguments, and only while listing are they unknown. Everything else is judged as having none. */
function argumentsAreOpen(asked: Asked): boolean {
  return asked.phase === 'list' && asked.kind === 'tool'
}

function allowsWith(rule: CompiledRule, denies: readonly CompiledRule[], asked: Asked): boolean {
  if (rule.payload.length === 0 && denies.length === 0) return true
  return argumentsAreOpen(asked)
    ? asked.argumentsExist(rule, denies)
    : passes({ allow: rule.payload, denies: denies.map((deny) => deny.payload) }, asked.scene)
}

function hasExpired(rule: CompiledRule, asked: Asked): boolean {
  return rule.rule.expiresAtMs !== undefined && rule.rule.expiresAtMs <= asked.scene.facts.timeMs
}

/** All conditions must hold: false as soon as one fails, undefined when one cannot be told. */
function holds(conditions: readonly CompiledCondition[], scene: Scene): Truth {
  let answer: Truth = true
  for (const condition of conditions) {
    const truth = condition.judge(scene)
    if (truth === false) return false
    if (truth === undefined) answer = undefined
  }
  return answer
}

function denied(rules: readonly CompiledRule[]): Decision {
  const [first] = rules
  if (first !== undefined && rules.length === 1) return first.decision
  const unique = [...new Set(rules)]
  return {
    effect: 'deny',
    rules: unique.map(({ rule }) => rule.id),
    reason: unique.map((rule) => rule.decision.reason).join(' '),
  }
}

/** A name that no exact rule can mean, standing for whatever a whole-server rule shows. */
const anyName = '\u{10FFFD}any'

/** Some name on the server is visible: asked for names that the allow rules themselves suggest. */
function anythingVisible(rules: PrincipalRules, asked: Asked): Decision {
  const samples = rules.servers.get(asked.connector.id)?.allows.samples ?? []
  const probes = [
    { kind: 'tool' as const, name: anyName },
    { kind: 'resource' as const, name: anyName },
    { kind: 'prompt' as const, name: anyName },
    ...samples,
  ]
  let refusal: Decision = noRule
  for (const probe of probes) {
    const decision = evaluate(rules, { ...asked, ...probe, phase: 'list' })
    if (decision.effect === 'allow') return decision
    if (refusal.rules.length === 0) refusal = decision
  }
  return refusal
}
