import { z } from 'zod'
import type { Json, JsonObject } from '../kernel/json.ts'

export type Direction = 'input' | 'output'

export type SchemaComponents = {
  /** JSON Schema (2020-12) of `schema`; what carries `.meta({ id })` becomes a reference into `all`. */
  of(schema: z.ZodType, direction: Direction): JsonObject
  /** Every named schema met so far, by name. */
  readonly all: ReadonlyMap<string, JsonObject>
}

/**
 * Names schemas for OpenAPI. Ask for every output before the first input: a schema whose accepted form differs from its
 * sent form (defaults, transforms) then gets a second component named `<id>Input`.
 */
export function schemaComponents(): SchemaComponents {
  const all = new Map<string, JsonObject>()

  const anonymous = new Map<string, string>()

  /** Recursive schemas without an id are numbered by zod anew for each call, so they are told apart by what they say. */
  const anonymousName = (def: JsonObject): string => {
    const text = JSON.stringify(def)
    const name = anonymous.get(text) ?? (anonymous.size === 0 ? 'JsonValue' : `Recursive${anonymous.size}`)
    anonymous.set(text, name)
    return name
  }

  const nameFor = (id: string, wanted: JsonObject, direction: Direction): string => {
    if (id.startsWith('__')) return anonymousName(wanted)
    const known = all.get(id)
    if (direction === 'output' || known === undefined) return id
    return JSON.stringify(known) === JSON.stringify(wanted) ? id : `${id}Input`
  }

  const of = (schema: z.ZodType, direction: Direction): JsonObject => {
    const whole = z.toJSONSchema(z.object({ root: schema }), {
      io: direction,
      unrepresentable: 'any',
    }) as unknown as {
      properties: { root: JsonObject }
      $defs?: Record<string, JsonObject>
    }
    const defs = Object.entries(whole.$defs ?? {})
    const names = new Map<string, string>()
    for (const [id, def] of defs)
      names.set(id, nameFor(id, tidy(def, new Map(), true) as JsonObject, direction))
    for (const [id, def] of defs) {
      const name = names.get(id) ?? id
      all.set(name, tidy(def, names, direction === 'output' || name === id) as JsonObject)
    }
    return tidy(whole.properties.root, names, direction === 'output') as JsonObject
  }

  return { of, all }
}

/** Patterns that only repeat what `format` says make the document unreadable. */
const formatsThatSayIt: ReadonlySet<Json | undefined> = new Set([
  'uuid',
  'date-time',
  'date',
  'email',
  'ipv4',
  'ipv6',
])
const localPrefix = '#/$defs/'

/** `open`: answers may grow fields, so clients are not promised that there are no others. */
function tidy(node: Json, names: ReadonlyMap<string, string>, open: boolean): Json {
  if (Array.isArray(node)) return node.map((item) => tidy(item, names, open))
  if (node === null || typeof node !== 'object') return node
  const kept: JsonObject = {}
  for (const [key, value] of Object.entries(node)) {
    if (isNoise(key, node, open)) continue
    kept[key] =
      key === '$ref' && typeof value === 'string' ? reference(value, names) : tidy(value, names, open)
  }
  return dropSafeIntegerBounds(kept)
}

function isNoise(key: string, node: JsonObject, open: boolean): boolean {
  if (key === 'pattern') return formatsThatSayIt.has(node['format'])
  if (key === 'additionalProperties') return open && node[key] === false
  return key === 'propertyNames' || key === '~standard'
}

function reference(local: string, names: ReadonlyMap<string, string>): string {
  const id = local.startsWith(localPrefix) ? local.slice(localPrefix.length) : local
  return `#/components/schemas/${names.get(id) ?? id}`
}

/** The bounds zod writes for every integer are those of the language, not of the interface. */
function dropSafeIntegerBounds(node: JsonObject): JsonObject {
  if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum']
  if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum']
  return node
}
