import { openWordClasses, stemSalt, type WordClasses } from './word-classes.ts'

/** Every head of a model has this many weights. */
export const tableBits = 18
/** Features of words stand in the upper half, those of the build of a sentence in the lower. */
export const wordFeatures = 1 << (tableBits - 1)
const mask = wordFeatures - 1
/** A piece of text the model scores at once: a sentence, a line, a value. Longer ones are cut. */
const maxPiece = 320
/** At most this many features of one piece; a word adds at most `roomOfWord`, and what is too much is cut off behind it. */
const maxFeatures = 796
const roomOfWord = 32

const sort = { other: 0, letter: 1, digit: 2, wide: 3, mark: 4 } as const

/** Marks that tell something about the word before: `:`, `!`, `?`, `]`, `>`. */
const telling: ReadonlySet<number> = new Set([0x3a, 0x21, 0x3f, 0x5d, 0x3e])

/** What a character is to the reader of words. Letters beyond ASCII are letters; ideographs are words of their own. */
function workedOut(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return sort.letter
  if (code >= 0x30 && code <= 0x39) return sort.digit
  if (code < 0x80) return code <= 0x20 || code === 0x5f ? sort.other : sort.mark
  if (code < 0xc0) return sort.other
  if (code >= 0x2e80 && code <= 0xd7ff) return sort.wide
  if (code >= 0x2000 && code <= 0x2bff) return sort.other
  return sort.letter
}

const ascii = Uint8Array.from({ length: 128 }, (_, code) => workedOut(code))
const classOf = (code: number) => (code < 128 ? (ascii[code] as number) : workedOut(code))

/** Where pieces end: after sentences, lines, and the quotes and brackets that part values of data. */
function endsPiece(text: string, at: number, code: number): boolean {
  if (code === 0x0a || code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0x0964) return true
  const next = text.charCodeAt(at + 1)
  if (code === 0x2e || code === 0x21 || code === 0x3f || code === 0x061f || code === 0x3b)
    return next <= 0x20 || next === 0x22 || next === 0x27 || Number.isNaN(next)
  if (code === 0x27 || code === 0x22)
    return (
      next === 0x2c || next === 0x7d || next === 0x5d || (next === 0x3a && text.charCodeAt(at + 2) <= 0x20)
    )
  // A cell of a table ends where the next begins.
  if (code === 0x7c) return next === 0x20
  return code === 0x5c && next === 0x6e
}

/** Of ASCII, what may end a piece at all. */
const mayEnd = Uint8Array.from({ length: 128 }, (_, code) =>
  '\n.!?;\'"|\\'.includes(String.fromCharCode(code)) ? 1 : 0,
)

const wideHash = (code: number) => Math.imul(code ^ 0x5bd1e995, 0x01000193)
const pairHash = (before: number, hash: number) => Math.imul(before, 0x85ebca6b) ^ hash

const hashes = {
  word(text: string): number {
    let hash = 0x811c9dc5
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      hash = Math.imul(hash ^ (classOf(code) === sort.digit ? 0x30 : code), 0x01000193)
    }
    return hash
  },
  pair: (text: string): number => pairHash(wideHash(text.charCodeAt(0)), wideHash(text.charCodeAt(1))),
}

/** Hashed features of one piece, how many of them count, and where in the text it stands. */
export type TakePiece = (features: Int32Array, count: number, from: number, to: number) => void

/** Reads a text piece by piece and gives the hashed features of each to `take`. Reuses its memory; one at a time. */
export class FeatureReader {
  readonly #features = new Int32Array(maxFeatures + roomOfWord)
  readonly #classes: WordClasses = openWordClasses(hashes)
  #count = 0
  #before = 0
  #beforeThat = 0
  #words = 0
  #class = 0
  #classBefore = 0

  /** The array that `take` gets is only valid during the call. */
  read(text: string, take: TakePiece): void {
    let from = 0
    for (let at = 0; at < text.length; ) {
      const code = text.charCodeAt(at)
      const next = this.#step(text, at, code)
      const isWord = next > at + 1 || (code < 128 && mayEnd[code] === 0) || !endsPiece(text, at, code)
      at = next
      if (isWord && at - from < maxPiece) continue
      this.#flush(take, from, at)
      from = at
    }
    this.#flush(take, from, text.length)
  }

