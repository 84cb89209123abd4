import type { Json, JsonObject } from '../server/src/kernel/json.ts'

/** The TypeScript type that a JSON Schema (2020-12, as our generator writes it) describes. */
export function typeOf(schema: JsonObject): string {
  const reference = schema['$ref']
  if (typeof reference === 'string') return reference.slice(reference.lastIndexOf('/') + 1)
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum']))
    return schema['enum'].map((value) => JSON.stringify(value)).join(' | ') || 'never'
  for (const word of ['anyOf', 'oneOf'] as const) {
    const branches = schema[word]
    if (Array.isArray(branches)) return union(branches)
  }
  if (Array.isArray(schema['allOf']))
    return schema['allOf'].map((part) => `(${typeOf(part as JsonObject)})`).join(' & ')
  if (Array.isArray(schema['type'])) return union(schema['type'].map((type) => ({ ...schema, type })))
  return namedType(schema)
}

function union(branches: Json[]): string {
  const parts = branches.map((branch) => typeOf(branch as JsonObject))
  return [...new Set(parts)].join(' | ') || 'unknown'
}

function namedType(schema: JsonObject): string {
  switch (schema['type']) {
    case 'string':
      return 'string'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return arrayType(schema)
    case 'object':
      return objectType(schema)
    default:
      return 'unknown'
  }
}

function arrayType(schema: JsonObject): string {
  if (Array.isArray(schema['prefixItems']))
    return `[${schema['prefixItems'].map((item) => typeOf(item as JsonObject)).join(', ')}]`
  const item = typeOf((schema['items'] ?? {}) as JsonObject)
  return /^[\w.]+$/.test(item) ? `${item}[]` : `(${item})[]`
}

function objectType(schema: JsonObject): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject>)
  const required = new Set((schema['required'] ?? []) as string[])
  const rest = schema['additionalProperties']
  const restType =
    rest !== null && typeof rest === 'object' && !Array.isArray(rest)
      ? `{ [name: string]: ${typeOf(rest)} }`
      : undefined
  if (properties.length === 0) return restType ?? 'Record<string, unknown>'
  const members = properties.map(([name, property]) => {
    const optional = required.has(name) ? '' : '?'
    const type = typeOf(property)
    return `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${optional}: ${type}${optional === '' ? '' : ' | undefined'}`
  })
  const shape = `{ ${members.join('; ')} }`
  return restType === undefined ? shape : `${shape} & ${restType}`
}
