import { type CharSet, type Node, PatternRefusal, parsePattern } from './parse-pattern.ts'

/**
 * Searches anywhere in the text unless anchored. Time grows with steps × characters and never faster, whatever the
 * pattern (T38); a subject longer than `maxSubject` is not judged: undefined.
 */
export type Pattern = {
  matches(text: string): boolean | undefined
  /** A short text that probably matches, for finding out whether any argument could pass. */
  sample(): string
}

type Step =
  | { op: 'set'; set: CharSet; next: number }
  | { op: 'split'; next: number; other: number }
  | { op: 'start'; next: number }
  | { op: 'end'; next: number }
  | { op: 'match' }

const maxSteps = 1000
const maxPattern = 500
const maxSubject = 16_384

/** Throws PatternRefusal with words for the author of the rule. */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > maxPattern) throw new PatternRefusal(`is longer than ${maxPattern} characters`)
  const steps: Step[] = [{ op: 'match' }]
  const first = emit(steps, parsePattern(pattern), 0)
  return {
    matches: (text) => (text.length > maxSubject ? undefined : run(steps, first, text)),
    sample: () => sampleFrom(steps, first),
  }
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= maxSteps) throw new PatternRefusal('is too large once its repetitions are written out')
  steps.push(step)
  return steps.length - 1
}

/** Built back to front: answers where `node` begins when it continues at `next`. */
function emit(steps: Step[], node: Node, next: number): number {
  switch (node.kind) {
    case 'set':
      return add(steps, { op: 'set', set: node.set, next })
    case 'start':
      return add(steps, { op: 'start', next })
    case 'end':
      return add(steps, { op: 'end', next })
    case 'sequence':
      return node.parts.reduceRight((after, part) => emit(steps, part, after), next)
    case 'choice':
      return node.parts
        .map((part) => emit(steps, part, next))
        .reduce((other, branch) => add(steps, { op: 'split', next: branch, other }))
    case 'repeat':
      return emitRepeat(steps, node, next)
    default:
      return node satisfies never
  }
}

function emitRepeat(steps: Step[], node: Node & { kind: 'repeat' }, next: number): number {
  let at = next
  if (node.max === Infinity) {
    const loop: Step & { op: 'split' } = { op: 'split', next: 0, other: next }
    at = add(steps, loop)
    loop.next = emit(steps, node.part, at)
  } else {
    for (let count = node.min; count < node.max; count++) {
      const body = emit(steps, node.part, at)
      at = add(steps, { op: 'split', next: body, other: next })
    }
  }
  for (let count = 0; count < node.min; count++) at = emit(steps, node.part, at)
  return at
}

function holds(set: CharSet, code: number): boolean {
  for (const [from, to] of set) if (code >= from && code <= to) return true
  return false
}

/** The set of steps that wait for a character, kept without duplicates by stamping each step with its round. */
class Frontier {
  readonly #steps: readonly Step[]
  readonly #stamps: Int32Array
  #round = 0
  waiting: number[] = []
  matched = false

  constructor(steps: readonly Step[]) {
    this.#steps = steps
    this.#stamps = new Int32Array(steps.length)
  }

  clear(): void {
    this.#round++
    this.waiting = []
  }

  add(index: number, atStart: boolean, atEnd: boolean): void {
    const stack = [index]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const step = this.#steps[at]
      if (step === undefined || this.#stamps[at] === this.#round) continue
      this.#stamps[at] = this.#round
      if (step.op === 'match') this.matched = true
      else if (step.op === 'set') this.waiting.push(at)
      else if (step.op === 'split') stack.push(step.other, step.next)
      else if (step.op === 'start' ? atStart : atEnd) stack.push(step.next)
    }
  }
}

function run(steps: readonly Step[], first: number, text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0)
  const frontier = new Frontier(steps)
  frontier.clear()
  frontier.add(first, true, codes.length === 0)
  for (let at = 0; at < codes.length && !frontier.matched; at++) {
    const code = codes[at] ?? 0
    const before = frontier.waiting
    const atEnd = at + 1 === codes.length
    frontier.clear()
    for (const index of before) {
      const step = steps[index]
      if (step?.op === 'set' && holds(step.set, code)) frontier.add(step.next, false, atEnd)
    }
    frontier.add(first, false, atEnd)
  }
  return frontier.matched
}

/** Breadth first, so the shortest text comes first; anchors count as passed. */
function sampleFrom(steps: readonly Step[], first: number): string {
  const frontier = new Frontier(steps)
  const visited = new Set<number>()
  let texts = new Map([[first, '']])
  while (texts.size > 0) {
    const later = new Map<number, string>()
    for (const [start, text] of texts) {
      frontier.clear()
      frontier.add(start, true, true)
      if (frontier.matched) return text
      for (const at of frontier.waiting) {
        const step = steps[at]
        if (step?.op === 'set' && !visited.has(at)) later.set(step.next, text + sampleChar(step.set))
        visited.add(at)
      }
    }
    texts = later
  }
  return ''
}

function sampleChar(set: CharSet): string {
  for (const code of [97, 48, 65, 45, 95]) if (holds(set, code)) return String.fromCodePoint(code)
  return String.fromCodePoint(set[0]?.[0] ?? 97)
}
