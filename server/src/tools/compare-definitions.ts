import type { Json, JsonObject } from '../kernel/json.ts'
import { membersOf } from '../lib/raw-json.ts'
import { canonicalText } from './hash-definition.ts'
import { showHidden } from './hidden-characters.ts'

/** One difference between two definitions, as a reviewer reads it. Absent values are undefined. */
export type Change = { field: string; before?: string; after?: string }

/** Fields that only word what a tool does. Everything else decides what a call does or who sees it. */
const wording = new Set(['description', 'title'])
/** A reviewer reads the first differences; the versions themselves are kept whole. */
const maxChanges = 100
const maxShown = 4_000

function shown(value: Json): string {
  const text = showHidden(typeof value === 'string' ? value : JSON.stringify(value))
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}

function isContainer(value: Json | undefined): value is JsonObject | Json[] {
  return typeof value === 'object' && value !== null
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function compareAt(
  field: string,
  before: Json | undefined,
  after: Json | undefined,
  changes: Change[],
): void {
  if (changes.length >= maxChanges) return
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const left = before as JsonObject
    const right = after as JsonObject
    for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
      compareAt(field === '' ? name : `${field}.${name}`, own(left, name), own(right, name), changes)
    }
    return
  }
  if (before === after) return
  changes.push({
    field: showHidden(field),
    ...(before === undefined ? {} : { before: shown(before) }),
    ...(after === undefined ? {} : { after: shown(after) }),
  })
}

/** What differs, field by field with dotted paths, hidden characters written out; at most 100 entries. */
export function compareDefinitions(before: JsonObject, after: JsonObject): Change[] {
  const changes: Change[] = []
  compareAt('', before, after, changes)
  return changes
}

/** True when nothing but the title or description of the tool itself differs (design.md §4). Takes definition texts. */
export function isWordingOnly(before: string, after: string): boolean {
  const left = membersOf(before)
  const right = membersOf(after)
  return [...new Set([...left.keys(), ...right.keys()])].every((name) => {
    if (wording.has(name)) return true
    const one = left.get(name)
    const other = right.get(name)
    return one !== undefined && other !== undefined && canonicalText(one) === canonicalText(other)
  })
}
