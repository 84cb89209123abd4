import { GatewayError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'

/** One argument that an HTTP upstream wants mirrored into a header (SEP-2243). */
export type HeaderRule = {
  readonly header: string
  readonly path: readonly string[]
  readonly integer: boolean
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Keywords whose value is an instance, not a schema: an `x-mcp-header` in there is somebody's data. */
const instanceKeywords = new Set(['const', 'default', 'enum', 'examples', 'example'])
const schemaMaps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const maxDepth = 64

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `null` beside the one type is fine: an absent or null argument just has no header. */
function primitiveType(type: Json | undefined): string | undefined {
  const names = Array.isArray(type) ? type.filter((name) => name !== 'null') : [type]
  const [name] = names
  return names.length === 1 && (name === 'string' || name === 'integer' || name === 'boolean')
    ? name
    : undefined
}

type Walk = { rules: HeaderRule[]; problems: string[]; taken: Set<string> }

function addRule(schema: JsonObject, place: Place, walk: Walk): void {
  const { path, reachable } = place
  const name = schema['x-mcp-header']
  const where = path.length === 0 ? 'the schema itself' : `the parameter ${path.join('.')}`
  const type = primitiveType(schema['type'])
  if (typeof name !== 'string' || !token.test(name))
    walk.problems.push(`x-mcp-header of ${where} is not a header token`)
  else if (!reachable || path.length === 0)
    walk.problems.push(`x-mcp-header of ${where} is not reachable through properties alone`)
  else if (type === undefined)
    walk.problems.push(`x-mcp-header of ${where} needs the type string, integer or boolean`)
  else if (walk.taken.has(name.toLowerCase())) walk.problems.push(`x-mcp-header ${name} is used twice`)
  else {
    walk.taken.add(name.toLowerCase())
    walk.rules.push({ header: `Mcp-Param-${name}`, path, integer: type === 'integer' })
  }
}

type Place = {
  readonly path: readonly string[] /** Only `properties` lie between here and the root. */
  readonly reachable: boolean
}

function visit(schema: Json, place: Place, walk: Walk): void {
  if (place.path.length > maxDepth) return
  if (Array.isArray(schema)) {
    for (const item of schema) visit(item, { path: [...place.path, '[]'], reachable: false }, walk)
    return
  }
  if (!isObject(schema)) return
  if (schema['x-mcp-header'] !== undefined) addRule(schema, place, walk)
  for (const [keyword, value] of Object.entries(schema)) visitKeyword(keyword, value, place, walk)
}

function visitKeyword(keyword: string, value: Json, place: Place, walk: Walk): void {
  if (keyword === 'x-mcp-header' || instanceKeywords.has(keyword)) return
  if (!schemaMaps.has(keyword) || !isObject(value)) {
    visit(value, { path: [...place.path, keyword], reachable: false }, walk)
    return
  }
  const reachable = place.reachable && keyword === 'properties'
  for (const [name, below] of Object.entries(value))
    visit(below, { path: [...place.path, name], reachable }, walk)
}

/** The mirrored parameters of a schema and every breach of protocol.md §1.5; an HTTP client must drop a tool with one. */
export function readHeaderRules(inputSchema: JsonObject): {
  rules: readonly HeaderRule[]
  problems: readonly string[]
} {
  const walk: Walk = { rules: [], problems: [], taken: new Set() }
  visit(inputSchema, { path: [], reachable: true }, walk)
  return walk
}

/** Plain when a header can carry it unchanged, otherwise the base64 sentinel form. */
export function encodeHeaderValue(value: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(value) && value.trim() === value && !/^=\?base64\?.*\?=$/i.test(value)
  return isPlain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`
}

function valueAt(args: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = args
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** The Mcp-Param-* headers for these arguments. Throws arguments-invalid for an integer that a double cannot hold. */
export function headersFor(rules: readonly HeaderRule[], args: Json): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const rule of rules) {
    const value = valueAt(args, rule.path)
    if (value === undefined || value === null || typeof value === 'object') continue
    if (rule.integer && typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new GatewayError(
        'arguments-invalid',
        `${rule.path.join('.')} must be an integer between -(2^53-1) and 2^53-1.`,
        {
          errors: [
            {
              loc: `arguments.${rule.path.join('.')}`,
              rule: 'integer',
              msg: 'must be an integer within 2^53-1',
            },
          ],
        },
      )
    }
    headers[rule.header] = encodeHeaderValue(String(value))
  }
  return headers
}
