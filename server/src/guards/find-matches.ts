import { type Anchors, anchorsOf } from './find-anchors.ts'
import { classBits, findLiterals, type Literal, type LiteralFinder } from './find-literals.ts'
import { hexStart, inHex, inRun, ofChars, runStart, traitsFrom } from './find-traits.ts'

/** Room that is kept between texts; a long text's is given back. */
const keptRoom = 1_024
/** With an anchor in every so many characters, searching for the pattern as it is costs less. */
const crowded = 6

/** One pattern, and where in the text at hand it may begin. */
class Rule {
  readonly #notFirst: Uint8Array
  readonly #notBefore: Uint8Array | undefined
  /** Nothing is known of where it may begin. */
  readonly isAnywhere: boolean
  readonly #here: RegExp
  readonly #onwards: RegExp
  #starts = new Int32Array(8)
  count = 0
  #isInOrder = true
  #at = 0
  #end = 0

  constructor(pattern: RegExp, anchors: Anchors) {
    const flags = pattern.flags.replace('g', '')
    this.#here = new RegExp(pattern.source, `${flags}y`)
    this.#onwards = new RegExp(pattern.source, `${flags}g`)
    this.#notFirst = anchors.notFirst
    this.#notBefore = anchors.notBefore
    this.isAnywhere = anchors.texts === undefined
  }

  /** A place where the pattern may begin, unless the characters there forbid it. */
  offer(text: string, start: number): void {
    const code = text.charCodeAt(start)
    if (this.#notFirst[code < 128 ? code : 128] === 1) return
    if (start > 0 && this.#notBefore !== undefined) {
      const before = text.charCodeAt(start - 1)
      if (this.#notBefore[before < 128 ? before : 128] === 1) return
    }
    this.#add(start)
  }

  #add(start: number): void {
    const last = this.count === 0 ? -1 : (this.#starts[this.count - 1] as number)
    if (start === last) return
    if (start < last) this.#isInOrder = false
    if (this.count === this.#starts.length) {
      const more = new Int32Array(this.count * 2)
      more.set(this.#starts)
      this.#starts = more
    }
    this.#starts[this.count++] = start
  }

  clear(): void {
    if (this.#starts.length > keptRoom) this.#starts = new Int32Array(8)
    this.count = 0
    this.#isInOrder = true
    this.#at = 0
    this.#end = 0
  }

  /** The next match, as a global search would give it: where matches may begin they are tried, in order. */
  next(text: string): RegExpExecArray | null {
    if (this.isAnywhere || this.count * crowded > text.length + 64) return this.#search(text)
    if (!this.#isInOrder) {
      this.#starts.subarray(0, this.count).sort()
      this.#isInOrder = true
    }
    while (this.#at < this.count) {
      const start = this.#starts[this.#at++] as number
      if (start < this.#end) continue
      this.#here.lastIndex = start
      const found = this.#here.exec(text)
      if (found === null) continue
      this.#end = start + found[0].length
      return found
    }
    return null
  }

  #search(text: string): RegExpExecArray | null {
    this.#onwards.lastIndex = this.#end
    const found = this.#onwards.exec(text)
    this.#end = found === null ? text.length + 1 : this.#onwards.lastIndex
    return found
  }
}

/** Where a text was found: the state says which, `end` stands behind it. */
type Place = { readonly text: string; readonly state: number; readonly end: number }

type Compiled = {
  readonly rules: readonly Rule[]
  readonly literals: LiteralFinder
  readonly anywhere: readonly number[]
}

function compile(patterns: readonly RegExp[]): Compiled {
  const anchors = patterns.map(anchorsOf)
  const rules = patterns.map((pattern, at) => new Rule(pattern, anchors[at] as Anchors))
  const literals = findLiterals(
    anchors.flatMap(({ texts = [] }, rule) => texts.map((each): Literal => ({ ...each, rule }))),
  )
  const anywhere = [...rules.entries()].filter(([, rule]) => rule.isAnywhere).map(([at]) => at)
  return { rules, literals, anywhere }
}

/**
 * Many patterns over one text: one pass finds where each may begin, and only there it is tried. Says what searching for
 * each pattern by itself would say. Every match takes a character at least. One text at a time, as with a pattern that
 * keeps its place; made ready by the first text.
 */
export class MatchFinder {
  readonly #patterns: readonly RegExp[]
  #compiled: Compiled | undefined
  /** Patterns that may match somewhere in the text that was read, in order. */
  readonly touched: Int32Array
  /** How many of `touched` count. A list that is emptied and filled again would be made anew for every text. */
  touchedCount = 0

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns
    this.touched = new Int32Array(patterns.length)
  }

  /**
   * Reads a text; `wanted` has a 1 for each pattern that matters. What was read before is forgotten. Answers the text's
   * traits.
   */
  read(text: string, wanted: Uint8Array): number {
    this.#compiled ??= compile(this.#patterns)
    const compiled = this.#compiled
    for (let each = 0; each < this.touchedCount; each++) compiled.rules[this.touched[each] as number]?.clear()
    this.touchedCount = 0
    const traits = this.#pass(compiled, wanted, text)
    for (const at of compiled.anywhere) if (wanted[at] === 1) this.#touch(at)
    return traits
  }

  #pass(compiled: Compiled, wanted: Uint8Array, text: string): number {
    const { classes, moves, firstHit } = compiled.literals
    const chars = ofChars
    let state = 0
    let [all, runs, hexes] = [0, 0, 0]
    let [run, hex] = [runStart, hexStart]
    for (let at = 0; at < text.length; ) {
      // Most of the time is spent here: no call within, and one look at each character for all that is wanted of it.
      do {
        const code = text.charCodeAt(at++)
        state = moves[(state << classBits) | (classes[code] as number)] as number
        const char = chars[code] as number
        run = (char & inRun) === 0 ? runStart : run + 1
        hex = (char & inHex) === 0 ? hexStart : hex + 1
        all |= char
        runs |= run
        hexes |= hex
      } while (state < firstHit && at < text.length)
      if (state >= firstHit) this.#hit(compiled, wanted, { text, state: state - firstHit, end: at })
    }
    return traitsFrom(all, runs, hexes)
  }

  #hit({ rules, literals }: Compiled, wanted: Uint8Array, place: Place): void {
    const { text, state, end } = place
    const last = literals.starts[state + 1] as number
    for (let entry = literals.starts[state] as number; entry < last; entry++) {
      const at = literals.rules[entry] as number
      if (wanted[at] !== 1) continue
      const rule = rules[at] as Rule
      const before = rule.count
      const near = end - (literals.nearest[entry] as number)
      const far = end - (literals.farthest[entry] as number)
      for (let start = far < 0 ? 0 : far; start <= near; start++) rule.offer(text, start)
      if (before === 0 && rule.count > 0) this.#touch(at)
    }
  }

  /** Keeps them in order: they are few. */
  #touch(at: number): void {
    const { touched } = this
    let place = this.touchedCount++
    for (; place > 0 && (touched[place - 1] as number) > at; place--)
      touched[place] = touched[place - 1] as number
    touched[place] = at
  }

  /**
   * The next match of a pattern in the text that was read; null after the last. `text` may differ from what was read in
   * ASCII capitals.
   */
  next(at: number, text: string): RegExpExecArray | null {
    return this.#compiled?.rules[at]?.next(text) ?? null
  }
}
