import { sameAttributes } from '../kernel/attributes.ts'
import type { Principal } from '../kernel/caller.ts'
import type { Decision } from '../kernel/decision.ts'
import { GatewayError } from '../kernel/errors.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Log } from '../lib/log.ts'
import type { Bus } from '../storage/storage.ts'
import {
  type CompiledRule,
  compilePrincipal,
  indexRules,
  type PrincipalRules,
  type RuleIndex,
} from './compile-rules.ts'
import { evaluate } from './evaluate.ts'
import { someArgumentsPass } from './find-arguments.ts'
import type { RequestFacts, Scene } from './judge-condition.ts'
import type { Question } from './policy.ts'
import type { Rule } from './rule.ts'

export type KeptRules = {
  decide(principal: Principal, question: Question): Decision
  listKey(principal: Principal, facts: RequestFacts): string | undefined
  revision(): number
  onChange(listener: () => void): () => void
  close(): void
}

type Parts = {
  bus: Bus
  log: Log
  read(): Promise<Rule[]>
  groupNames(): Promise<ReadonlyMap<string, string>>
}

/** People whose compiled rules are kept; the others are compiled again when they come. */
const maxPrincipals = 10_000
/** Answers to "could some arguments pass?", by the rules involved. */
const maxAnswers = 10_000
/** Everything is read again this often, in case a notice was lost. */
const rereadMs = 60_000
const retryMs = 1_000

/** Everything derived from one state of the rules; replaced whole, so no half-changed state is ever judged by. */
type Edition = {
  readonly index: RuleIndex
  readonly groupNames: ReadonlyMap<string, string>
  readonly principals: BoundedCache<{ principal: Principal; rules: PrincipalRules }>
  readonly answers: BoundedCache<{ pass: boolean }>
}

/** Holds the rules in memory, compiled per person, in step with the bus topics 'policy' and 'identity'. */
export async function keepRules(parts: Parts): Promise<KeptRules> {
  let groupNames = await parts.groupNames()
  let edition = makeEdition(await parts.read(), groupNames)
  let revision = 0
  let trustworthy = true
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const listeners = new Set<() => void>()
  /** A failed read leaves no doubt hidden: nothing is decided until one succeeds. */
  const reading = (read: () => Promise<void>) =>
    oneBehind(async () => {
      try {
        await read()
      } catch (error) {
        trustworthy = false
        schedule()
        throw error
      } finally {
        revision++
      }
    })
  const readRules = reading(async () => {
    edition = makeEdition(await parts.read(), groupNames)
  })
  const readNames = reading(async () => {
    groupNames = await parts.groupNames()
    edition = { ...edition, groupNames }
  })
  const tell = () => {
    for (const listener of listeners) listener()
  }
  const readAll = async () => {
    const isAgain = !trustworthy
    try {
      await Promise.all([readRules(), readNames()])
      trustworthy = true
      if (isAgain) tell()
    } catch (error) {
      parts.log.warn({ err: error }, 'policies could not be read again')
    }
    schedule()
  }
  const schedule = () => {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(() => void readAll(), trustworthy ? rereadMs : retryMs).unref()
  }
  schedule()
  const stops = [
    parts.bus.on('policy', () => readRules().then(tell)),
    // A key says nothing about what its owner may do.
    parts.bus.on('identity', (id) => (id.startsWith('key:') ? undefined : readNames().then(tell))),
  ]

  return {
    decide(principal, question) {
      if (!trustworthy) {
        throw new GatewayError(
          'busy',
          'The access rules cannot be read at the moment. Try again in a second.',
        )
      }
      return decideBy(edition, principal, question)
    },
    listKey: (principal, facts) =>
      trustworthy ? listKeyBy(edition, principal, { facts, revision }) : undefined,
    revision: () => revision,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const stop of stops) stop()
      listeners.clear()
    },
  }
}

/**
 * Runs one at a time. A call during a run waits for a run of its own, since the first may have missed its change; all
 * calls that wait share that one.
 */
