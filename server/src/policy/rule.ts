import type { Attributes } from '../kernel/attributes.ts'
import type { Role } from '../kernel/caller.ts'
import type { AgentId, GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'

export type Effect = 'allow' | 'deny'

/** Operators of product.md §8.4. The second half are the negations of some of the first. */
export const operators = [
  'eq',
  'in',
  'begins_with',
  'ends_with',
  'contains',
  'matches',
  'in_ip_range',
  'gt',
  'lt',
  'gte',
  'lte',
  'neq',
  'not_in',
  'not_ends_with',
  'not_contains',
  'not_in_ip_range',
] as const
export type Operator = (typeof operators)[number]

export type Scalar = string | number | boolean
/** A list means "one of these". */
export type ConditionValue = Scalar | readonly Scalar[]
export type Condition = {
  readonly field: string
  readonly operator: Operator
  readonly value: ConditionValue
}

export type Principals =
  | { readonly type: 'everyone' }
  | { readonly type: 'user'; readonly ids: readonly UserId[] }
  | { readonly type: 'group'; readonly ids: readonly GroupId[] }
  | { readonly type: 'role'; readonly ids: readonly Role[] }
  | { readonly type: 'agent_account'; readonly ids: readonly AgentId[] }
  /** Whoever has, of each name, one of the values. */
  | { readonly type: 'attributes'; readonly attributes: Attributes }

/** The ids a rule names, none where it speaks of people by what they are. */
export function idsOf(principals: Principals): readonly string[] {
  return 'ids' in principals ? principals.ids : []
}

export type Scope = {
  readonly servers: '*' | readonly ServerId[]
  /** Globs. When either list is given, whatever is not listed is out of scope; prompts need both absent. */
  readonly tools: readonly string[] | undefined
  readonly resources: readonly string[] | undefined
}

export type RuleId = PolicyId | `builtin:${string}`

/** What an administrator wrote (product.md §8.1). All conditions must hold. */
export type Rule = {
  readonly id: RuleId
  readonly effect: Effect
  readonly description: string
  readonly enabled: boolean
  readonly expiresAtMs: number | undefined
  readonly principals: Principals
  readonly scope: Scope
  readonly conditions: readonly Condition[]
}

/** The one allow over everything: below every deny, visible, removable (contract.md §4). */
export const superAdminRule: Rule = {
  id: 'builtin:super-admin',
  effect: 'allow',
  description: 'Super Admins may use everything that no rule denies',
  enabled: true,
  expiresAtMs: undefined,
  principals: { type: 'role', ids: ['super_admin'] },
  scope: { servers: '*', tools: undefined, resources: undefined },
  conditions: [],
}
