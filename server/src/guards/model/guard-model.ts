import { FeatureReader, tableBits } from './read-features.ts'

/** No piece says more than this: beyond it a score is chance, not evidence. */
const most = 6
const lowest = -9
export const tableSize = 1 << tableBits
/** Weights of one feature stand side by side: two heads that score pieces, two that score the whole text. */
export const heads = 4

/**
 * Linear models over the same features. The first head finds pieces that steer a model; the second those of them that
 * wear no trigger words; the third scores the whole as an attack, the fourth as a text about attacks or for agents.
 */
export type Tables = { weights: Int8Array; scales: readonly number[]; biases: readonly number[] }

/**
 * The last layer: standardised signals, one weight each, and the scores of the three sensitivities. The signals in order:
 * for both piece heads the highest, the second, the mean, the share above zero, the highest above the mean; the two
 * heads of the whole; talk about attacks, log of pieces, rules, rules outside quotes, rules while not talking about attacks.
 */
export type LastLayer = {
  mean: readonly number[]
  spread: readonly number[]
  weights: readonly number[]
  bias: number
  thresholds: { low: number; medium: number; high: number }
}

export type GuardModel = { tables: Tables; last: LastLayer }

/** What one piece head saw: highest, second, sum, how many above zero. */
class Peaks {
  best = lowest
  second = lowest
  sum = 0
  above = 0

  start(): void {
    this.best = lowest
    this.second = lowest
    this.sum = 0
    this.above = 0
  }

  take(score: number): void {
    this.sum += score
    if (score > 0) this.above++
    if (score > this.best) {
      this.second = this.best
      this.best = score
    } else if (score > this.second) this.second = score
  }

  /** Writes its five signals from `at` on. */
  signals(into: Float64Array, at: number, pieces: number): void {
    const mean = pieces === 0 ? -4 : this.sum / pieces
    const best = Math.max(this.best, -most)
    into[at] = best
    into[at + 1] = Math.max(this.second, -most)
    into[at + 2] = mean
    into[at + 3] = this.above / Math.max(1, pieces)
    into[at + 4] = best - mean
  }
}

const bounded = (score: number) => Math.max(-most, Math.min(most, score))

/** Collects what a model sees in the leaves of one content. */
export class ModelReader {
  readonly #reader: FeatureReader
  readonly #tables: Tables
  readonly #packed: Int32Array
  readonly #first = new Peaks()
  readonly #second = new Peaks()
  readonly #signals = new Float64Array(17)
  #pieces = 0
  #third = 0
  #fourth = 0
  #count = 0

  /** Several models may share a reader of features: one text is read at a time. */
  constructor(tables: Tables, reader = new FeatureReader()) {
    this.#tables = tables
    this.#packed = new Int32Array(tables.weights.buffer, tables.weights.byteOffset, tableSize)
    this.#reader = reader
  }

  start(): void {
    this.#first.start()
    this.#second.start()
    this.#pieces = 0
    this.#third = 0
    this.#fourth = 0
    this.#count = 0
  }

  /** Reads one folded text. */
  read(text: string): void {
    this.#reader.read(text, this.#take)
  }

  readonly #take = (features: Int32Array, count: number): void => {
    const packed = this.#packed
    const { scales, biases } = this.#tables
    let first = 0
    let second = 0
    let third = 0
    let fourth = 0
    for (let at = 0; at < count; at++) {
      const four = packed[features[at] as number] as number
      first += (four << 24) >> 24
      second += (four << 16) >> 24
      third += (four << 8) >> 24
      fourth += four >> 24
    }
    const length = Math.sqrt(count)
    const score = bounded((first * (scales[0] ?? 0)) / length + (biases[0] ?? 0))
    this.#third += third
    this.#fourth += fourth
    this.#count += count
    this.#pieces++
    this.#first.take(score)
    this.#second.take(bounded((second * (scales[1] ?? 0)) / length + (biases[1] ?? 0)))
  }

  #whole(sum: number, head: number): number {
    if (this.#count === 0) return 0
    const { scales, biases } = this.#tables
    return bounded((sum * (scales[head] ?? 0)) / Math.sqrt(this.#count) + (biases[head] ?? 0))
  }

  /** The signals of what was read since `start`, with what the rules said. Holds until they are asked for again. */
  signals(rules: RuleSignals): Float64Array {
    const talk = Math.min(1, rules.talk)
    const signals = this.#signals
    this.#first.signals(signals, 0, this.#pieces)
    this.#second.signals(signals, 5, this.#pieces)
    signals[10] = this.#whole(this.#third, 2)
    signals[11] = this.#whole(this.#fourth, 3)
    signals[12] = talk
    signals[13] = Math.log2(Math.max(1, this.#pieces))
    signals[14] = rules.all
    signals[15] = rules.unquoted
    signals[16] = rules.all * (1 - talk)
    return signals
  }
}

/** `all`, `unquoted`: 0..1 over the rules' hits; `talk`: words about attacks and security, per piece of text, 0..1. */
export type RuleSignals = { all: number; unquoted: number; talk: number }

export function probability(last: LastLayer, signals: ArrayLike<number>): number {
  let sum = last.bias
  for (let at = 0; at < signals.length; at++) {
    sum += (((signals[at] ?? 0) - (last.mean[at] ?? 0)) / (last.spread[at] ?? 1)) * (last.weights[at] ?? 0)
  }
  return 1 / (1 + Math.exp(-sum))
}

const magic = 0x52_4c_47_32

/** The file: magic, length of a JSON head, the head, then the signed bytes of the weights. */
export function packModel({ tables, last }: GuardModel): Buffer {
  const { weights, ...scales } = tables
  const head = Buffer.from(JSON.stringify({ ...scales, last }))
  const start = Buffer.alloc(8)
  start.writeUInt32BE(magic, 0)
  start.writeUInt32BE(head.length, 4)
  return Buffer.concat([start, head, Buffer.from(weights.buffer, weights.byteOffset, weights.length)])
}

/** Throws for a file that is not a model of this version: a broken installation, not a request's trouble. */
export function unpackModel(file: Buffer): GuardModel {
  if (file.length < 8 || file.readUInt32BE(0) !== magic) throw new Error('not a guard model')
  const length = file.readUInt32BE(4)
  const { last, ...scales } = JSON.parse(file.toString('utf8', 8, 8 + length)) as Omit<Tables, 'weights'> & {
    last: LastLayer
  }
  const start = 8 + length
  if (file.length !== start + heads * tableSize) throw new Error('a guard model was cut off')
  return { tables: { ...scales, weights: new Int8Array(file.subarray(start)) }, last }
}
