import type { Finding } from './finding.ts'
import { personalKinds } from './personal-kinds.ts'
import { isJson, jsonStrings, pathAt } from './walk-json.ts'

export type Personal = {
  readonly kind: string
  readonly what: string
  readonly at: number
  readonly length: number
}

/** More in one string say nothing new, but all of them are masked. */
const maxFindings = 16
/** Nothing personal is shorter, and all of it has a digit or an at-sign. */
const worthALook = /[\d@]/

/** Personal data in one text, from left to right, without overlaps. Linear. */
export function findPersonal(text: string): Personal[] {
  if (text.length < 7 || !worthALook.test(text)) return []
  const found: Personal[] = []
  for (const { kind, what, pattern, holds } of personalKinds) {
    for (const match of text.matchAll(pattern)) {
      const value = match.slice(1).find((group) => group !== undefined) ?? match[0]
      const at = match.index + match[0].indexOf(value)
      if (holds !== undefined && !holds(value)) continue
      if (found.some((other) => at < other.at + other.length && other.at < at + value.length)) continue
      found.push({ kind, what, at, length: value.length })
    }
  }
  return found.sort((one, other) => one.at - other.at)
}

/** Findings over a content: JSON string by string, anything else as one text. Never says what was found. */
export function personalFindings(text: string): Finding[] {
  if (!worthALook.test(text)) return []
  if (!isJson(text))
    return findPersonal(text)
      .slice(0, maxFindings)
      .map((each) => findingOf(each, ''))
  const findings: Finding[] = []
  for (const { from, value, isName } of jsonStrings(text)) {
    if (isName) continue
    for (const each of findPersonal(value)) {
      if (findings.length >= maxFindings) return findings
      findings.push(findingOf(each, pathAt(text, from)))
    }
  }
  return findings
}

const findingOf = ({ kind, what }: Personal, path: string): Finding => ({
  detector: `personal:${kind}`,
  scanner: 'personal',
  category: 'personal-data',
  reason: `The text holds what looks like ${what}.`,
  path,
  excerpt: `[REDACTED:${kind}]`,
  weight: 0.3,
  through: undefined,
})

/** A JSON text with personal data written over, string by string; numbers and form stay. */
export function maskPersonal(text: string): string {
  let built = ''
  let copied = 0
  for (const { from, to, value, isName } of jsonStrings(text)) {
    if (isName) continue
    const found = findPersonal(value)
    if (found.length === 0) continue
    let masked = ''
    let after = 0
    for (const { kind, at, length } of found) {
      masked += `${value.slice(after, at)}[REDACTED:${kind}]`
      after = at + length
    }
    built += text.slice(copied, from) + JSON.stringify(masked + value.slice(after))
    copied = to
  }
  return copied === 0 ? text : built + text.slice(copied)
}
