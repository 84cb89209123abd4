import { isObject, type JsonObject, type JsonValue } from './json.ts'

export type SchemaField = {
  name: string
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'texts' | 'json'
  isRequired: boolean
  isWhole: boolean
  description: string | undefined
  options: readonly JsonValue[]
  fallback: JsonValue | undefined
}

/** More fields than this are left to the JSON view. */
const most = 60

function kindOf(schema: JsonObject): SchemaField['kind'] {
  if (Array.isArray(schema['enum'])) return 'choice'
  const type = Array.isArray(schema['type']) ? schema['type'].find((one) => one !== 'null') : schema['type']
  if (type === 'string') return 'text'
  if (type === 'number' || type === 'integer') return 'number'
  if (type === 'boolean') return 'boolean'
  if (
    type === 'array' &&
    isObject(schema['items']) &&
    schema['items']['type'] === 'string' &&
    !('enum' in schema['items'])
  )
    return 'texts'
  return 'json'
}

/** The fields of a form for an input schema. What a form cannot say becomes a field of raw JSON. */
export function schemaFields(schema: unknown): SchemaField[] {
  if (!isObject(schema) || !isObject(schema['properties'])) return []
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(schema['properties'])
    .slice(0, most)
    .map(([name, raw]) => {
      const property = isObject(raw) ? raw : {}
      return {
        name,
        kind: kindOf(property),
        isRequired: required.includes(name),
        isWhole: property['type'] === 'integer',
        description: typeof property['description'] === 'string' ? property['description'] : undefined,
        options: Array.isArray(property['enum']) ? property['enum'] : [],
        fallback: property['default'],
      }
    })
}

/** Arguments to start from: defaults, and required booleans and choices, which a form always shows with a value. */
export function startArguments(fields: readonly SchemaField[]): JsonObject {
  const out: JsonObject = {}
  for (const field of fields) {
    if (field.fallback !== undefined) out[field.name] = field.fallback
    else if (field.isRequired && field.kind === 'boolean') out[field.name] = false
    else if (field.isRequired && field.kind === 'choice') out[field.name] = field.options[0] ?? ''
  }
  return out
}
