import type { Json, JsonObject } from '../kernel/json.ts'
import { JsonRefusal, refuseAmbiguity } from '../lib/raw-json.ts'
import { hashDefinition } from './hash-definition.ts'
import { hiddenKinds } from './hidden-characters.ts'
import { readHeaderRules } from './param-headers.ts'

/** A definition as an upstream offers it, readable and bounded, not yet trusted. */
export type OfferedTool = {
  readonly name: string
  /** The upstream's own text. */
  readonly definition: string
  readonly parsed: JsonObject
  readonly hash: string
  /** Kinds of hidden character in any string of it. */
  readonly hidden: readonly string[]
}

/** A definition that cannot be offered to anybody, with the reason an administrator reads. */
export type DroppedTool = { readonly name: string; readonly reason: string }

export const maxDefinitionChars = 256 * 1024
const maxNameChars = 256
const maxDepth = 64

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function collectHidden(value: Json, kinds: Set<string>): void {
  if (typeof value === 'string') for (const kind of hiddenKinds(value)) kinds.add(kind)
  if (typeof value !== 'object' || value === null) return
  for (const [name, below] of Object.entries(value)) {
    if (!Array.isArray(value)) for (const kind of hiddenKinds(name)) kinds.add(kind)
    collectHidden(below, kinds)
  }
}

/** Kinds of hidden character in any string or member name of a definition. */
export function findHidden(definition: JsonObject): string[] {
  const kinds = new Set<string>()
  collectHidden(definition, kinds)
  return [...kinds]
}

function parse(text: string): JsonObject | string {
  if (text.length > maxDefinitionChars)
    return `the definition is larger than ${maxDefinitionChars} characters`
  try {
    refuseAmbiguity(text, maxDepth)
    const parsed = JSON.parse(text) as Json
    return isObject(parsed) ? parsed : 'the definition is not an object'
  } catch (error) {
    return error instanceof JsonRefusal
      ? `the definition is ambiguous: ${error.message}`
      : 'the definition is not readable JSON'
  }
}

/** What makes a definition useless; undefined when it can be offered. `overHttp`: header rules bind only there. */
function findFault(parsed: JsonObject, overHttp: boolean): string | undefined {
  const name = parsed['name']
  if (typeof name !== 'string' || name === '') return 'the name is missing'
  if (name.length > maxNameChars) return `the name is longer than ${maxNameChars} characters`
  const schema = parsed['inputSchema']
  if (!isObject(schema)) return 'inputSchema is not an object'
  return overHttp ? readHeaderRules(schema).problems[0] : undefined
}

/** Reads one raw definition. Never throws: what is wrong with it comes back as a reason. */
export function readDefinition(text: string, overHttp: boolean): OfferedTool | DroppedTool {
  const parsed = parse(text)
  if (typeof parsed === 'string') return { name: '', reason: parsed }
  const name = typeof parsed['name'] === 'string' ? parsed['name'] : ''
  const fault = findFault(parsed, overHttp)
  if (fault !== undefined) return { name: name.slice(0, maxNameChars), reason: fault }
  return { name, definition: text, parsed, hash: hashDefinition(text), hidden: findHidden(parsed) }
}