  /** Reads one word or one other character; answers where the next begins. */
  #step(text: string, at: number, code: number): number {
    const kind = classOf(code)
    if (kind === sort.letter || kind === sort.digit) return this.#word(text, at)
    if (kind === sort.wide) this.#wide(code)
    else if (kind === sort.mark) this.#mark(code)
    return at + 1
  }

  #flush(take: TakePiece, from: number, to: number): void {
    if (this.#words >= 2) {
      this.#put(this.#before ^ 0x1b873593)
      this.#build(Math.imul(32 - Math.clz32(this.#words), 0x1d2b4c6f))
      this.#build(Math.imul(this.#class, 0x1b873593) ^ 0x77)
      take(this.#features, this.#count, from, to)
    }
    this.#count = 0
    this.#before = 0
    this.#beforeThat = 0
    this.#words = 0
    this.#class = 0
    this.#classBefore = 0
  }

  #word(text: string, start: number): number {
    let hash = 0x811c9dc5
    let stem = 0
    let at = start
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const kind = classOf(code)
      if (kind !== sort.letter && kind !== sort.digit) break
      hash = Math.imul(hash ^ (kind === sort.digit ? 0x30 : code), 0x01000193)
      if (at - start === 4) stem = hash
      if (at - start >= 48) break
    }
    const part = at - start > 5 ? stem ^ stemSalt : 0
    let group = this.#classes.classOf(hash)
    if (group === 0 && part !== 0) group = this.#classes.classOf(part)
    this.#classed(group === 0 ? endingOf(text, start, at) : group)
    this.#token(hash, part)
    return at === start ? at + 1 : at
  }

  #wide(code: number): void {
    const hash = wideHash(code)
    const group = this.#before === 0 ? 0 : this.#classes.classOf(pairHash(this.#before, hash))
    if (group !== 0) this.#classed(group)
    this.#token(hash, 0)
  }

  /** Alone, after the classes before, across one, and as an opening. */
  #classed(group: number): void {
    const features = this.#features
    const words = this.#words
    const [before, beforeThat] = [this.#class, this.#classBefore]
    let count = this.#count
    const own = Math.imul(group, 0x3f4a2b1d)
    features[count++] = mixed(own)
    if (words < 3) features[count++] = mixed(own ^ Math.imul(words + 1, 0x51ed270b))
    if (before !== 0) {
      const pair = Math.imul(before, 0x6c62272e) ^ own
      features[count++] = mixed(pair)
      if (words === 1) features[count++] = mixed(pair ^ 0x27d4eb2f)
      if (beforeThat !== 0) {
        const triple = Math.imul(beforeThat, 0x5be0cd19) ^ pair
        features[count++] = mixed(Math.imul(beforeThat, 0x2b3f6d4a) ^ own ^ 0x1f83d9ab)
        features[count++] = mixed(triple)
        if (words === 2) features[count++] = mixed(triple ^ 0x27d4eb2f)
      }
    }
    this.#count = count < maxFeatures ? count : maxFeatures
    this.#classBefore = before
    this.#class = group
  }

  /** A word: alone, its stem, with the one before, with the two before, across a gap, and as an opening. */
  #token(hash: number, stem: number): void {
    const features = this.#features
    const words = this.#words
    const [before, beforeThat] = [this.#before, this.#beforeThat]
    let count = this.#count
    features[count++] = mixed(hash) | wordFeatures
    if (stem !== 0) features[count++] = mixed(stem) | wordFeatures
    if (before !== 0) features[count++] = mixed(pairHash(before, hash)) | wordFeatures
    if (beforeThat !== 0) {
      features[count++] = mixed(Math.imul(beforeThat, 0xc2b2ae35) ^ hash ^ 0x7f4a7c15) | wordFeatures
      features[count++] =
        mixed(Math.imul(Math.imul(beforeThat, 0x27d4eb2f) ^ before, 0x165667b1) ^ hash) | wordFeatures
    }
    if (words < 3) features[count++] = mixed(hash ^ Math.imul(words + 1, 0x2545f491)) | wordFeatures
    this.#count = count < maxFeatures ? count : maxFeatures
    this.#words = words + 1
    this.#beforeThat = before
    this.#before = hash
  }

  /** Marks count only with the word before them: data is full of marks alone. */
  #mark(code: number): void {
    if (this.#before === 0 || !telling.has(code)) return
    this.#put(Math.imul(this.#before, 0x85ebca6b) ^ Math.imul(code, 0x9e3779b1))
    this.#build(Math.imul(code, 0x7feb352d) ^ 0x4a1d)
  }

  #put(hash: number): void {
    if (this.#count < maxFeatures) this.#features[this.#count++] = mixed(hash) | wordFeatures
  }

  #build(hash: number): void {
    if (this.#count < maxFeatures) this.#features[this.#count++] = mixed(hash)
  }
}

function mixed(hash: number): number {
  let value = hash ^ (hash >>> 15)
  value = Math.imul(value, 0x2c1b3c6d)
  value ^= value >>> 12
  return value & mask
}

/** Words of no class are told apart by how they end, which says what they do in a sentence. */
function endingOf(text: string, start: number, end: number): number {
  const last = text.charCodeAt(end - 1)
  if (last >= 0x30 && last <= 0x39) return 200
  if (last > 0x7f) return 201
  if (end - start < 4) return 202
  const before = text.charCodeAt(end - 2)
  if (last === 0x67) return before === 0x6e ? 203 : other
  if (last === 0x64) return before === 0x65 ? 204 : other
  if (last === 0x79) return before === 0x6c ? 205 : 206
  return endings[last] as number
}

const other = 211
/** By the last letter alone: s, n, r, l, e. */
const endings = new Uint8Array(128).fill(other)
for (const [letter, group] of [
  [0x73, 207],
  [0x6e, 208],
  [0x72, 209],
  [0x6c, 209],
  [0x65, 210],
] as const)
  endings[letter] = group
