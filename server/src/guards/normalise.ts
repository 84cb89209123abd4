import { findHidden } from './find-hidden.ts'
import { trait, traitsOf } from './find-traits.ts'
import type { Hit } from './finding.ts'

/** A text as a model would understand it. */
export type Reading = {
  /** Compatibility forms, look-alikes and accents folded, lower case, entities resolved; for rules and models. */
  readonly text: string
  /** Whether `text` is what was given, but for capitals. */
  readonly isPlain: boolean
  readonly hidden: readonly Hit[]
  /** Further texts found inside: comments, decoded payloads, spelled-out tag characters. */
  readonly inner: readonly Inner[]
}

export type Inner = { readonly text: string; readonly through: string; readonly at: number }

/** Letters of other alphabets that look like Latin ones; used only inside words that mix alphabets. */
const lookAlikes: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ј: 'j',
  ѕ: 's',
  ԁ: 'd',
  һ: 'h',
  ո: 'n',
  ӏ: 'l',
  ԛ: 'q',
  ԝ: 'w',
  к: 'k',
  м: 'm',
  т: 't',
  в: 'b',
  н: 'h',
  г: 'r',
  п: 'n',
  и: 'u',
  α: 'a',
  ε: 'e',
  ο: 'o',
  ρ: 'p',
  ν: 'v',
  ι: 'i',
  κ: 'k',
  τ: 't',
  υ: 'u',
  χ: 'x',
  γ: 'y',
  η: 'n',
  ω: 'w',
  σ: 'o',
  β: 'b',
  ı: 'i',
  ɑ: 'a',
  ɡ: 'g',
  ɩ: 'i',
  ʏ: 'y',
  ᴀ: 'a',
  ᴇ: 'e',
  ᴏ: 'o',
  ᴜ: 'u',
  ꜱ: 's',
}
const otherAlphabet = /[\u0370-\u052f\u0561-\u0587]/
const mixedWord = /[a-z]\S{0,40}[\u0370-\u052f\u0561-\u0587]|[\u0370-\u052f\u0561-\u0587]\S{0,40}[a-z]/
const entity = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos|nbsp));/gi
const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}
/** Characters of one comment that are looked at. */
const maxComment = 8_000
const encodedRun = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,8000}={0,2}/g
const hexRun = /(?:\\x[0-9a-fA-F]{2}){8,2000}|(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}[ :]?){16,4000}/g
const percentRun = /(?:%[0-9a-fA-F]{2}[A-Za-z0-9_.~-]{0,12}){6,1000}/g
/** At most this many inner texts of one leaf are looked at. */
const maxInner = 16

const nothing: readonly never[] = []

/** Reads a text once: bounded, never throws. `traits`, when they are known already, are the text's. */
export function normalise(given: string, traits = traitsOf(given)): Reading {
  if (traits === 0)
    return {
      text: given.toLowerCase(),
      isPlain: true,
      hidden: nothing,
      inner: nothing,
    }
  return readClosely(given, traits)
}

function readClosely(given: string, givenTraits: number): Reading {
  const inner: Inner[] = []
  const isOdd = (givenTraits & trait.odd) !== 0
  const hidden = isOdd ? findHidden(given) : undefined
  let text = hidden?.text ?? given
  if (hidden !== undefined && hidden.spelled !== '')
    inner.push({ text: hidden.spelled, through: 'invisible characters', at: hidden.hits[0]?.at ?? 0 })
  if ((givenTraits & trait.entity) !== 0) text = text.replace(entity, unescapeEntity)
  const traits = text === given ? givenTraits : traitsOf(text)
  if ((traits & trait.angle) !== 0) takeComments(text, inner)
  takeEncoded(text, traits, inner)
  const folded = (traits & trait.odd) !== 0 ? fold(text) : text.toLowerCase()
  return {
    text: folded,
    isPlain: (givenTraits & (trait.odd | trait.entity)) === 0,
    hidden: hidden?.hits ?? nothing,
    inner,
  }
}

function unescapeEntity(all: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return named[name.toLowerCase()] ?? all
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all
}

/** Compatibility forms, accents of Latin letters, look-alikes in mixed words. */
export function fold(text: string): string {
  const composed = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
  if (!otherAlphabet.test(composed) || !mixedWord.test(composed)) return composed
  return composed.replace(/\S{2,64}/g, (word) =>
    mixedWord.test(word) ? Array.from(word, (letter) => lookAlikes[letter] ?? letter).join('') : word,
  )
}

function takeComments(text: string, inner: Inner[]): void {
  let at = text.indexOf('<!--')
  while (at !== -1 && inner.length < maxInner) {
    const end = text.indexOf('-->', at + 4)
    if (end === -1) return
    inner.push({ text: text.slice(at + 4, Math.min(end, at + maxComment)), through: 'an HTML comment', at })
    at = text.indexOf('<!--', end)
  }
}

/** One level of decoding; what comes out must read like text, or it is left alone. */
function takeEncoded(text: string, traits: number, inner: Inner[]): void {
  if (text.length < 24) return
  const take = (found: RegExpMatchArray, decoded: string | undefined, through: string) => {
    if (decoded !== undefined && inner.length < maxInner)
      inner.push({ text: decoded, through, at: found.index ?? 0 })
  }
  if ((traits & trait.longRun) !== 0)
    for (const found of text.matchAll(encodedRun)) take(found, decodeBase64(found[0]), 'base64')
  if ((traits & trait.percent) !== 0)
    for (const found of text.matchAll(percentRun)) take(found, decodePercent(found[0]), 'URL encoding')
  if ((traits & (trait.hexRun | trait.backslash)) !== 0)
    for (const found of text.matchAll(hexRun)) take(found, decodeHex(found[0]), 'hexadecimal')
}

function decodeBase64(run: string): string | undefined {
  if (/^[a-z]+$|^[A-Z_]+$|^[0-9a-f]+$|^\d+$/.test(run) || (!/[A-Z]/.test(run) && !/\d/.test(run)))
    return undefined
  return readable(
    Buffer.from(run.slice(0, run.length - (run.replace(/=+$/, '').length % 4 === 1 ? 1 : 0)), 'base64'),
  )
}

function decodePercent(run: string): string | undefined {
  try {
    return readable(Buffer.from(decodeURIComponent(run)))
  } catch {
    return undefined
  }
}

function decodeHex(run: string): string | undefined {
  return readable(Buffer.from(run.replace(/\\x|[ :]/g, ''), 'hex'))
}

/** Text a person could read: at least 12 characters, words with spaces, nearly no control characters. */
function readable(bytes: Buffer): string | undefined {
  if (bytes.length < 12) return undefined
  for (let at = 0; at < Math.min(bytes.length, 12); at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x09 || (byte > 0x0d && byte < 0x20) || byte === 0x7f) return undefined
  }
  const text = bytes.toString('utf8')
  let odd = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0xfffd || (code < 0x20 && code !== 9 && code !== 10 && code !== 13)) odd++
  }
  return odd > text.length / 50 || !/[\p{L}]{2,}[\s,.:]+[\p{L}]{2,}/u.test(text) ? undefined : text
}
