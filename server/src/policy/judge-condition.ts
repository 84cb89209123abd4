import { attributeName, valuesOf as attributeValues } from '../kernel/attributes.ts'
import type { Principal } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Json } from '../kernel/json.ts'
import { compilePattern } from '../lib/match-pattern.ts'
import { type AddressRange, inRange, parseAddress, parseRange } from './match-address.ts'
import type { Condition, Operator, Scalar } from './rule.ts'

/** undefined: cannot be told. An allow needs true; a deny takes anything but false, so doubt never widens access. */
export type Truth = boolean | undefined

export type RequestFacts = { ip: string; userAgent: string; clientName: string | undefined; timeMs: number }

/** Everything a condition may look at. */
export type Scene = {
  readonly principal: Principal
  readonly connector: Pick<Connector, 'name' | 'auth'>
  readonly facts: RequestFacts
  /** undefined counts as no arguments at all. */
  readonly args: Json | undefined
  /** A group's name, so that rules may say it as well as the id. */
  groupName(id: string): string | undefined
}

export type CompiledCondition = {
  /** Member names below the arguments when the condition is about `payload.*`. */
  readonly path: readonly string[] | undefined
  readonly condition: Condition
  judge(scene: Scene): Truth
}

type Judge = (value: Json) => Truth

const negations: Partial<Record<Operator, Operator>> = {
  neq: 'eq',
  not_in: 'in',
  not_ends_with: 'ends_with',
  not_contains: 'contains',
  not_in_ip_range: 'in_ip_range',
}

/** The condition must have been checked by check-condition.ts; a broken pattern or range throws. */
export function compileCondition(condition: Condition): CompiledCondition {
  const negated = negations[condition.operator]
  const items = listOf(condition)
  const positive = judgeOf(negated ?? condition.operator, items)
  const path = condition.field.startsWith('payload.')
    ? condition.field.slice('payload.'.length).split('.')
    : undefined
  const setField = path === undefined ? setOf(condition.field) : undefined
  if (setField !== undefined) {
    const isKnown = attributeOf(condition.field) === undefined
    return {
      path,
      condition,
      judge(scene) {
        const members = setField(scene)
        // No groups is a fact, but no department means that the directory does not say.
        if (members.length === 0 && !isKnown) return negated === undefined ? false : undefined
        return negateIf(
          negated,
          members.some((member) => positive(member) === true),
        )
      },
    }
  }
  const valuesOf =
    path === undefined ? metaValues(condition.field) : (scene: Scene) => valuesAt(scene.args, path)
  const combine = (negated ?? condition.operator) === 'contains' ? someElement(items) : allAgree
  return {
    path,
    condition,
    judge(scene) {
      const values = valuesOf(scene)
      // What is missing fulfils no positive condition, and whether it fulfils a negative one is anybody's guess.
      if (values.length === 0) return negated === undefined ? false : undefined
      return negateIf(negated, combine(values, positive))
    },
  }
}

function listOf(condition: Condition): readonly Scalar[] {
  const list = typeof condition.value === 'object' ? condition.value : [condition.value]
  return condition.field === 'meta.subject.email' ? list.map((item) => String(item).toLowerCase()) : list
}

function negateIf(negated: Operator | undefined, truth: Truth): Truth {
  return negated === undefined || truth === undefined ? truth : !truth
}

/** Elements of an array must all say the same; a mixture cannot be told. */
function allAgree(values: readonly Json[], judge: Judge): Truth {
  const first = judge(values[0] ?? null)
  return values.every((value) => judge(value) === first) ? first : undefined
}

/** `contains` on an array asks for a member; a member that merely contains the text leaves doubt. */
const someElement =
  (items: readonly Scalar[]) =>
  (values: readonly Json[], judge: Judge): Truth => {
    if (values.length === 1) return judge(values[0] ?? null)
    if (values.some((value) => (items as readonly Json[]).includes(value))) return true
    return values.every((value) => judge(value) === false) ? false : undefined
  }

const setFields: Readonly<Record<string, (scene: Scene) => readonly string[]>> = {
  'meta.subject.roles': (scene) => scene.principal.roles,
  'meta.subject.groups': (scene) =>
    scene.principal.groupIds.flatMap((id) => {
      const name = scene.groupName(id)
      return name === undefined ? [id] : [id, name]
    }),
}

const attributePrefix = 'meta.subject.attributes.'

/** The attribute a condition is about, if it is about one. */
export function attributeOf(field: string): string | undefined {
  const name = field.startsWith(attributePrefix) ? field.slice(attributePrefix.length) : ''
  return attributeName.test(name) ? name : undefined
}

function setOf(field: string): ((scene: Scene) => readonly string[]) | undefined {
  const attribute = attributeOf(field)
  if (attribute !== undefined) return (scene) => attributeValues(scene.principal.attributes, attribute)
  return Object.hasOwn(setFields, field) ? setFields[field] : undefined
}

const singleFields: Readonly<Record<string, (scene: Scene) => Json | undefined>> = {
  'meta.request.ip': (scene) => scene.facts.ip,
  'meta.request.user_agent': (scene) => scene.facts.userAgent,
  'meta.subject.email': (scene) => scene.principal.email.toLowerCase(),
  'meta.subject.type': (scene) => scene.principal.type,
  'meta.server.name': (scene) => scene.connector.name,
  'meta.server.auth_type': (scene) => scene.connector.auth.type,
  'meta.client.name': (scene) => scene.facts.clientName,
  'meta.time': (scene) => scene.facts.timeMs,
}

