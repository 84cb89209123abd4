/** Texts a part of a pattern can match, lower case, when they are few; undefined when they are not. */
export type Texts = readonly string[] | undefined

/** One character of a pattern, which may be any of `codes`; `any`: of many more beyond ASCII too. */
export type CharPart = { kind: 'char'; codes: readonly number[]; any: boolean; texts: Texts }
export type Part =
  | CharPart
  | { kind: 'row'; items: readonly Part[]; texts: Texts }
  | { kind: 'either'; branches: readonly Part[]; texts: Texts }
  | { kind: 'repeat'; item: Part; least: number; most: number; texts: Texts }
  /** Takes no character. `refused`: characters that may not stand before it. */
  | { kind: 'edge'; refused: CharPart | 'word' | undefined; texts: Texts }

/** More texts of one part say too little; more characters of one place are not told apart. */
export const mostTexts = 128
const mostChars = 12
/** Repeats beyond this are not spelled out. */
const mostRounds = 3

/** Upper and lower case of ASCII are one here: what is found is looked at again by the pattern itself. */
const lower = (code: number) => String.fromCharCode(code >= 0x41 && code <= 0x5a ? code + 32 : code)

function charPart(codes: readonly number[], any = false): CharPart {
  const isFew = !any && codes.length <= mostChars
  const texts = isFew ? (codes.length === 1 ? codes.map(lower) : [...new Set(codes.map(lower))]) : undefined
  return { kind: 'char', codes, any, texts }
}

function rowPart(items: readonly Part[]): Part {
  let texts: Texts = ['']
  for (const item of items) texts = joined(texts, item.texts)
  return { kind: 'row', items, texts }
}

function eitherPart(branches: readonly Part[]): Part {
  return { kind: 'either', branches, texts: together(branches.map(({ texts }) => texts)) }
}

function repeatPart(item: Part, [least, most]: readonly [number, number]): Part {
  const rounds: Texts[] = []
  let round: Texts = ['']
  for (let count = 0; count <= Math.min(most, mostRounds); count++) {
    if (count >= least) rounds.push(round)
    round = joined(round, item.texts)
  }
  return { kind: 'repeat', item, least, most, texts: most > mostRounds ? undefined : together(rounds) }
}

export function joined(before: Texts, after: Texts): Texts {
  if (before === undefined || after === undefined || before.length * after.length > mostTexts)
    return undefined
  if (before.length === 1 && before[0] === '') return after
  return before.flatMap((one) => after.map((other) => one + other))
}

export function together(all: readonly Texts[]): Texts {
  const out: string[] = []
  for (const texts of all) {
    if (texts === undefined || out.length + texts.length > mostTexts) return undefined
    out.push(...texts)
  }
  return out
}

const ascii: readonly number[] = Array.from({ length: 128 }, (_, code) => code)

/** What a shorthand stands for, asked of the engine itself. */
function shorthand(source: string): CharPart {
  const one = new RegExp(source)
  return charPart(
    ascii.filter((code) => one.test(String.fromCharCode(code))),
    !/^\\[dw]$/.test(source),
  )
}

const shorthands: ReadonlyMap<string, CharPart> = new Map(
  ['.', '\\d', '\\w', '\\s', '\\D', '\\W', '\\S'].map((source) => [source, shorthand(source)]),
)

function shorthandOf(source: string): CharPart {
  const known = shorthands.get(source)
  if (known === undefined) throw new Error(`a pattern has an unknown shorthand: ${source}`)
  return known
}

export const wordCodes: ReadonlySet<number> = new Set(shorthandOf('\\w').codes)

const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, 0: 0 }

/** Reads the source of a pattern without flag u. Throws for syntax that no pattern here uses. */
export function patternParts(source: string): Part {
  const reader = new PatternReader(source)
  const part = reader.either()
  if (!reader.isDone()) throw new Error(`a pattern has a stray bracket: ${source.slice(0, 80)}`)
  return part
}

class PatternReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  isDone(): boolean {
    return this.#at >= this.#source.length
  }

  #take(text: string): boolean {
    if (this.#source[this.#at] !== text) return false
    this.#at++
    return true
  }

  either(): Part {
    const branches = [this.#row()]
    while (this.#take('|')) branches.push(this.#row())
    return branches.length === 1 ? (branches[0] as Part) : eitherPart(branches)
  }

  #row(): Part {
    const items: Part[] = []
    while (!this.isDone() && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')')
      items.push(this.#repeated(this.#one()))
    return items.length === 1 ? (items[0] as Part) : rowPart(items)
  }

  #one(): Part {
    const letter = this.#source[this.#at++] ?? ''
    if (letter === '(') return this.#group()
    if (letter === '[') return this.#class()
    if (letter === '^' || letter === '$') return { kind: 'edge', refused: undefined, texts: [''] }
    if (letter === '.') return shorthandOf('.')
    if (letter !== '\\') return charPart([letter.charCodeAt(0)])
    if (this.#take('b')) return { kind: 'edge', refused: 'word', texts: [''] }
    return this.#escaped()
  }

  #group(): Part {
    const opening = /^\?(?:<?[=!]|:)/.exec(this.#source.slice(this.#at, this.#at + 4))?.[0] ?? ''
    this.#at += opening.length
    const inside = this.either()
    if (!this.#take(')')) throw new Error('a pattern has an open bracket')
    if (opening === '' || opening === '?:') return inside
    const refused = opening === '?<!' && inside.kind === 'char' ? inside : undefined
    return { kind: 'edge', refused, texts: [''] }
  }

  #class(): CharPart {
    const isNot = this.#take('^')
    const codes = new Set<number>()
    let any = isNot
    while (!this.#take(']')) {
      const first = this.#member()
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']'
      if (isRange) this.#at++
      const last = isRange ? this.#member() : first
      for (const code of codesBetween(first, last)) codes.add(code)
      if (first.any || codes.size > 512) any = true
    }
    return isNot
      ? charPart(
          ascii.filter((code) => !codes.has(code)),
          true,
        )
      : charPart([...codes], any)
  }

  #member(): CharPart {
    const letter = this.#source[this.#at++] ?? ''
    if (letter !== '\\') return charPart([letter.charCodeAt(0)])
    return this.#take('b') ? charPart([8]) : this.#escaped()
  }

  #escaped(): CharPart {
    const letter = this.#source[this.#at++] ?? ''
    if (/[dwsDWS]/.test(letter)) return shorthandOf(`\\${letter}`)
    const hex = letter === 'x' ? 2 : letter === 'u' ? 4 : 0
    if (hex > 0) {
      this.#at += hex
      return charPart([Number.parseInt(this.#source.slice(this.#at - hex, this.#at), 16)])
    }
    if (controls[letter] !== undefined) return charPart([controls[letter]])
    if (/[A-Za-z0-9]/.test(letter)) throw new Error(`a pattern has an unknown escape: ${letter}`)
    return charPart([letter.charCodeAt(0)])
  }

  #repeated(item: Part): Part {
    const bounds = this.#bounds()
    if (bounds === undefined) return item
    this.#take('?')
    return repeatPart(item, bounds)
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('?')) return [0, 1]
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#source[this.#at] !== '{') return undefined
    const braces = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#source.slice(this.#at, this.#at + 16))
    if (braces === null) return undefined
    this.#at += braces[0].length
    const least = Number(braces[1])
    if (braces[2] === undefined) return [least, least]
    return [least, braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3])]
  }
}

function codesBetween(first: CharPart, last: CharPart): readonly number[] {
  if (first === last) return first.codes
  const start = first.codes[0] ?? 0
  // Of long ranges beyond ASCII only so many are counted; the class is then taken for any.
  const end = Math.min(last.codes[0] ?? start, Math.max(start, 127) + 1_024)
  return Array.from({ length: end - start + 1 }, (_, step) => start + step)
}

/** The fewest and most characters a part takes. */
export function widthOf(part: Part): readonly [number, number] {
  switch (part.kind) {
    case 'char':
      return [1, 1]
    case 'edge':
      return [0, 0]
    case 'repeat': {
      const [least, most] = widthOf(part.item)
      return [least * part.least, most === 0 || part.most === 0 ? 0 : most * part.most]
    }
    case 'either': {
      const widths = part.branches.map(widthOf)
      return [Math.min(...widths.map(([least]) => least)), Math.max(...widths.map(([, most]) => most))]
    }
    case 'row': {
      let [least, most] = [0, 0]
      for (const item of part.items) {
        const width = widthOf(item)
        least += width[0]
        most += width[1]
      }
      return [least, most]
    }
  }
}
