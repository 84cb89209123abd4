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
  let name = ''
  for (let at = text.indexOf('"'); at !== -1; ) {
    const to = stringEnd(text, at)
    let next = to
    while (next < text.length && text.charCodeAt(next) <= 0x20) next++
    const isName = text.charCodeAt(next) === 0x3a
    const value = stringValue(text, at, to)
    yield { from: at, to, value, name, isName }
    if (isName) name = value
    at = text.charCodeAt(to) === QUOTE ? to : text.indexOf('"', to)
  }
}

type Level = { list: boolean; index: number; name: string }

/** Where in a JSON text an offset stands, as `content[0].text`. Only worked out for findings. */
export function pathAt(text: string, offset: number): string {
  const levels: Level[] = []
  for (let at = 0; at < offset; at++) {
    const code = text.charCodeAt(at)
    if (code !== QUOTE) {
      stepLevels(levels, code)
      continue
    }
    const end = stringEnd(text, at)
    const top = levels.at(-1)
    if (top !== undefined && !top.list && end <= offset) readName(text, { at, end }, top)
    at = end - 1
  }
  return levels
    .map((level) => (level.list ? `[${level.index}]` : `.${level.name.slice(0, 64)}`))
    .join('')
    .replace(/^\./, '')
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
  const first = /^\s{0,64}[[{]/.test(text)
  if (!first) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Ends the path of a member's name. */
export const memberName = ' (name)'

/** The strings of a JSON text as leaves; `keys` adds member names, which may hold instructions too. */
export function leavesOf(text: string, keys: boolean): Leaf[] {
  const leaves: Leaf[] = []
  for (const { from, value, name, isName } of jsonStrings(text)) {
    if (value === '' || (isName && !keys)) continue
    let path: string | undefined
    leaves.push({
      text: value,
      name: isName ? memberName : name,
      get path() {
        path ??= pathAt(text, from) + (isName ? memberName : '')
        return path
      },
    })
  }
  return leaves
}