function oneBehind(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => {
    running = run().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    if (next !== undefined) return next
    if (running === undefined) return start()
    next = running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}

export function makeEdition(
  rules: readonly Rule[],
  groupNames: ReadonlyMap<string, string> = new Map(),
): Edition {
  return {
    index: indexRules(rules),
    groupNames,
    principals: new BoundedCache(maxPrincipals),
    answers: new BoundedCache(maxAnswers),
  }
}

/** The whole way from rules to answer without a store: what the simulator and the property test run. */
export function decideBy(edition: Edition, principal: Principal, question: Question): Decision {
  const { connector, kind, name, phase } = question
  if (principal.acting !== undefined || kind !== 'tool') return judge(edition, principal, question)
  const { kept } = rulesFor(edition, principal)
  if (kept === undefined) return judge(edition, principal, question)
  const known = kept.get(connector.id, name)
  if (known !== undefined) return known
  const decision = judge(edition, principal, question)
  // Lists ask about thousands of tools, once; calls ask about few, often.
  if (phase === 'call') kept.keep(connector.id, name, decision)
  return decision
}

function judge(edition: Edition, principal: Principal, question: Question): Decision {
  const { connector, facts, args } = question
  if (principal.acting?.servers?.includes(connector.id) === false) return notDelegated
  const groupName = (id: string) => edition.groupNames.get(id)
  const sceneOf = (each: Principal): Scene => ({ principal: each, connector, facts, args, groupName })
  const parties = partiesOf(principal).map((each) => ({
    rules: rulesFor(edition, each),
    scene: sceneOf(each),
  }))
  return evaluate(parties, {
    connector,
    kind: question.kind,
    name: question.name,
    phase: question.phase,
    argumentsExist: (allows, denies) => argumentsExist(edition, allows, denies, sceneOf(principal)),
  })
}

const notDelegated: Decision = {
  effect: 'deny',
  rules: [],
  reason: 'The person did not delegate this connector to the agent.',
}

/** Whose rules count: an agent for a person may do what both may. */
function partiesOf(principal: Principal): readonly Principal[] {
  const { acting } = principal
  return acting === undefined ? [principal] : [acting.agent, acting.person]
}

/** What decisions of phase 'list' go by for this person; undefined where they change with time. */
export function listKeyBy(
  edition: Edition,
  principal: Principal,
  { facts, revision }: { facts: RequestFacts; revision: number },
): string | undefined {
  const parties = partiesOf(principal)
  const vary = parties.map((each) => rulesFor(edition, each).variesBy)
  if (vary.includes('time')) return undefined
  const who = parties.map(({ type, id, email, roles, groupIds, attributes = {} }) => [
    type,
    id,
    email,
    roles,
    groupIds,
    attributes,
  ])
  const request = vary.includes('request') ? [facts.ip, facts.userAgent, facts.clientName ?? null] : []
  return JSON.stringify([revision, who, principal.acting?.servers ?? null, ...request])
}

/** A caller read before a membership change may arrive after it: compiled rules serve only the memberships they came from. */
function rulesFor(edition: Edition, principal: Principal): PrincipalRules {
  const known = edition.principals.get(principal.id)
  if (known !== undefined && samePrincipal(known.principal, principal)) return known.rules
  const rules = compilePrincipal(edition.index, principal)
  edition.principals.set(principal.id, { principal, rules })
  return rules
}

function samePrincipal(a: Principal, b: Principal): boolean {
  return (
    a === b ||
    (sameList(a.roles, b.roles) &&
      sameList(a.groupIds, b.groupIds) &&
      sameAttributes(a.attributes, b.attributes))
  )
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]))
}

/** The answer depends on nothing but the rules, so it is kept by their ids. */
function argumentsExist(
  edition: Edition,
  allows: readonly CompiledRule[],
  denies: readonly CompiledRule[],
  scene: Scene,
): boolean {
  const unique = [...new Set(denies)]
  const idsOf = (rules: readonly CompiledRule[]) => rules.map(({ rule }) => rule.id).join(' ')
  const key = `${idsOf(allows)}|${idsOf(unique)}`
  const known = edition.answers.get(key)
  if (known !== undefined) return known.pass
  const question = {
    allow: allows.flatMap((allow) => allow.payload),
    denies: unique.map((deny) => deny.payload),
  }
  const pass = someArgumentsPass(question, scene)
  edition.answers.set(key, { pass })
  return pass
}
