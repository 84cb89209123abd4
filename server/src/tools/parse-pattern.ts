/** A regular expression of JSON Schema (ECMA-262) as a tree. Captures are dropped: only "does it match" is asked. */
export type PatternNode =
  | { kind: 'char'; test(point: string): boolean }
  | { kind: 'sequence'; items: readonly PatternNode[] }
  | { kind: 'either'; options: readonly PatternNode[] }
  | { kind: 'repeat'; item: PatternNode; min: number; max: number }
  | { kind: 'start' | 'end' | 'boundary' | 'no-boundary' }
  | { kind: 'ahead'; item: PatternNode; negated: boolean }

/** Thrown for what a linear matcher cannot do: back references and look-behind. */
export class PatternRefusal extends Error {
  override readonly name = 'PatternRefusal'
}

const maxPatternChars = 4_000
const maxNesting = 50

function charTest(source: string): (point: string) => boolean {
  let single: RegExp
  try {
    single = new RegExp(`^(?:${source})$`, 'u')
  } catch {
    single = new RegExp(`^(?:${source})$`)
  }
  return (point) => single.test(point)
}

/** Reads a pattern that the engine itself already accepted, so what is left to refuse is what cannot run in linear time. */
class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): PatternNode {
    const node = this.#either()
    if (this.#at < this.#text.length) throw new PatternRefusal('unbalanced parenthesis')
    return node
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #either(): PatternNode {
    if (++this.#depth > maxNesting) throw new PatternRefusal('nested too deeply')
    const options: PatternNode[] = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    this.#depth--
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'either', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    while (this.#at < this.#text.length && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') {
      items.push(this.#quantified(this.#atom()))
    }
    return { kind: 'sequence', items }
  }

  #quantified(item: PatternNode): PatternNode {
    const bounds = this.#bounds()
    if (bounds === undefined) return item
    this.#take('?')
    return { kind: 'repeat', item, min: bounds[0], max: bounds[1] }
  }

  #bounds(): [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#take('?')) return [0, 1]
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 24))
    if (counted === null) return undefined
    this.#at += counted[0].length
    const min = Number(counted[1])
    if (counted[2] === undefined) return [min, min]
    return [min, counted[3] === '' ? Number.POSITIVE_INFINITY : Number(counted[3])]
  }

  #atom(): PatternNode {
    if (this.#take('^')) return { kind: 'start' }
    if (this.#take('$')) return { kind: 'end' }
    if (this.#take('(')) return this.#group()
    if (this.#take('.')) return { kind: 'char', test: charTest('.') }
    if (this.#text[this.#at] === '[') return this.#charClass()
    if (this.#text[this.#at] === '\\') return this.#escape()
    const literal = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
    this.#at += literal.length
    return { kind: 'char', test: (point) => point === literal }
  }

  #group(): PatternNode {
    if (this.#take('?<=') || this.#take('?<!')) throw new PatternRefusal('look-behind')
    const negated = this.#take('?!')
    const isAhead = negated || this.#take('?=')
    if (!isAhead && !this.#take('?:')) {
      const named = /^\?<[^>]+>/.exec(this.#text.slice(this.#at, this.#at + 80))
      if (named !== null) this.#at += named[0].length
      else if (this.#text[this.#at] === '?') throw new PatternRefusal('an unknown kind of group')
    }
    const item = this.#either()
    if (!this.#take(')')) throw new PatternRefusal('unbalanced parenthesis')
    return isAhead ? { kind: 'ahead', item, negated } : item
  }

  #charClass(): PatternNode {
    const start = this.#at++
    while (this.#at < this.#text.length && this.#text[this.#at] !== ']')
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    this.#at++
    return { kind: 'char', test: charTest(this.#text.slice(start, this.#at)) }
  }

  #escape(): PatternNode {
    const next = this.#text[this.#at + 1] ?? ''
    if (next === 'b' || next === 'B') {
      this.#at += 2
      return { kind: next === 'b' ? 'boundary' : 'no-boundary' }
    }
    if (/[1-9k]/.test(next)) throw new PatternRefusal('back reference')
    const long = /^\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]+\})/.exec(
      this.#text.slice(this.#at, this.#at + 64),
    )
    const source = long?.[0] ?? this.#text.slice(this.#at, this.#at + 2)
    this.#at += source.length
    return { kind: 'char', test: charTest(source) }
  }
}

/** Parses a pattern; throws PatternRefusal, or SyntaxError for one the engine does not accept either. */
export function parsePattern(source: string): PatternNode {
  if (source.length > maxPatternChars) throw new PatternRefusal('longer than 4,000 characters')
  return new Reader(source).read()
}
