import { buildOf, contentOf } from './order-build.ts'
import type { FeatureReader } from './read-features.ts'

/** Where a text of a definition stands, and what the definition says besides. */
export type Around = {
  readonly field: string
  /** Whether another text of the definition speaks of it, by the start of a word. */
  readonly knows: (stem: string) => boolean
  /** How much the definition says besides. */
  readonly size: number
  /** For training: how many pieces went before, and what they said. */
  readonly first?: number
  readonly before?: ReadonlySet<string>
}

/** A piece of a text: hashed features, how many of them count, and where it stands. */
export type TakeOrderPiece = (features: Int32Array, count: number, from: number, to: number) => void

export const orderBits = 18
const mask = (1 << orderBits) - 1
/** Room for the features of the learned reader and those of the build of a piece. */
const room = 2_048
const fields = ['description', 'title', 'enum', 'default', 'examples', 'const', '$comment', 'name']
/** Pieces of one text that are asked what they say; the others are only read. */
const mostPieces = 400

/** Features of a piece: its words, how the sentence is built, and whether it speaks of what its definition speaks of. */
export class OrderFeatures {
  readonly #reader: FeatureReader
  readonly #features = new Int32Array(room)
  #count = 0

  /** May share a reader: one text is read at a time. */
  constructor(reader: FeatureReader) {
    this.#reader = reader
  }

  /** The array that `take` gets is only valid during the call. */
  read(text: string, around: Around, take: TakeOrderPiece): void {
    const said = this.#said(text)
    const says = (stem: string) =>
      around.before?.has(stem) === true || (said.get(stem) ?? 0) > 1 || around.knows(stem)
    let at = around.first ?? 0
    this.#reader.read(text, (features, count, from, to) => {
      for (let each = 0; each < count; each++) this.#features[each] = (features[each] as number) & mask
      this.#count = count
      this.#add(text.slice(from, to), { around, says, at: Math.min(2, at++) })
      take(this.#features, this.#count, from, to)
    })
  }

  /** In how many pieces of the text a word stands. */
  #said(text: string): Map<string, number> {
    const said = new Map<string, number>()
    let pieces = 0
    this.#reader.read(text, (_, __, from, to) => {
      if (pieces++ >= mostPieces) return
      for (const stem of stemsOf(text.slice(from, to))) said.set(stem, (said.get(stem) ?? 0) + 1)
    })
    return said
  }

  #add(piece: string, place: { around: Around; says: (stem: string) => boolean; at: number }): void {
    const { around, says, at } = place
    const { opening, startsWithVerb, afterVerbs, parts, content } = buildOf(piece)
    const [one, two, three, four] = opening
    const field = fields.indexOf(around.field)
    const many = Math.min(4, content.length)
    const foreign = quarters(content, around.knows)
    const fresh = quarters(content, says)
    // Little else is said: then nothing is foreign to it.
    const size = around.size < 8 ? 0 : around.size < 25 ? 1 : 2
    const isVerb = startsWithVerb ? 1 : 0
    this.#put(1, one)
    this.#put(2, one, two)
    this.#put(3, one, two, three)
    this.#put(4, one, two, three, four)
    this.#put(5, field, one)
    this.#put(6, field, one, two)
    this.#put(7, foreign, many, size)
    this.#put(8, foreign, one, size)
    this.#put(9, foreign, one, two, size)
    this.#put(10, at, one)
    this.#put(11, field, foreign, size)
    this.#put(12, foreign, many, isVerb, size)
    this.#put(13, fresh, many, size)
    this.#put(14, fresh, one, at, size)
    this.#put(15, fresh, one, two)
    this.#put(16, at, one, two)
    for (const part of parts) this.#put(...part)
    for (const next of afterVerbs) this.#put(26, foreign, next, size)
  }

  #put(...parts: readonly number[]): void {
    if (this.#count >= room) return
    let hash = 0x811c9dc5
    for (const part of parts) {
      hash = Math.imul(hash ^ part, 0x01000193)
      hash ^= hash >>> 13
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    this.#features[this.#count++] = (hash ^ (hash >>> 12)) & mask
  }
}

/** Of the words that carry meaning, the quarters that nothing else speaks of. */
function quarters(content: readonly string[], knows: (stem: string) => boolean): number {
  if (content.length === 0) return 0
  return Math.ceil((content.filter((word) => !knows(word)).length / content.length) * 4)
}

/** What a text speaks of: its words by how they begin, small words left out. */
export const stemsOf = (text: string): Set<string> => new Set(contentOf(text))
