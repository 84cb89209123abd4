import type { Attributes } from '../kernel/attributes.ts'
import { roles } from '../kernel/caller.ts'
import type { FieldError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import { compilePattern } from '../lib/match-pattern.ts'
import { PatternRefusal } from '../lib/parse-pattern.ts'
import { attributeOf, isSetField, metaFields, orderOf } from './judge-condition.ts'
import { parseRange } from './match-address.ts'
import type { Condition, ConditionValue, Operator, Scalar } from './rule.ts'

/** A rule as somebody wrote it: the shape is right, its meaning is not yet known to be. */
export type WrittenRule = {
  readonly effect: 'allow' | 'require_approval' | 'deny'
  readonly audit?: 'standard' | 'full' | 'strict' | undefined
  readonly expression?: string | null | undefined
  readonly principals: {
    readonly type: 'user' | 'group' | 'role' | 'agent_account' | 'attributes' | 'everyone'
    readonly ids?: readonly string[] | undefined
    readonly attributes?: Attributes | undefined
  }
  readonly scope: {
    readonly servers: '*' | readonly string[]
    readonly tools?: readonly string[] | null | undefined
    readonly resources?: readonly string[] | null | undefined
  }
  readonly conditions: readonly Condition[]
}

/** What a rule may refer to. */
export type Known = {
  connectorExists(id: string): boolean | Promise<boolean>
  personExists(id: string): boolean | Promise<boolean>
  personByEmail(email: string): Promise<string | undefined>
  groupExists(id: string): boolean | Promise<boolean>
  agentExists(id: string): boolean | Promise<boolean>
}

/** Everything wrong with a rule at once; an empty list when it can be stored. */
export async function mistakesOf(rule: WrittenRule, known: Known): Promise<FieldError[]> {
  return [
    ...notYet(rule),
    ...(await principalMistakes(rule.principals, known)),
    ...(await scopeMistakes(rule, known)),
    ...rule.conditions.flatMap((condition, index) =>
      conditionMistakes(condition, `body.conditions.${index}`),
    ),
  ]
}

function notYet(rule: WrittenRule): FieldError[] {
  const missing = (loc: string, what: string): FieldError => ({
    loc,
    rule: 'not-available',
    msg: `${what} not available in this version.`,
  })
  const found: FieldError[] = []
  if (rule.effect === 'require_approval') found.push(missing('body.effect', 'Approvals are'))
  if (rule.audit !== undefined && rule.audit !== 'standard')
    found.push(missing('body.audit', 'Other audit levels than standard are'))
  if (rule.expression != null) found.push(missing('body.expression', 'Expressions are'))
  return found
}

async function principalMistakes(principals: WrittenRule['principals'], known: Known): Promise<FieldError[]> {
  const { type, ids = [] } = principals
  const odd = attributeMistakes(principals)
  if (odd !== undefined) return [{ loc: 'body.principals.attributes', ...odd }]
  if (type === 'everyone' || type === 'attributes') {
    const msg =
      type === 'everyone' ? 'Everyone needs no ids.' : 'People are named by attributes here, not by ids.'
    return ids.length === 0 ? [] : [{ loc: 'body.principals.ids', rule: 'not-allowed', msg }]
  }
  if (ids.length === 0) {
    return [
      { loc: 'body.principals.ids', rule: 'required', msg: `Name at least one ${type.replace('_', ' ')}.` },
    ]
  }
  const exists = {
    user: (id: string) => isUuid(id) && known.personExists(id),
    group: (id: string) => isUuid(id) && known.groupExists(id),
    role: (id: string) => (roles as readonly string[]).includes(id),
    agent_account: (id: string) => isUuid(id) && known.agentExists(id),
  }[type]
  return missingOf(ids, 'body.principals.ids', `There is no such ${type.replace('_', ' ')}.`, exists)
}

/** No attribute at all would be everybody, so at least one must be named. */
function attributeMistakes({
  type,
  attributes,
}: WrittenRule['principals']): Omit<FieldError, 'loc'> | undefined {
  if (type !== 'attributes')
    return attributes === undefined
      ? undefined
      : { rule: 'not-allowed', msg: 'Only principals of the type attributes have these.' }
  return attributes === undefined || Object.keys(attributes).length === 0
    ? { rule: 'required', msg: 'Name at least one attribute with the values that count.' }
    : undefined
}

async function scopeMistakes(rule: WrittenRule, known: Known): Promise<FieldError[]> {
  const { servers } = rule.scope
  if (servers === '*') {
    return rule.effect === 'deny'
      ? []
      : [
          {
            loc: 'body.scope.servers',
            rule: 'global-is-deny',
            msg: 'A rule over every server must be a deny.',
          },
        ]
  }
  return missingOf(
    servers,
    'body.scope.servers',
    'There is no such server.',
    (id) => isUuid(id) && known.connectorExists(id),
  )
}

async function missingOf(
  ids: readonly string[],
  loc: string,
  msg: string,
  exists: (id: string) => boolean | Promise<boolean>,
): Promise<FieldError[]> {
  const found = await Promise.all(ids.map(exists))
  return ids.flatMap((_id, index) => (found[index] ? [] : [{ loc: `${loc}.${index}`, rule: 'exists', msg }]))
}

const ordered: ReadonlySet<Operator> = new Set(['gt', 'lt', 'gte', 'lte'])
const single: ReadonlySet<Operator> = new Set(['eq', 'neq', ...ordered])
const onTexts: ReadonlySet<Operator> = new Set([
  'begins_with',
  'ends_with',
  'not_ends_with',
  'matches',
  'in_ip_range',
  'not_in_ip_range',
])
const later = /^meta\.oauth\.(provider|scopes|verified)$/

function conditionMistakes(condition: Condition, loc: string): FieldError[] {
  const fieldMistake = mistakeInField(condition.field)
  if (fieldMistake !== undefined) return [{ loc: `${loc}.field`, ...fieldMistake }]
  if (!fits(condition.field, condition.operator)) {
    return [
      {
        loc: `${loc}.operator`,
        rule: 'operator-fits-field',
        msg: `${condition.operator} cannot be used with ${condition.field}.`,
      },
    ]
  }
  const msg = mistakeInValue(condition)
  return msg === undefined ? [] : [{ loc: `${loc}.value`, rule: 'value-fits-operator', msg }]
}

function mistakeInField(field: string): { rule: string; msg: string } | undefined {
  if (metaFields.includes(field) || attributeOf(field) !== undefined) return undefined
  if (later.test(field)) return { rule: 'not-available', msg: `${field} is not available in this version.` }
  if (!field.startsWith('payload.'))
    return {
      rule: 'known-field',
      msg: `There is no field of this name. Use payload.NAME or meta.subject.attributes.NAME or one of ${metaFields.join(', ')}.`,
    }
  const path = field.split('.').slice(1)
  if (path.length > 16 || path.some((name) => name === '' || name === '__proto__')) {
    return {
      rule: 'known-field',
      msg: 'Write payload. and then the names on the way to the argument, at most 16, with dots between.',
    }
  }
  return undefined
}

function fits(field: string, operator: Operator): boolean {
  if (field === 'meta.time') return ordered.has(operator)
  const isRange = operator === 'in_ip_range' || operator === 'not_in_ip_range'
  if (field.startsWith('payload.')) return true
  if (ordered.has(operator)) return false
  if (isRange) return field === 'meta.request.ip'
  return !(isSetField(field) && operator === 'matches')
}

/** Words for what is wrong with the value, or nothing. */
function mistakeInValue({ field, operator, value }: Condition): string | undefined {
  const items: readonly Scalar[] = isList(value) ? value : [value]
  if (isList(value) && single.has(operator)) return `${operator} takes one value, not a list.`
  if (!isList(value) && (operator === 'in' || operator === 'not_in'))
    return `${operator} takes a list of values.`
  if (items.length === 0) return 'The list is empty.'
  if (ordered.has(operator)) return mistakeInOrder(field, items[0])
  const needsText = onTexts.has(operator) || field.startsWith('meta.')
  if (needsText && items.some((item) => typeof item !== 'string'))
    return `${operator} on ${field} compares texts.`
  if (items.includes('') && !single.has(operator)) return 'An empty text would fit everything.'
  return mistakeInTexts(operator, items)
}

function mistakeInTexts(operator: Operator, items: readonly Scalar[]): string | undefined {
  if (operator === 'matches') return items.map(mistakeInPattern).find((words) => words !== undefined)
  if (!operator.endsWith('ip_range') || items.every((item) => parseRange(String(item)) !== undefined))
    return undefined
  return 'Write addresses or ranges such as 10.0.0.0/8.'
}

function mistakeInOrder(field: string, item: Scalar | undefined): string | undefined {
  if (field !== 'meta.time')
    return typeof item === 'number' && Number.isFinite(item) ? undefined : 'Write a number.'
  return typeof item === 'string' && orderOf(item) !== undefined
    ? undefined
    : 'Write an instant such as 2026-01-31T12:00:00Z, or a UTC time of day such as 08:30.'
}

function mistakeInPattern(item: Scalar): string | undefined {
  try {
    compilePattern(String(item))
    return undefined
  } catch (error) {
    if (error instanceof PatternRefusal) return `The pattern ${error.message}.`
    throw error
  }
}

function isList(value: ConditionValue): value is readonly Scalar[] {
  return typeof value === 'object'
}
