import type { Principal } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Decision } from '../kernel/decision.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type PolicyId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import type { RequestFacts } from './judge-condition.ts'
import { keepRules } from './keep-rules.ts'
import { type Rule, superAdminRule } from './rule.ts'
import {
  type BuiltinState,
  type PolicyStore,
  policyStore,
  type RuleFilter,
  type StoredRule,
} from './store.ts'

/** The rules of who may use which tool, and the one function that applies them to list, search, call and simulation. */
export type Policy = {
  /** Synchronous. Throws GatewayError('busy') while the rules could not be read after a change: never judges by old ones. */
  decide(principal: Principal, question: Question): Decision
  /**
   * Names all that decisions of phase 'list' go by for this person, besides the connector and the name asked about: what
   * was derived from them holds while it stays the same. Undefined where they change with time.
   */
  listKey(principal: Principal, facts: RequestFacts): string | undefined
  /** Grows with each rule or membership change heard here; anything derived from decisions is keyed by it. */
  revision(): number
  /** Hears after a change of rules or people is what is judged by, and after rules that could not be read were. */
  onChange(listener: () => void): () => void
  /** Takes the connector out of every rule; a rule whose last server it was is deleted, never widened. */
  serverDeleted(serverId: ServerId): Promise<void>
  readonly book: RuleBook
  close(): void
}

/** kind 'server' with phase 'list' asks whether anything on the server is visible to the principal. */
export type Question = {
  readonly connector: Pick<Connector, 'id' | 'name' | 'auth' | 'skipInputValidation'>
  readonly kind: 'tool' | 'resource' | 'prompt' | 'server'
  readonly name: string
  readonly phase: 'list' | 'call'
  readonly args: Json | undefined
  readonly facts: RequestFacts
}

export type RuleDraft = Omit<Rule, 'id'>

/** Rules as records: what administration reads and changes. Every change is told on the bus before it returns. */
export type RuleBook = {
  page(filter: RuleFilter, after: PolicyId | undefined, limit: number): Promise<StoredRule[]>
  find(id: PolicyId): Promise<StoredRule | undefined>
  /** Throws conflict when the installation holds the most rules it may. */
  create(draft: RuleDraft, by: UserId | undefined, demo?: boolean): Promise<StoredRule>
  /** Throws not-found, or conflict when it changed since `before` was read. */
  replace(before: StoredRule, draft: RuleDraft): Promise<StoredRule>
  /** False when there was no such rule. */
  remove(id: PolicyId): Promise<boolean>
  builtinState(): Promise<BuiltinState>
  setBuiltinState(state: BuiltinState): Promise<void>
  /** How many rules of the demo were there. */
  removeDemo(): Promise<number>
}

export type PolicyParts = {
  db: Db
  bus: Bus
  now: () => number
  log: Log
  /** Names of groups by id, so that conditions may say a name. Read again with every membership change. */
  groupNames(): Promise<ReadonlyMap<string, string>>
}

/** All rules are held in memory; this bounds it. */
const maxRules = 10_000

export async function openPolicy(parts: PolicyParts): Promise<Policy> {
  const store = policyStore(parts.db)
  const kept = await keepRules({
    bus: parts.bus,
    log: parts.log,
    groupNames: parts.groupNames,
    async read() {
      const [rules, builtin] = await Promise.all([store.all(), store.builtinState()])
      return builtin === 'enabled' ? [...rules, superAdminRule] : rules
    },
  })
  return {
    decide: kept.decide,
    listKey: kept.listKey,
    revision: kept.revision,
    onChange: kept.onChange,
    async serverDeleted(serverId) {
      await store.serverDeleted(serverId)
      await parts.bus.publish('policy', '*')
    },
    book: ruleBook(store, parts),
    close: kept.close,
  }
}

function ruleBook(store: PolicyStore, { bus, now }: Pick<PolicyParts, 'bus' | 'now'>): RuleBook {
  const changed = (id: string) => bus.publish('policy', id)
  return {
    page: store.page,
    find: store.find,
    builtinState: store.builtinState,
    async create(draft, by, demo = false) {
      const at = new Date(now())
      const rule: StoredRule = {
        ...draft,
        id: newId<'policy'>(now()),
        version: 1,
        demo,
        createdBy: by,
        createdAt: at,
        updatedAt: at,
      }
      if (!(await store.insert(rule, maxRules))) {
        throw new GatewayError(
          'conflict',
          `There are already ${maxRules} rules, the most one installation holds. Delete some first.`,
        )
      }
      await changed(rule.id)
      return rule
    },
    async replace(before, draft) {
      const rule: StoredRule = {
        ...before,
        ...draft,
        version: before.version + 1,
        updatedAt: new Date(now()),
      }
      if (!(await store.update(rule, before.version))) {
        throw new GatewayError(
          'conflict',
          'The rule was changed or deleted meanwhile. Read it again and repeat the change.',
        )
      }
      await changed(rule.id)
      return rule
    },
    async remove(id) {
      const removed = await store.remove(id)
      if (removed) await changed(id)
      return removed
    },
    async setBuiltinState(state) {
      await store.setBuiltinState(state, new Date(now()))
      await changed(superAdminRule.id)
    },
    async removeDemo() {
      const removed = await store.removeDemo()
      if (removed > 0) await changed('*')
      return removed
    },
  }
}
