import type { Json, JsonObject } from '../kernel/json.ts'

/** Bounds of a schema that may be compiled; beyond them its tool waits for a person. */
const maxNodes = 10_000
const maxDepth = 48

/** Keywords whose value is an instance, not a schema. */
const instanceKeywords = new Set(['const', 'default', 'enum', 'examples', 'example'])
/** Keywords whose subschema meets many parts of one instance. */
const perElement = new Set([
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
])
const schemaMaps = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
])

const referenceKeywords = new Set(['$ref', '$dynamicRef', '$recursiveRef'])

/** The keyword put into schemas to count the work of a check. */
export const stepKeyword = 'runlayer-steps'

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function leadsOutside(keyword: string, target: Json): boolean {
  return referenceKeywords.has(keyword) && typeof target === 'string' && !target.startsWith('#')
}

/** Why a schema will not be compiled; undefined when it may be. Network references are never followed. */
export function findSchemaFault(schema: JsonObject): string | undefined {
  let nodes = 0
  const open: { value: Json; depth: number; isSchema: boolean }[] = [
    { value: schema, depth: 0, isSchema: true },
  ]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth, isSchema } = next
    if (++nodes > maxNodes) return `the schema has more than ${maxNodes} parts`
    if (depth > maxDepth) return `the schema is nested deeper than ${maxDepth} levels`
    if (typeof value !== 'object' || value === null) continue
    for (const [keyword, below] of Object.entries(value)) {
      if (isSchema && leadsOutside(keyword, below))
        return `the schema refers outside itself: ${String(below).slice(0, 200)}`
      open.push({ value: below, depth: depth + 1, isSchema: isSchema && !instanceKeywords.has(keyword) })
    }
  }
  return undefined
}

/**
 * A copy of the schema in which every reference and every per-element subschema counts its use, weighted by its size.
 * Without it `allOf` chains of references double the work with every link (T37). Drops `$schema` and `$id`: nothing is
 * resolved beyond this document.
 */
export function withStepCounts(schema: JsonObject): JsonObject {
  return copy(schema, false, { root: schema, weights: new Map() }) as JsonObject
}

type Counting = { readonly root: JsonObject; readonly weights: Map<object, number> }

function weigh(value: Json, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1
  const before = known.get(value)
  if (before !== undefined) return before
  let weight = 1
  for (const below of Object.values(value)) weight += weigh(below, known)
  known.set(value, weight)
  return weight
}

/** What a use of this subschema costs; a reference costs what it leads to. */
function costOf(schema: JsonObject, counting: Counting): number {
  const reference = schema['$ref'] ?? schema['$dynamicRef']
  if (typeof reference !== 'string') return weigh(schema, counting.weights)
  const path = reference.slice(1).split('/').slice(1)
  let target: Json | undefined = counting.root
  for (const part of path) {
    const name = decodePointer(part)
    target =
      typeof target === 'object' && target !== null && Object.hasOwn(target, name)
        ? (target as JsonObject)[name]
        : undefined
  }
  return weigh(schema, counting.weights) + (target === undefined ? 0 : weigh(target, counting.weights))
}

/** One step of a JSON pointer in a URI fragment (RFC 6901 §6). */
function decodePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return part
  }
}

function copy(value: Json, counts: boolean, counting: Counting): Json {
  if (Array.isArray(value)) return value.map((item) => copy(item, counts, counting))
  if (!isObject(value)) return value
  const made: JsonObject = {}
  for (const [keyword, below] of Object.entries(value)) {
    if (keyword === '$schema' || keyword === '$id' || keyword === 'id') continue
    if (instanceKeywords.has(keyword)) made[keyword] = below
    else if (schemaMaps.has(keyword) && isObject(below))
      made[keyword] = copyMap(below, keyword === 'patternProperties', counting)
    else made[keyword] = copy(below, perElement.has(keyword), counting)
  }
  if (counts || made['$ref'] !== undefined || made['$dynamicRef'] !== undefined)
    made[stepKeyword] = costOf(value, counting)
  return mendOldSpellings(made)
}

function copyMap(map: JsonObject, counts: boolean, counting: Counting): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, below]) => [name, copy(below, counts, counting)]))
}

/** Older drafts and careless servers write these; their meaning is clear, so their tools need not wait. */
function mendOldSpellings(schema: JsonObject): JsonObject {
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue
    const limit = schema[bound]
    const isExclusive = schema[exclusive]
    delete schema[exclusive]
    if (!isExclusive || limit === undefined) continue
    schema[exclusive] = limit
    delete schema[bound]
  }
  if (typeof schema['required'] === 'boolean') delete schema['required']
  if (schema['nullable'] !== undefined && schema['type'] === undefined) delete schema['nullable']
  return schema
}
