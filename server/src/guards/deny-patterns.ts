import { compilePattern, type Pattern } from '../lib/match-pattern.ts'
import { contentLeaves } from './content-leaves.ts'
import type { Finding } from './finding.ts'

/** A pattern that an administrator forbids; `looksAt` says where. */
export type DenyPattern = {
  readonly id: string
  readonly name: string
  readonly pattern: string
  readonly looksAt: 'arguments' | 'answers' | 'both'
}
export type CompiledPattern = DenyPattern & {
  readonly compiled: Pattern
  /** Every match holds this text; most contents end here. */
  readonly literal: string
}

/** The engine judges no more at once; parts overlap by more than any useful match is long. */
const part = 16_000
const overlap = 1_000
const maxFindings = 8

/** Throws PatternRefusal, with words for the author, for what cannot be matched in linear time. */
export function compileDenied(given: DenyPattern): CompiledPattern {
  return { ...given, compiled: compilePattern(given.pattern), literal: literalOf(given.pattern) }
}

/** Every string of a content against every pattern: first match of each. Linear in text and patterns (T38). */
export function deniedFindings(text: string, patterns: readonly CompiledPattern[]): Finding[] {
  const close = patterns.filter(({ literal }) => literal === '' || mayHold(text, literal))
  if (close.length === 0) return []
  const leaves = contentLeaves(text)
  const findings: Finding[] = []
  for (const { id, name, compiled, literal } of close) {
    const leaf = leaves.find((each) => each.text.includes(literal) && matches(compiled, each.text))
    if (leaf === undefined) continue
    findings.push({
      detector: `pattern:${id}`,
      scanner: 'patterns',
      category: 'denied-pattern',
      reason: `An administrator forbids what the pattern "${name}" matches.`,
      path: leaf.path,
      excerpt: '',
      weight: 0.9,
      through: undefined,
    })
    if (findings.length >= maxFindings) return findings
  }
  return findings
}

/** In JSON a literal may be written with escapes; then the leaves decide. */
const mayHold = (text: string, literal: string) => text.includes(literal) || text.includes('\\')

function matches(compiled: Pattern, text: string): boolean {
  for (let from = 0; ; from += part - overlap) {
    if (compiled.matches(text.slice(from, from + part)) === true) return true
    if (from + part >= text.length) return false
  }
}

/** The longest run of plain characters that every match must hold, or '' where that is not plain to see. */
function literalOf(pattern: string): string {
  if (/[|()[\]\\{}]/.test(pattern)) return ''
  let best = ''
  // A character before a repeat may be missing; one before `+` is there at least once, but ends its run.
  for (const run of pattern.replace(/[^.^$][*?]/gu, '.').split(/[.^$*+?]/))
    if (run.length > best.length) best = run
  return best
}
