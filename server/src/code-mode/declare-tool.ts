import type { Json, JsonObject } from '../kernel/json.ts'

/** What is needed of a tool to write down its TypeScript. Schemas are parsed JSON. */
export type DeclaredTool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject | undefined
}

const maxDepth = 6
const maxMembers = 60
const maxChars = 6_000
const maxDescriptionChars = 400
const plainName = /^[A-Za-z_$][\w$]*$/

/** `tools.github_create_issue(args: { … }): Promise<…>`, with what the tool says of itself as a comment. */
export function declareTool(tool: DeclaredTool): string {
  const call = plainName.test(tool.name) ? `tools.${tool.name}` : `tools[${JSON.stringify(tool.name)}]`
  const args = typeOf(tool.inputSchema, { root: tool.inputSchema, depth: 0 })
  const isOptional = !Array.isArray(tool.inputSchema['required']) || tool.inputSchema['required'].length === 0
  const result =
    tool.outputSchema === undefined
      ? 'string'
      : typeOf(tool.outputSchema, { root: tool.outputSchema, depth: 0 })
  const declared = `${call}(args${isOptional ? '?' : ''}: ${args}): Promise<${result}>`
  const text =
    declared.length <= maxChars ? declared : `${call}(args: Record<string, unknown>): Promise<unknown>`
  return `${comment(tool.description, maxDescriptionChars)}${text}`
}

type Place = { root: JsonObject; depth: number }

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a schema allows, as far as TypeScript can say it; `unknown` for the rest. */
function typeOf(given: Json | undefined, place: Place): string {
  const schema = isObject(given) ? follow(given, place.root) : undefined
  if (schema === undefined || place.depth > maxDepth) return 'unknown'
  if (schema['const'] !== undefined) return literal(schema['const'])
  if (Array.isArray(schema['enum'])) return union(schema['enum'].slice(0, maxMembers).map(literal))
  const below = { root: place.root, depth: place.depth + 1 }
  const choices = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(choices)) return union(choices.slice(0, maxMembers).map((each) => typeOf(each, below)))
  if (Array.isArray(schema['allOf']))
    return schema['allOf']
      .slice(0, maxMembers)
      .map((each) => typeOf(each, below))
      .join(' & ')
  const type = schema['type']
  if (Array.isArray(type)) return union(type.map((each) => typeOf({ ...schema, type: each }, below)))
  return plainType(schema, type, below)
}

function plainType(schema: JsonObject, type: Json | undefined, below: Place): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'number':
    case 'integer':
      return 'number'
    case 'array': {
      const items = typeOf(schema['items'], below)
      return /[ |&]/.test(items) ? `Array<${items}>` : `${items}[]`
    }
    default:
      return type === 'object' || isObject(schema['properties']) ? objectType(schema, below) : 'unknown'
  }
}

function objectType(schema: JsonObject, below: Place): string {
  const properties = isObject(schema['properties']) ? Object.entries(schema['properties']) : []
  if (properties.length === 0) {
    const extra = schema['additionalProperties']
    return extra === false ? '{}' : `Record<string, ${isObject(extra) ? typeOf(extra, below) : 'unknown'}>`
  }
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const members = properties.slice(0, maxMembers).map(([name, each]) => {
    const said = isObject(each) && typeof each['description'] === 'string' ? each['description'] : ''
    const key = plainName.test(name) ? name : JSON.stringify(name)
    return `${comment(said, 120)}${key}${required.includes(name) ? '' : '?'}: ${typeOf(each, below)}`
  })
  return `{ ${members.join('; ')} }`
}

/** One local reference; what points elsewhere or in a circle ends at the depth limit or as unknown. */
function follow(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  const ref = schema['$ref']
  if (typeof ref !== 'string') return schema
  if (!ref.startsWith('#/')) return undefined
  let at: Json | undefined = root
  for (const step of ref.slice(2).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return isObject(at) && typeof at['$ref'] !== 'string' ? at : undefined
}

function union(types: readonly string[]): string {
  return types.length === 0 ? 'unknown' : [...new Set(types)].join(' | ')
}

function literal(value: Json): string {
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value)
}

function comment(text: string, maxChars: number): string {
  const line = text.replaceAll('*/', '* /').replaceAll(/\s+/gu, ' ').trim()
  if (line === '') return ''
  return `/** ${line.length <= maxChars ? line : `${line.slice(0, maxChars - 1)}…`} */ `
}
