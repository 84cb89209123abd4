import { readFileSync } from 'node:fs'

const magic = 0x33_4c_57_56
const headerBytes = 12
/** Of a hash, beside the first twelve bits, by which it is looked up. */
const otherBits = 20

/** Whose words they are: a request's, or a tool's. The same word may weigh much in one and little in the other. */
export type Side = 'asked' | 'offered'
type Blocks = {
  readonly length: number
  readonly hashes: Uint32Array
  readonly asked: Float32Array
  readonly offered: Float32Array
  readonly shares: Float32Array
  readonly values: Int8Array
}

/**
 * Words as directions: near ones mean related things. Trained by test/search/train-vectors.ts; unknown words have none.
 * The file: magic, count, length, then for all words a 32-bit hash (ascending), a scale for each side, the share of
 * tools that use it, and `length` signed bytes, in five blocks.
 */
export class WordVectors {
  /** Length of every vector; a multiple of four. */
  readonly length: number
  readonly #blocks: Blocks
  /** At which row the hashes begin that have these first bits; about three share them. */
  readonly #starts: Uint32Array

  constructor(blocks: Blocks) {
    this.length = blocks.length
    this.#blocks = blocks
    this.#starts = startsOf(blocks.hashes)
  }

  /** The direction of a text, length 1; all zero when no word of it is known. `sum` is where it is written. */
  direction(words: readonly string[], side: Side, sum = new Float32Array(this.length)): Float32Array {
    sum.fill(0)
    for (const word of words) this.#add(word, side, sum)
    let square = 0
    for (let at = 0; at < sum.length; at++) square += (sum[at] as number) * (sum[at] as number)
    const size = Math.sqrt(square)
    if (size > 0) for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) / size
    return sum
  }

  /** In which share of the tools seen in training a word stands; 0 for unknown ones. */
  shareOf(word: string): number {
    const row = this.#find(hashWord(word))
    return row === -1 ? 0 : (this.#blocks.shares[row] as number)
  }

  #add(word: string, side: Side, sum: Float32Array): void {
    const row = this.#find(hashWord(word))
    if (row === -1) return
    const { values, [side]: scales } = this.#blocks
    const scale = scales[row] as number
    // Four at a time: a third of what describing a tool costs is spent here, and one by one it takes twice as long.
    for (let at = 0, from = row * this.length; at < sum.length; at += 4, from += 4) {
      sum[at] = (sum[at] as number) + scale * (values[from] as number)
      sum[at + 1] = (sum[at + 1] as number) + scale * (values[from + 1] as number)
      sum[at + 2] = (sum[at + 2] as number) + scale * (values[from + 2] as number)
      sum[at + 3] = (sum[at + 3] as number) + scale * (values[from + 3] as number)
    }
  }

  #find(hash: number): number {
    const { hashes } = this.#blocks
    const first = hash >>> otherBits
    const end = this.#starts[first + 1] as number
    for (let row = this.#starts[first] as number; row < end; row++) if (hashes[row] === hash) return row
    return -1
  }
}

function startsOf(hashes: Uint32Array): Uint32Array {
  const starts = new Uint32Array((1 << (32 - otherBits)) + 1)
  for (const hash of hashes)
    starts[(hash >>> otherBits) + 1] = (starts[(hash >>> otherBits) + 1] as number) + 1
  for (let at = 1; at < starts.length; at++) starts[at] = (starts[at] as number) + (starts[at - 1] as number)
  return starts
}

/** FNV-1a over UTF-16 units, 32 bits. */
export function hashWord(word: string): number {
  let hash = 2_166_136_261
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 16_777_619)
  return hash >>> 0
}

/** Reads the committed file, or another one of the same form. Throws when it is not one. */
export function readWordVectors(
  path: string | URL = new URL('./word-vectors.bin', import.meta.url),
): WordVectors {
  const file = readFileSync(path)
  const [count, length] = [file.readUInt32LE(4), file.readUInt32LE(8)]
  if (file.readUInt32LE(0) !== magic || file.length !== headerBytes + count * (16 + length))
    throw new Error('not a file of word vectors')
  // Copied, so that the blocks start where their element size allows.
  const bytes = new Uint8Array(file).buffer
  return new WordVectors({
    length,
    hashes: new Uint32Array(bytes, headerBytes, count),
    asked: new Float32Array(bytes, headerBytes + 4 * count, count),
    offered: new Float32Array(bytes, headerBytes + 8 * count, count),
    shares: new Float32Array(bytes, headerBytes + 12 * count, count),
    values: new Int8Array(bytes, headerBytes + 16 * count, count * length),
  })
}

/** A word's direction, its weight on each side, and the share of tools that use it. */
export type WordRow = {
  readonly vector: Float32Array
  readonly asked: number
  readonly offered: number
  readonly share: number
}

/** The file for these vectors. Words that share a hash share the first one's vector. */
export function writeWordVectors(rows: Iterable<readonly [string, WordRow]>, length: number): Buffer {
  const byHash = new Map<number, WordRow>()
  for (const [word, row] of rows) {
    const hash = hashWord(word)
    if (!byHash.has(hash)) byHash.set(hash, row)
  }
  const sorted = [...byHash].sort(([a], [b]) => a - b)
  const file = Buffer.alloc(headerBytes + sorted.length * (16 + length))
  file.writeUInt32LE(magic, 0)
  file.writeUInt32LE(sorted.length, 4)
  file.writeUInt32LE(length, 8)
  for (const [place, [hash, { vector, asked, offered, share }]] of sorted.entries()) {
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)
    file.writeUInt32LE(hash, headerBytes + 4 * place)
    file.writeFloatLE((asked * largest) / 127, headerBytes + 4 * (sorted.length + place))
    file.writeFloatLE((offered * largest) / 127, headerBytes + 4 * (2 * sorted.length + place))
    file.writeFloatLE(share, headerBytes + 4 * (3 * sorted.length + place))
    const start = headerBytes + 16 * sorted.length + place * length
    for (const [at, value] of vector.entries())
      file.writeInt8(Math.round((value / largest) * 127), start + at)
  }
  return file
}
