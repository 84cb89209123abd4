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

/** One whose rules are asked: a person, an agent account, or each of the two when an agent acts for a person. */
export type Party = { readonly rules: PrincipalRules; readonly scene: Scene }

export type Asked = {
  readonly connector: Pick<Connector, 'id' | 'skipInputValidation'>
  readonly kind: 'tool' | 'resource' | 'prompt' | 'server'
  readonly name: string
  readonly phase: 'list' | 'call'
  /** Whether some arguments could pass; remembered by the caller, because a list asks it again and again. */
  argumentsExist(allows: readonly CompiledRule[], denies: readonly CompiledRule[]): boolean
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
type Visible = 'tool' | 'resource' | 'prompt'
const noRules: ServerRules = { allows: nobody, denies: nobody }

/**
 * The one decision of the product, used for list, search, call and simulation (design.md §1). Denies first, then
 * allows, else deny (product.md §8.5); an allow names the first rule of each party that held, a deny every rule that did.
 * At list time the question is whether some call with some arguments would be allowed in this request's context: with
 * two parties, the same arguments by both.
 */
export function evaluate(parties: readonly Party[], asked: Asked): Decision {
  const { kind } = asked
  if (kind === 'server') return anythingVisible(parties, asked)
  const denies = new Standing(asked)
  for (const { rules, scene } of parties) {
    const server = rules.servers.get(asked.connector.id) ?? noRules
    denies.collect(covering(rules.globalDenies, kind, asked.name), scene, false)
    const blind = asked.connector.skipInputValidation
    denies.collect(covering(server.denies, kind, asked.name), scene, blind)
  }
  if (denies.certain.length > 0) return denied(denies.certain)

  const choices = parties.map((party) => allowsOf(party, asked, kind))
  const chosen = firstThatHolds(choices, [], (allows) =>
    allowTogether(allows, denies.onArguments, parties, asked),
  )
  if (chosen !== undefined) return allowed(chosen)
  const isAllowedBare = choices.every((allows) => allows.length > 0)
  return isAllowedBare && denies.onArguments.length > 0 ? denied(denies.onArguments) : noRule
}

function allowsOf({ rules, scene }: Party, asked: Asked, kind: Visible): readonly CompiledRule[] {
  const server = rules.servers.get(asked.connector.id) ?? noRules
  const allows = covering(server.allows, kind, asked.name).filter((rule) =>
    mayAllow(rule, scene, asked.connector),
  )
  return rules.builtin === undefined ? allows : [...allows, rules.builtin]
}

/** One allow of each party, so that together they hold. */
function firstThatHolds(
  [mine, ...others]: readonly (readonly CompiledRule[])[],
  chosen: readonly CompiledRule[],
  hold: (allows: readonly CompiledRule[]) => boolean,
): readonly CompiledRule[] | undefined {
  if (mine === undefined) return hold(chosen) ? chosen : undefined
  for (const rule of mine) {
    const found = firstThatHolds(others, [...chosen, rule], hold)
    if (found !== undefined) return found
  }
  return undefined
}

/** Without input validation the arguments prove nothing, so an allow that needs them never holds (product.md §8.5). */
function mayAllow(rule: CompiledRule, scene: Scene, connector: Asked['connector']): boolean {
  if (hasExpired(rule, scene) || holds(rule.meta, scene) !== true) return false
  return rule.payload.length === 0 || !connector.skipInputValidation
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
  collect(rules: readonly CompiledRule[], scene: Scene, blind: boolean): void {
    for (const rule of rules) {
      if (hasExpired(rule, scene) || holds(rule.meta, scene) === false) continue
      if (rule.payload.length === 0 || blind) this.certain.push(rule)
      else if (argumentsAreOpen(this.#asked)) this.onArguments.push(rule)
      else if (holds(rule.payload, scene) !== false) this.certain.push(rule)
    }
  }
}

/** Only a tool has arguments, and only while listing are they unknown. Everything else is judged as having none. */
function argumentsAreOpen(asked: Asked): boolean {
  return asked.phase === 'list' && asked.kind === 'tool'
}

function allowTogether(
  allows: readonly CompiledRule[],
  denies: readonly CompiledRule[],
  [first]: readonly Party[],
  asked: Asked,
): boolean {
  if (first === undefined) return false
  if (denies.length === 0 && allows.every((rule) => rule.payload.length === 0)) return true
  if (argumentsAreOpen(asked)) return asked.argumentsExist(allows, denies)
  const question = {
    allow: allows.flatMap((rule) => rule.payload),
    denies: denies.map((deny) => deny.payload),
  }
  return passes(question, first.scene)
}

function hasExpired(rule: CompiledRule, scene: Scene): boolean {
  return rule.rule.expiresAtMs !== undefined && rule.rule.expiresAtMs <= scene.facts.timeMs
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

function allowed(rules: readonly CompiledRule[]): Decision {
  const [first] = rules
  if (first !== undefined && rules.length === 1) return first.decision
  const unique = [...new Set(rules)]
  return {
    effect: 'allow',
    rules: unique.map(({ rule }) => rule.id),
    reason: unique.map((rule) => rule.decision.reason).join(' '),
  }
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
function anythingVisible(parties: readonly Party[], asked: Asked): Decision {
  const samples = parties.flatMap(({ rules }) => rules.servers.get(asked.connector.id)?.allows.samples ?? [])
  const probes = [
    { kind: 'tool' as const, name: anyName },
    { kind: 'resource' as const, name: anyName },
    { kind: 'prompt' as const, name: anyName },
    ...samples,
  ]
  let refusal: Decision = noRule
  for (const probe of probes) {
    const decision = evaluate(parties, { ...asked, ...probe, phase: 'list' })
    if (decision.effect === 'allow') return decision
    if (refusal.rules.length === 0) refusal = decision
  }
  return refusal
}
