import type { Json, JsonObject } from '../kernel/json.ts'
import { compilePattern } from '../lib/match-pattern.ts'
import type { CompiledCondition, Scene } from './judge-condition.ts'
import { parseAddress, parseRange } from './match-address.ts'
import type { Operator, Scalar } from './rule.ts'

/** The conditions on arguments of the rules in question: one allow must hold whole, every deny must fail somewhere. */
export type ArgumentQuestion = {
  readonly allow: readonly CompiledCondition[]
  readonly denies: readonly (readonly CompiledCondition[])[]
}

/** How many sets of arguments are tried for one answer. */
const maxTries = 5000
const maxJoined = 64

/**
 * Whether some arguments could pass, so that a list shows what can be called (R23). Tries values made from the rules'
 * own constants. Beyond `maxTries` the answer is yes: then the call decides, and nothing is hidden that may be usable.
 */
export function someArgumentsPass(question: ArgumentQuestion, scene: Scene): boolean {
  const conditions = [...question.allow, ...question.denies.flat()]
  const paths = new Map<string, { path: readonly string[]; values: readonly (Json | undefined)[] }>()
  for (const { path } of conditions) {
    if (path === undefined) continue
    const key = path.join('.')
    if (paths.has(key)) continue
    const about = conditions.filter((other) => other.path?.join('.') === key)
    paths.set(key, { path, values: candidates(about) })
  }
  const fields = [...paths.values()]
  const counters = fields.map(() => 0)
  for (let tries = 0; tries < maxTries; tries++) {
    const args: JsonObject = {}
    for (const [index, field] of fields.entries()) place(args, field.path, field.values[counters[index] ?? 0])
    if (passes(question, { ...scene, args })) return true
    if (!advance(counters, fields)) return false
  }
  return true
}

export function passes(question: ArgumentQuestion, scene: Scene): boolean {
  return (
    question.allow.every((condition) => condition.judge(scene) === true) &&
    question.denies.every((conditions) => conditions.some((condition) => condition.judge(scene) === false))
  )
}

function advance(counters: number[], fields: readonly { values: readonly unknown[] }[]): boolean {
  for (let index = 0; index < counters.length; index++) {
    const next = (counters[index] ?? 0) + 1
    if (next < (fields[index]?.values.length ?? 0)) {
      counters[index] = next
      return true
    }
    counters[index] = 0
  }
  return false
}

/** Sets a value below its path unless a value set earlier stands in the way. */
function place(args: JsonObject, path: readonly string[], value: Json | undefined): void {
  if (value === undefined) return
  let at = args
  for (const name of path.slice(0, -1)) {
    if (!Object.hasOwn(at, name)) at[name] = {}
    const next = at[name]
    if (next === null || typeof next !== 'object' || Array.isArray(next)) return
    at = next
  }
  const last = path.at(-1) ?? ''
  if (!Object.hasOwn(at, last)) at[last] = value
}

/** Values worth trying for one argument: the constants, their neighbours, and things no rule speaks of. */
function candidates(conditions: readonly CompiledCondition[]): readonly (Json | undefined)[] {
  const constants = conditions.flatMap(({ condition: { operator, value } }) =>
    (typeof value === 'object' ? value : [value]).map((item) => ({ operator, item })),
  )
  const near = constants.flatMap(({ operator, item }) => [item, ...neighbours(operator, item)])
  return [...new Set([undefined, 'zz-none', 7919.5, ...near, ...joinedTexts(constants)])]
}

type Constant = { operator: Operator; item: Scalar }

function neighbours(operator: Operator, item: Scalar): Scalar[] {
  if (typeof item === 'number') return [item - 1, item + 1, item - 0.5, item + 0.5]
  if (typeof item === 'boolean') return [!item]
  return operator.endsWith('ip_range') ? addressesNear(item) : [`${item}zz`, `zz${item}`]
}

/** Texts that begin, contain and end as the rules say, in every combination. */
function joinedTexts(constants: readonly Constant[]): string[] {
  const having = (ending: string) =>
    constants.filter(({ operator }) => operator.endsWith(ending)).map(({ item }) => String(item))
  const samples = constants
    .filter(({ operator }) => operator === 'matches')
    .map(({ item }) => compilePattern(String(item)).sample())
  const middles = ['', 'zz', ...having('contains'), ...samples]
  middles.push(middles.join(''))
  const joined: string[] = []
  for (const begin of ['', ...having('begins_with')]) {
    for (const end of ['', ...having('ends_with')]) {
      for (const middle of middles) joined.push(begin + middle + end)
      if (joined.length >= maxJoined) return joined
    }
  }
  return joined
}

/** The first address of a range, the one before it, and one far away. */
function addressesNear(text: string): string[] {
  const range = parseRange(text)
  if (range === undefined) return []
  const address = text.split('/')[0] ?? ''
  const bytes = parseAddress(address)
  if (bytes?.length !== 4) return [address, '2001:db8:ffff::1', '192.0.2.1']
  const number = Buffer.from(bytes).readUInt32BE(0)
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
  const size = 2 ** (32 - range.bits)
  return [address, dotted((number + size) >>> 0), dotted((number - 1) >>> 0), '192.0.2.1', '2001:db8::1']
}
