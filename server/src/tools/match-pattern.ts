import { type PatternNode, PatternRefusal, parsePattern } from './parse-pattern.ts'

/** The part of a RegExp that argument checks use. */
export type Matcher = { test(text: string): boolean }

/** Thrown while matching when the work a text would cost passes the bound; the caller treats it as "does not match". */
export class PatternTooCostly extends Error {
  override readonly name = 'PatternTooCostly'
}

type Step =
  | { op: 'char'; test(point: string): boolean; next: number }
  | { op: 'fork'; to: readonly number[] }
  | { op: 'assert'; kind: 'start' | 'end' | 'boundary' | 'no-boundary'; next: number }
  | { op: 'ahead'; entry: number; negated: boolean; next: number }
  | { op: 'match' }

const maxSteps = 10_000
/** Steps one test may take: some 50 ms. */
const maxWork = 3_000_000

/** Builds the program backwards: each node is compiled knowing where to go on. */
class Program {
  readonly steps: Step[] = []

  add(step: Step): number {
    if (this.steps.length >= maxSteps) throw new PatternRefusal('too many repetitions')
    return this.steps.push(step) - 1
  }

  compile(node: PatternNode, next: number): number {
    switch (node.kind) {
      case 'char':
        return this.add({ op: 'char', test: node.test, next })
      case 'sequence':
        return node.items.reduceRight((after, item) => this.compile(item, after), next)
      case 'either':
        return this.add({ op: 'fork', to: node.options.map((option) => this.compile(option, next)) })
      case 'repeat':
        return this.#repeat(node, next)
      case 'ahead':
        return this.add({
          op: 'ahead',
          entry: this.compile(node.item, this.add({ op: 'match' })),
          negated: node.negated,
          next,
        })
      default:
        return this.add({ op: 'assert', kind: node.kind, next })
    }
  }

  #repeat(node: PatternNode & { kind: 'repeat' }, next: number): number {
    let entry = next
    if (node.max === Number.POSITIVE_INFINITY) {
      const to: number[] = []
      entry = this.add({ op: 'fork', to })
      to.push(this.compile(node.item, entry), next)
    } else {
      for (let left = node.max - node.min; left > 0; left--)
        entry = this.add({ op: 'fork', to: [this.compile(node.item, entry), next] })
    }
    for (let left = node.min; left > 0; left--) entry = this.compile(node.item, entry)
    return entry
  }
}

function isWord(point: string | undefined): boolean {
  return point !== undefined && /^\w$/.test(point)
}

/** Runs all alternatives side by side (Thompson), so the work is bounded by text × program whatever the pattern. */
class Run {
  readonly #steps: readonly Step[]
  readonly #points: readonly string[]
  readonly #budget: { left: number }

  constructor(steps: readonly Step[], points: readonly string[], budget: { left: number }) {
    this.#steps = steps
    this.#points = points
    this.#budget = budget
  }

  /** True when the program matches from `from`; `anywhere` also tries every later start. */
  matches(entry: number, from: number, anywhere: boolean): boolean {
    let live = new Set<number>()
    for (let at = from; at <= this.#points.length; at++) {
      if ((at === from || anywhere) && this.#reach(entry, at, live)) return true
      const point = this.#points[at]
      if (point === undefined || (live.size === 0 && !anywhere)) return false
      const next = new Set<number>()
      if (this.#advance(live, point, at, next)) return true
      live = next
    }
    return false
  }

  /** Consumes one character; true when the end was reached. */
  #advance(live: ReadonlySet<number>, point: string, at: number, next: Set<number>): boolean {
    for (const index of live) {
      const step = this.#steps[index]
      if (step?.op === 'char' && step.test(point) && this.#reach(step.next, at + 1, next)) return true
    }
    return false
  }

  /** Adds all steps reachable without consuming to `live`; true when one of them is the end. */
  #reach(entry: number, at: number, live: Set<number>): boolean {
    const open = [entry]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (live.has(index)) continue
      if (--this.#budget.left < 0) throw new PatternTooCostly('the text takes too long to match')
      live.add(index)
      const step = this.#steps[index]
      if (step?.op === 'match') return true
      if (step !== undefined) open.push(...this.#onward(step, at))
    }
    return false
  }

  /** Where a step leads without consuming a character. */
  #onward(step: Step, at: number): readonly number[] {
    if (step.op === 'fork') return step.to
    if (step.op === 'assert') return this.#holds(step.kind, at) ? [step.next] : []
    if (step.op === 'ahead') return this.matches(step.entry, at, false) === step.negated ? [] : [step.next]
    return []
  }

  #holds(kind: 'start' | 'end' | 'boundary' | 'no-boundary', at: number): boolean {
    if (kind === 'start') return at === 0
    if (kind === 'end') return at === this.#points.length
    const isBoundary = isWord(this.#points[at - 1]) !== isWord(this.#points[at])
    return isBoundary === (kind === 'boundary')
  }
}

type Shape = { variable: number; alternatives: number; nested: boolean; lookahead: boolean }

function measure(node: PatternNode, shape: Shape): Shape {
  if (node.kind === 'sequence') for (const item of node.items) measure(item, shape)
  if (node.kind === 'either') {
    shape.alternatives += node.options.length
    for (const option of node.options) measure(option, shape)
  }
  if (node.kind === 'ahead') shape.lookahead = true
  if (node.kind === 'repeat') {
    if (node.max !== node.min) shape.variable++
    if (node.item.kind !== 'char') shape.nested = true
  }
  return shape
}

/** Anchored with at most one open repetition of one character: the built-in engine is linear on it, and much faster. */
function isSafeNatively(node: PatternNode): boolean {
  const shape = measure(node, { variable: 0, alternatives: 0, nested: false, lookahead: false })
  const isAnchored = node.kind === 'sequence' && node.items[0]?.kind === 'start'
  return isAnchored && shape.variable <= 1 && shape.alternatives <= 8 && !shape.nested && !shape.lookahead
}

function native(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch {
    // Patterns written for other engines escape characters that the Unicode mode does not let them escape.
    return new RegExp(source)
  }
}

/**
 * A matcher whose cost no text can blow up (T37). Throws SyntaxError for an unreadable pattern and PatternRefusal for
 * one with back references or look-behind.
 */
export function compilePattern(source: string): Matcher {
  const regExp = native(source)
  const tree = parsePattern(source)
  if (isSafeNatively(tree)) return regExp
  const program = new Program()
  const entry = program.compile(tree, program.add({ op: 'match' }))
  const isAnchored = tree.kind === 'sequence' && tree.items[0]?.kind === 'start'
  return {
    test: (text) => new Run(program.steps, [...text], { left: maxWork }).matches(entry, 0, !isAnchored),
  }
}
