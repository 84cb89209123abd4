import type { Policy } from '../api/shapes.ts'
import { type AttributeDraft, attributesOf } from './attribute-draft.ts'

export type ConditionDraft = { key: number; field: string; operator: string; value: string }

export type RuleDraft = {
  effect: 'allow' | 'deny'
  who: 'user' | 'group' | 'role' | 'agent_account' | 'attributes' | 'everyone'
  ids: string[]
  attributes: AttributeDraft[]
  servers: string[]
  isGlobal: boolean
  /** Globs, or undefined for everything on the connector. */
  tools: string[] | undefined
  conditions: ConditionDraft[]
  description: string
}

export function blankRule(server: string | undefined): RuleDraft {
  return {
    effect: 'allow',
    who: 'group',
    ids: [],
    attributes: [],
    servers: server === undefined ? [] : [server],
    isGlobal: false,
    tools: undefined,
    conditions: [],
    description: '',
  }
}

export const operators = [
  { value: 'eq', label: 'is' },
  { value: 'neq', label: 'is not' },
  { value: 'in', label: 'is one of' },
  { value: 'not_in', label: 'is none of' },
  { value: 'begins_with', label: 'begins with' },
  { value: 'ends_with', label: 'ends with' },
  { value: 'not_ends_with', label: 'does not end with' },
  { value: 'contains', label: 'contains' },
  { value: 'not_contains', label: 'does not contain' },
  { value: 'matches', label: 'matches' },
  { value: 'in_ip_range', label: 'is in network' },
  { value: 'not_in_ip_range', label: 'is not in network' },
  { value: 'gt', label: 'is greater than' },
  { value: 'gte', label: 'is at least' },
  { value: 'lt', label: 'is less than' },
  { value: 'lte', label: 'is at most' },
] as const
export type Operator = (typeof operators)[number]['value']

const lists: readonly string[] = ['in', 'not_in', 'in_ip_range', 'not_in_ip_range']
const numbers: readonly string[] = ['gt', 'gte', 'lt', 'lte']

function conditionValue({ operator, value }: ConditionDraft): string | number | string[] {
  if (lists.includes(operator))
    return value
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
  const number = Number(value)
  return numbers.includes(operator) && value.trim() !== '' && !Number.isNaN(number) ? number : value
}

/** What the sentence still lacks, in words; undefined when it can be sent. */
export function missingIn(draft: RuleDraft): string | undefined {
  if (!saysWho(draft)) return 'Say who the rule is about first'
  if (!draft.isGlobal && draft.servers.length === 0) return 'Choose a connector first'
  if (draft.tools !== undefined && draft.tools.length === 0) return 'Choose tools, or the entire connector'
  if (draft.isGlobal && draft.effect === 'allow') return 'A rule over every connector can only deny'
  if (draft.conditions.some((condition) => condition.field.trim() === ''))
    return 'A condition has no field yet'
  return undefined
}

function saysWho({ who, ids, attributes }: RuleDraft): boolean {
  if (who === 'attributes') return Object.keys(attributesOf(attributes)).length > 0
  return who === 'everyone' || ids.length > 0
}

function principalsOf({ who, ids, attributes }: RuleDraft) {
  if (who === 'everyone') return { type: who }
  if (who === 'attributes') return { type: who, attributes: attributesOf(attributes) }
  return { type: who, ids }
}

export function ruleBody(draft: RuleDraft) {
  return {
    effect: draft.effect,
    description: draft.description.trim(),
    principals: principalsOf(draft),
    scope: {
      servers: draft.isGlobal ? ('*' as const) : draft.servers,
      ...(draft.tools === undefined ? {} : { tools: draft.tools }),
    },
    conditions: draft.conditions.map((condition) => ({
      field: condition.field.trim(),
      operator: condition.operator as Operator,
      value: conditionValue(condition),
    })),
  }
}

export function conditionWords({ field, operator, value }: Policy['conditions'][number]): string {
  const verb = operators.find((one) => one.value === operator)?.label ?? operator
  return `${field} ${verb} ${Array.isArray(value) ? value.join(', ') : String(value)}`
}
