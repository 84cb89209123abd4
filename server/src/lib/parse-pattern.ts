/** The regular expressions rules may use: no backreferences and no look-around, so that linear time is possible. */

/** Code-point ranges, inclusive. */
export type CharSet = readonly (readonly [number, number])[]
export type Node =
  | { kind: 'set'; set: CharSet }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; min: number; max: number }
  | { kind: 'start' }
  | { kind: 'end' }

export class PatternRefusal extends Error {
  override readonly name = 'PatternRefusal'
}

export const maxRepeat = 100
const maxDepth = 30
const top = 0x10ffff
const digit: CharSet = [[48, 57]]
const word: CharSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
const space: CharSet = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const anyButNewline: CharSet = [
  [0, 9],
  [11, 12],
  [14, 0x2027],
  [0x202a, top],
]
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, '0': 0 }

export function complement(set: CharSet): CharSet {
  const sorted = [...set].sort((a, b) => a[0] - b[0])
  const out: [number, number][] = []
  let next = 0
  for (const [from, to] of sorted) {
    if (from > next) out.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= top) out.push([next, top])
  return out
}

/** Throws PatternRefusal with words for the author of the rule. */
export function parsePattern(pattern: string): Node {
  const reader = new PatternReader([...pattern])
  const node = reader.choice(0)
  if (!reader.done) throw new PatternRefusal('has a ) without its (')
  return node
}

class PatternReader {
  readonly #chars: readonly string[]
  #at = 0

  constructor(chars: readonly string[]) {
    this.#chars = chars
  }

  get done(): boolean {
    return this.#at >= this.#chars.length
  }

  #peek(): string | undefined {
    return this.#chars[this.#at]
  }

  #take(what: string): string {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new PatternRefusal(`ends inside ${what}`)
    return char
  }

  choice(depth: number): Node {
    if (depth > maxDepth) throw new PatternRefusal(`is nested deeper than ${maxDepth} groups`)
    const parts = [this.#sequence(depth)]
    while (this.#peek() === '|') {
      this.#at++
      parts.push(this.#sequence(depth))
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts }
  }

  #sequence(depth: number): Node {
    const parts: Node[] = []
    for (let char = this.#peek(); char !== undefined && char !== '|' && char !== ')'; char = this.#peek()) {
      parts.push(this.#quantified(this.#atom(depth)))
    }
    return { kind: 'sequence', parts }
  }

  #atom(depth: number): Node {
    const char = this.#take('the pattern')
    if (char === '(') return this.#group(depth)
    if (char === '[') return { kind: 'set', set: this.#charClass() }
    if (char === '.') return { kind: 'set', set: anyButNewline }
    if (char === '^') return { kind: 'start' }
    if (char === '$') return { kind: 'end' }
    if (char === '\\') return { kind: 'set', set: this.#escape() }
    if ('*+?{'.includes(char)) throw new PatternRefusal(`has a ${char} with nothing to repeat`)
    return { kind: 'set', set: one(char) }
  }

  #group(depth: number): Node {
    if (this.#peek() === '?') {
      this.#at++
      if (this.#take('a group') !== ':')
        throw new PatternRefusal('uses look-around, a flag or a named group, which rules may not')
    }
    const inner = this.choice(depth + 1)
    if (this.#peek() !== ')') throw new PatternRefusal('has a ( without its )')
    this.#at++
    return inner
  }

  #quantified(part: Node): Node {
    const counts = this.#quantifier()
    if (counts === undefined) return part
    if (part.kind === 'start' || part.kind === 'end') throw new PatternRefusal('repeats an anchor')
    // Lazy and greedy differ in what they capture, never in whether they match.
    if (this.#peek() === '?') this.#at++
    if ('*+?{'.includes(this.#peek() ?? ' ')) throw new PatternRefusal('repeats a repetition')
    return { kind: 'repeat', part, ...counts }
  }

  #quantifier(): { min: number; max: number } | undefined {
    const simple = { '*': { min: 0, max: Infinity }, '+': { min: 1, max: Infinity }, '?': { min: 0, max: 1 } }
    const char = this.#peek()
    if (char === '*' || char === '+' || char === '?') {
      this.#at++
      return simple[char]
    }
    if (char !== '{') return undefined
    const close = this.#chars.indexOf('}', this.#at)
    const found = /^(\d{1,4})(?:(,)(\d{1,4})?)?$/.exec(
      close === -1 ? '' : this.#chars.slice(this.#at + 1, close).join(''),
    )
    if (found === null) throw new PatternRefusal('has a { that is not a count; write \\{ for the character')
    this.#at = close + 1
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === undefined ? Infinity : Number(found[3])
    if (max < min) throw new PatternRefusal('has a count whose end is below its start')
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat))
      throw new PatternRefusal(`repeats more than ${maxRepeat} times`)
    return { min, max }
  }

  #escape(): CharSet {
    const char = this.#take('an escape')
    const classes: Record<string, CharSet> = {
      d: digit,
      w: word,
      s: space,
      D: complement(digit),
      W: complement(word),
      S: complement(space),
    }
    const known = Object.hasOwn(classes, char) ? classes[char] : undefined
    if (known !== undefined) return known
    const control = Object.hasOwn(controls, char) ? controls[char] : undefined
    if (control !== undefined) return [[control, control]]
    if (/[1-9k]/.test(char)) throw new PatternRefusal('uses a backreference, which rules may not')
    if (/[A-Za-z]/.test(char)) throw new PatternRefusal(`uses \\${char}, which rules do not know`)
    return one(char)
  }

  #charClass(): CharSet {
    const negated = this.#peek() === '^'
    if (negated) this.#at++
    const set: (readonly [number, number])[] = []
    while (this.#peek() !== ']') {
      const from = this.#classItem()
      const isRange = this.#peek() === '-' && this.#chars[this.#at + 1] !== ']'
      if (!isRange) {
        set.push(...from)
        continue
      }
      this.#at++
      const to = this.#classItem()
      set.push(rangeOf(from, to))
    }
    this.#at++
    if (set.length === 0) throw new PatternRefusal('has an empty []')
    return negated ? complement(set) : set
  }

  #classItem(): CharSet {
    const char = this.#take('a [')
    return char === '\\' ? this.#escape() : one(char)
  }
}

function one(char: string): CharSet {
  const code = char.codePointAt(0) ?? 0
  return [[code, code]]
}

function rangeOf(from: CharSet, to: CharSet): readonly [number, number] {
  const [start, end] = [from[0], to[0]]
  if (
    start === undefined ||
    end === undefined ||
    from.length > 1 ||
    to.length > 1 ||
    start[0] !== start[1] ||
    end[0] !== end[1] ||
    end[0] < start[0]
  ) {
    throw new PatternRefusal('has a range in [] that is not from a lower to a higher character')
  }
  return [start[0], end[0]]
}
