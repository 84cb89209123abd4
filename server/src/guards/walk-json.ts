import type { Leaf } from './finding.ts'

/** A string in a JSON text: `from`..`to` are the offsets of its quotes, `to` behind the closing one. */
export type JsonString = {
  readonly from: number
  readonly to: number
  /** The string's value, escapes resolved. */
  readonly value: string
  /** The member it stands under, '' for elements of lists at the top. */
  readonly name: string
  readonly isName: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Behind the closing quote of the string that opens at `start`; the end of the text when none closes it. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end + 1
    at = end + 1
  }
}

function stringValue(text: string, from: number, to: number): string {
  const inner = text.slice(from + 1, to - 1)
  if (!inner.includes('\\')) return inner
  try {
    return JSON.parse(text.slice(from, to)) as string
  } catch {
    return inner
  }
}

/** Every string of a JSON text in order, member names too. Linear, no recursion, no copy of the whole. */
export function* jsonStrings(text: string): Generator<JsonString> {
  const strings = new Strings(text)
  while (strings.next()) {
    const { from, to, isName } = strings
    yield { from, to, value: strings.value(), name: strings.name(), isName }
  }
}

/** Goes from string to string. Values are taken out of the text only where somebody asks for them. */
class Strings {
  readonly #text: string
  #next: number
  /** Offsets of the current string's quotes, `to` behind the closing one. */
  from = 0
  to = 0
  isName = false
  /** Those of the name that it stands under. */
  #nameFrom = -1
  #nameTo = 0

  constructor(text: string) {
    this.#text = text
    this.#next = text.indexOf('"')
  }

  /** False behind the last one. */
  next(): boolean {
    const text = this.#text
    if (this.isName) {
      this.#nameFrom = this.from
      this.#nameTo = this.to
    }
    this.isName = false
    if (this.#next === -1) return false
    this.from = this.#next
    const to = stringEnd(text, this.from)
    this.to = to
    let behind = to
    while (behind < text.length && text.charCodeAt(behind) <= 0x20) behind++
    this.isName = text.charCodeAt(behind) === 0x3a
    this.#next = text.charCodeAt(to) === QUOTE ? to : text.indexOf('"', to)
    return true
  }

  value(): string {
    return stringValue(this.#text, this.from, this.to)
  }

  name(): string {
    return this.#nameFrom === -1 ? '' : stringValue(this.#text, this.#nameFrom, this.#nameTo)
  }
}

type Level = { list: boolean; index: number; name: string }

/** Where in a JSON text an offset stands, as `content[0].text`. Only worked out for findings. */
export const pathAt = (text: string, offset: number): string => new Paths(text).at(offset)

/** Works out one path after the other; goes on from the last where it can. */
class Paths {
  readonly #text: string
  #levels: Level[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  at(offset: number): string {
    if (offset < this.#at) this.#start()
    const isWhole = this.#walk(offset)
    const path = this.#levels
      .map((level) => (level.list ? `[${level.index}]` : `.${level.name.slice(0, 64)}`))
      .join('')
      .replace(/^\./, '')
    // In a text that is no JSON a string may reach beyond the place; what comes next is walked anew.
    if (!isWhole) this.#start()
    return path
  }

  #start(): void {
    this.#levels = []
    this.#at = 0
  }

  #walk(offset: number): boolean {
    const levels = this.#levels
    let at = this.#at
    for (; at < offset; at++) {
      const code = this.#text.charCodeAt(at)
      if (code !== QUOTE) {
        stepLevels(levels, code)
        continue
      }
      const end = stringEnd(this.#text, at)
      const top = levels.at(-1)
      if (top !== undefined && !top.list && end <= offset) readName(this.#text, { at, end }, top)
      at = end - 1
    }
    this.#at = at
    return at <= offset
  }
}

function stepLevels(levels: Level[], code: number): void {
  if (code === 0x7b || code === 0x5b) levels.push({ list: code === 0x5b, index: 0, name: '' })
  else if (code === 0x7d || code === 0x5d) levels.pop()
  else if (code === 0x2c) {
    const top = levels.at(-1)
    if (top?.list === true) top.index++
  }
}

function readName(text: string, place: { at: number; end: number }, level: Level): void {
  let next = place.end
  while (next < text.length && text.charCodeAt(next) <= 0x20) next++
  if (text.charCodeAt(next) === 0x3a) level.name = stringValue(text, place.at, place.end)
}

/** Whether a text is one JSON object or list, so that its strings can be read apart. */
export function isJson(text: string): boolean {
  let at = 0
  while (at < 64 && text.charCodeAt(at) <= 0x20) at++
  const first = text.charCodeAt(at)
  if (first !== 0x7b && first !== 0x5b) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Ends the path of a member's name. */
export const memberName = ' (name)'

/** A string as a leaf. */
class JsonLeaf implements Leaf {
  readonly text: string
  readonly name: string
  readonly #paths: Paths
  readonly #from: number
  readonly #isName: boolean
  #path: string | undefined

  constructor(strings: Strings, text: string, paths: Paths) {
    this.#isName = strings.isName
    this.text = text
    this.name = strings.isName ? memberName : strings.name()
    this.#paths = paths
    this.#from = strings.from
  }

  get path(): string {
    this.#path ??= this.#paths.at(this.#from) + (this.#isName ? memberName : '')
    return this.#path
  }
}

/** The strings of a JSON text as leaves; `keys` adds member names, which may hold instructions too. */
export function leavesOf(text: string, keys: boolean): Leaf[] {
  const leaves: Leaf[] = []
  const strings = new Strings(text)
  const paths = new Paths(text)
  while (strings.next()) {
    if (strings.isName && !keys) continue
    const value = strings.value()
    if (value !== '') leaves.push(new JsonLeaf(strings, value, paths))
  }
  return leaves
}
