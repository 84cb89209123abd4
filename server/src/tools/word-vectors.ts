import { readFileSync } from 'node:fs'

/** Length of every vector. */
export const vectorLength = 48
const magic = 0x52_4c_57_56

/**
 * Words as directions: near ones mean related things. Trained by test/search/train-vectors.ts; unknown words have none.
 * The file: magic, count, then per word a 32-bit hash (ascending), a scale and 48 signed bytes, in three blocks.
 */
export class WordVectors {
  readonly #hashes: Uint32Array
  readonly #scales: Float32Array
  readonly #values: Int8Array

  constructor(hashes: Uint32Array, scales: Float32Array, values: Int8Array) {
    this.#hashes = hashes
    this.#scales = scales
    this.#values = values
  }

  /** The direction of a text, length 1; all zero when no word of it is known. */
  direction(words: readonly string[]): Float32Array {
    const sum = new Float32Array(vectorLength)
    for (const word of words) this.#add(word, sum)
    let square = 0
    for (const value of sum) square += value * value
    if (square > 0) for (let at = 0; at < vectorLength; at++) sum[at] = (sum[at] ?? 0) / Math.sqrt(square)
    return sum
  }

  #add(word: string, sum: Float32Array): void {
    const row = this.#find(hashWord(word))
    if (row === -1) return
    const scale = this.#scales[row] ?? 0
    const start = row * vectorLength
    for (let at = 0; at < vectorLength; at++)
      sum[at] = (sum[at] ?? 0) + scale * (this.#values[start + at] ?? 0)
  }

  #find(hash: number): number {
    let low = 0
    let high = this.#hashes.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#hashes[middle] ?? 0
      if (found === hash) return middle
      if (found < hash) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
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
  const count = file.readUInt32LE(4)
  if (file.readUInt32LE(0) !== magic || file.length !== 8 + count * (8 + vectorLength))
    throw new Error('not a file of word vectors')
  // Copied, so that the blocks start where their element size allows.
  const bytes = new Uint8Array(file).buffer
  return new WordVectors(
    new Uint32Array(bytes, 8, count),
    new Float32Array(bytes, 8 + 4 * count, count),
    new Int8Array(bytes, 8 + 8 * count, count * vectorLength),
  )
}

/** The file for these vectors, `rows` being word and direction. Words that share a hash share the first one's vector. */
export function writeWordVectors(rows: Iterable<readonly [string, Float32Array]>): Buffer {
  const byHash = new Map<number, Float32Array>()
  for (const [word, vector] of rows) {
    const hash = hashWord(word)
    if (!byHash.has(hash)) byHash.set(hash, vector)
  }
  const sorted = [...byHash].sort(([a], [b]) => a - b)
  const file = Buffer.alloc(8 + sorted.length * (8 + vectorLength))
  file.writeUInt32LE(magic, 0)
  file.writeUInt32LE(sorted.length, 4)
  for (const [row, [hash, vector]] of sorted.entries()) {
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)
    file.writeUInt32LE(hash, 8 + 4 * row)
    file.writeFloatLE(largest / 127, 8 + 4 * (sorted.length + row))
    const start = 8 + 8 * sorted.length + row * vectorLength
    for (const [at, value] of vector.entries())
      file.writeInt8(Math.round((value / largest) * 127), start + at)
  }
  return file
}