export const metaFields: readonly string[] = [...Object.keys(setFields), ...Object.keys(singleFields)]
export const isSetField = (field: string): boolean => Object.hasOwn(setFields, field)

function metaValues(field: string): (scene: Scene) => readonly Json[] {
  const read = Object.hasOwn(singleFields, field) ? singleFields[field] : undefined
  if (read === undefined) throw new Error(`policy condition on unknown field ${field}`)
  return (scene) => {
    const value = read(scene)
    return value === undefined || value === '' ? [] : [value]
  }
}

/** The values at a path; arrays on the way are looked through, so that one bad element cannot hide among good ones. */
function valuesAt(value: Json | undefined, path: readonly string[]): readonly Json[] {
  let found: Json[] = value === undefined ? [] : [value]
  for (const name of path) {
    found = found.flatMap((at) => membersNamed(at, name))
  }
  return found.flatMap(leaves)
}

function leaves(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap(leaves)
  return value === null ? [] : [value]
}

function membersNamed(value: Json, name: string): readonly Json[] {
  if (value === null || typeof value !== 'object') return []
  if (!Array.isArray(value)) return Object.hasOwn(value, name) ? [value[name] ?? null] : []
  const element = /^\d{1,6}$/.test(name) ? value[Number(name)] : undefined
  return element === undefined ? value.flatMap((item) => membersNamed(item, name)) : [element]
}

/** True when any item is, false when all are false. */
function anyOf(items: readonly Scalar[], judge: (item: Scalar, value: Json) => Truth): Judge {
  const [only] = items
  if (items.length === 1 && only !== undefined) return (value) => judge(only, value)
  return (value) => {
    let answer: Truth = false
    for (const item of items) {
      const truth = judge(item, value)
      if (truth === true) return true
      if (truth === undefined) answer = undefined
    }
    return answer
  }
}

function judgeOf(operator: Operator, items: readonly Scalar[]): Judge {
  switch (operator) {
    case 'eq':
    case 'in':
      return anyOf(items, equal)
    case 'begins_with':
      return anyOf(
        items,
        onText((text, item) => text.startsWith(item)),
      )
    case 'ends_with':
      return anyOf(
        items,
        onText((text, item) => text.endsWith(item)),
      )
    case 'contains':
      return anyOf(items, contains)
    case 'matches':
      return patternJudge(items)
    case 'in_ip_range':
      return rangeJudge(items)
    case 'gt':
    case 'lt':
    case 'gte':
    case 'lte':
      return orderJudge(operator, items[0] ?? 0)
    default:
      throw new Error(`${operator} is a negation and is compiled by its positive form`)
  }
}

/** 5 and "5" are not equal, but an upstream may read one as the other: that leaves doubt. */
function equal(item: Scalar, value: Json): Truth {
  if (value === item) return true
  if (value === null || typeof value === 'object') return undefined
  return typeof value !== typeof item && String(value) === String(item) ? undefined : false
}

const onText =
  (test: (text: string, item: string) => boolean) =>
  (item: Scalar, value: Json): Truth =>
    typeof value === 'string' ? test(value, String(item)) : undefined

function contains(item: Scalar, value: Json): Truth {
  return typeof value === 'string' ? value.includes(String(item)) : equal(item, value)
}

function patternJudge(items: readonly Scalar[]): Judge {
  const patterns = new Map(items.map((item) => [item, compilePattern(String(item))]))
  return anyOf(items, (item, value) =>
    typeof value === 'string' ? patterns.get(item)?.matches(value) : undefined,
  )
}

function rangeJudge(items: readonly Scalar[]): Judge {
  const ranges: AddressRange[] = items.map((item) => {
    const range = parseRange(String(item))
    if (range === undefined) throw new Error('policy condition with a range that is none')
    return range
  })
  return (value) => {
    const address = typeof value === 'string' ? parseAddress(value) : undefined
    return address === undefined ? undefined : ranges.some((range) => inRange(address, range))
  }
}

const dayMinute = /^([01]\d|2[0-3]):([0-5]\d)$/

/** A number, an instant (ISO 8601), or a UTC time of day (HH:MM) that `meta.time` is compared with. */
export function orderOf(item: Scalar): { bound: number; read(value: number): number } | undefined {
  const same = (value: number) => value
  if (typeof item === 'number') return { bound: item, read: same }
  if (typeof item !== 'string') return undefined
  const clock = dayMinute.exec(item)
  if (clock !== null)
    return { bound: Number(clock[1]) * 60 + Number(clock[2]), read: (ms) => Math.floor(ms / 60_000) % 1440 }
  const instant = /^\d{4}-\d\d-\d\dT/.test(item) ? Date.parse(item) : Number.NaN
  return Number.isNaN(instant) ? undefined : { bound: instant, read: same }
}

function orderJudge(operator: 'gt' | 'lt' | 'gte' | 'lte', item: Scalar): Judge {
  const order = orderOf(item)
  if (order === undefined) throw new Error('policy condition compares with something that has no order')
  const tests = {
    gt: (value: number) => value > order.bound,
    lt: (value: number) => value < order.bound,
    gte: (value: number) => value >= order.bound,
    lte: (value: number) => value <= order.bound,
  }
  const test = tests[operator]
  return (value) => (typeof value === 'number' ? test(order.read(value)) : undefined)
}
