/**
 * JSON as text. The relay passes arguments and results on as they came, so numbers beyond 2^53 and unknown fields
 * survive, and it refuses texts that two readers could understand differently (T20).
 */

/** Why a text was refused; `message` is safe to show. */
export class JsonRefusal extends Error {
  override readonly name = 'JsonRefusal'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** Index of the quote that ends the string starting at `start`; the text's length when it never ends. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end
    at = end + 1
  }
}

function readKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end)
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(text.slice(start, end + 1)) as string
  } catch (cause) {
    throw new JsonRefusal('a member name is not a valid JSON string', { cause })
  }
}

/** The names seen in one object: a list while small, because most objects are. */
class Names {
  #few: string[] = []
  #many: Set<string> | undefined

  add(name: string): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(name)) return false
      this.#many.add(name)
      return true
    }
    if (this.#few.includes(name)) return false
    this.#few.push(name)
    if (this.#few.length > 16) this.#many = new Set(this.#few)
    return true
  }
}

/** Refuses duplicate member names, `__proto__` and nesting deeper than `maxDepth`, at every level. */
export function refuseAmbiguity(text: string, maxDepth: number): void {
  const stack: (Names | null)[] = []
  let expectName = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = stringEnd(text, at)
        if (expectName) checkName(readKey(text, at, end), stack.at(-1) ?? null)
        expectName = false
        at = end
        break
      }
      case OPEN_BRACE:
        enter(stack, new Names(), maxDepth)
        expectName = true
        break
      case OPEN_BRACKET:
        enter(stack, null, maxDepth)
        expectName = false
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        stack.pop()
        expectName = false
        break
      case COMMA:
        expectName = (stack.at(-1) ?? null) !== null
        break
      default:
    }
  }
}

function enter(stack: (Names | null)[], names: Names | null, maxDepth: number): void {
  if (stack.length >= maxDepth) throw new JsonRefusal(`nested deeper than ${maxDepth} levels`)
  stack.push(names)
}

function checkName(name: string, names: Names | null): void {
  if (name === '__proto__') throw new JsonRefusal('a member may not be called __proto__')
  if (names !== null && !names.add(name))
    throw new JsonRefusal(`the member ${JSON.stringify(name.slice(0, 80))} stands twice in one object`)
}

function skipSpace(text: string, at: number): number {
  let next = at
  while (isSpace(text.charCodeAt(next))) next++
  return next
}

/** Index just behind the value that starts at `start`. The text must be valid JSON. */
function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return stringEnd(text, start) + 1
  return first === OPEN_BRACE || first === OPEN_BRACKET ? nestEnd(text, start) : scalarEnd(text, start)
}

function scalarEnd(text: string, start: number): number {
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isSpace(code)) break
  }
  return at
}

function nestEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1
  }
  return text.length
}

/** The members of an object as raw text, in order. `text` must be a valid JSON object that passed refuseAmbiguity. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_BRACE) throw new JsonRefusal('an object was expected')
  at = skipSpace(text, at + 1)
  while (at < text.length && text.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(text, at)
    const name = readKey(text, at, nameEnd)
    at = skipSpace(text, nameEnd + 1)
    if (text.charCodeAt(at) !== COLON) break
    const start = skipSpace(text, at + 1)
    const end = valueEnd(text, start)
    members.set(name, text.slice(start, end))
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return members
}

/** The elements of an array as raw text. `text` must be a valid JSON array. */
export function elementsOf(text: string): string[] {
  const elements: string[] = []
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_BRACKET) throw new JsonRefusal('an array was expected')
  at = skipSpace(text, at + 1)
  while (at < text.length && text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = valueEnd(text, at)
    if (end === at) break
    elements.push(text.slice(at, end))
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return elements
}

/** The inverse of membersOf. */
export function objectText(members: Iterable<readonly [string, string]>): string {
  let text = '{'
  for (const [name, value] of members) text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${value}`
  return `${text}}`
}

/** True when the raw value is an object. */
export function isObjectText(text: string | undefined): text is string {
  return text !== undefined && text.charCodeAt(0) === OPEN_BRACE
}

/** The string a raw value holds, or undefined when it is no string. */
export function stringOf(text: string | undefined): string | undefined {
  return text !== undefined && text.charCodeAt(0) === QUOTE ? (JSON.parse(text) as string) : undefined
}
