import { createHash } from 'node:crypto'
import { elementsOf, membersOf } from '../lib/raw-json.ts'

/**
 * One text for every spelling of the same JSON value: members sorted, no spaces, strings re-escaped. Numbers stay as
 * they were written, because two numbers beyond 2^53 may not become one.
 */
export function canonicalText(text: string): string {
  const first = text.charAt(0)
  if (first === '{') {
    const members = [...membersOf(text)].sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join(',')}}`
  }
  if (first === '[') return `[${elementsOf(text).map(canonicalText).join(',')}]`
  if (first === '"') return JSON.stringify(JSON.parse(text))
  return text
}

/** SHA-256 of the canonical text, hex: the identity an approval is bound to (T22). */
export function hashDefinition(text: string): string {
  return createHash('sha256').update(canonicalText(text)).digest('hex')
}
