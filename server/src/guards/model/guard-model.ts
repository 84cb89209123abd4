import { FeatureReader, tableBits } from './read-features.ts'

/** No piece says more than this: beyond it a score is chance, not evidence. */
const most = 6
const tableSize = 1 << tableBits
/** A linear model in two tables: what a piece says, and what the whole text is about. */
export type Tables = {
  piece: Int8Array
  pieceScale: number
  pieceBias: number
  whole: Int8Array
  wholeScale: number
  wholeBias: number
}

/**
 * The last layer: standardised signals, one weight each, and the scores of the three sensitivities. The signals in order:
 * highest piece, second piece, mean piece, share of instructing pieces, whole text, talk about attacks,
 * log of pieces, rules, rules outside quotes, rules while not talking about attacks, highest above mean.
 */
export type LastLayer = {
  mean: readonly number[]
  spread: readonly number[]
  weights: readonly number[]
  bias: number
  thresholds: { low: number; medium: number; high: number }
}

export type GuardModel = { tables: Tables; last: LastLayer }

export type PieceScore = { score: number; from: number; to: number }

/** Collects what a model sees in the leaves of one content. */
export class ModelReader {
  readonly #reader = new FeatureReader()
  readonly #tables: Tables
  #best = -9
  #second = -9
  #sum = 0
  #instructing = 0
  #pieces = 0
  #wholeSum = 0
  #wholeCount = 0
  top: PieceScore = { score: -9, from: 0, to: 0 }

  constructor(tables: Tables) {
    this.#tables = tables
  }

  start(): void {
    this.#best = -9
    this.#second = -9
    this.#sum = 0
    this.#instructing = 0
    this.#pieces = 0
    this.#wholeSum = 0
    this.#wholeCount = 0
    this.top = { score: -9, from: 0, to: 0 }
  }

  /** Reads one folded text. */
  read(text: string): void {
    const { piece, pieceScale, pieceBias, whole, wholeScale } = this.#tables
    this.#reader.read(text, (features, count, from, to) => {
      let pieceSum = 0
      let wholeSum = 0
      for (let at = 0; at < count; at++) {
        const feature = features[at] as number
        pieceSum += piece[feature] as number
        wholeSum += whole[feature] as number
      }
      this.#wholeSum += wholeSum * wholeScale
      this.#wholeCount += count
      const score = (pieceSum * pieceScale) / Math.sqrt(count) + pieceBias
      this.#take({ score: Math.max(-most, Math.min(most, score)), from, to })
    })
  }

  #take(piece: PieceScore): void {
    this.#pieces++
    this.#sum += piece.score
    if (piece.score > 0) this.#instructing++
    if (piece.score > this.#best) {
      this.#second = this.#best
      this.#best = piece.score
      this.top = piece
    } else if (piece.score > this.#second) this.#second = piece.score
  }

  /** The signals of what was read since `start`, with what the rules said. */
  signals(rules: RuleSignals): number[] {
    const pieces = Math.max(1, this.#pieces)
    const mean = this.#pieces === 0 ? -4 : this.#sum / pieces
    const best = Math.max(this.#best, -6)
    const whole =
      this.#wholeCount === 0 ? 0 : this.#wholeSum / Math.sqrt(this.#wholeCount) + this.#tables.wholeBias
    const talk = Math.min(1, rules.talk)
    return [
      best,
      Math.max(this.#second, -6),
      mean,
      this.#instructing / pieces,
      Math.max(-6, Math.min(6, whole)),
      talk,
      Math.log2(pieces),
      rules.all,
      rules.unquoted,
      rules.all * (1 - talk),
      best - mean,
    ]
  }
}

/** `all`, `unquoted`: 0..1 over the rules' hits; `talk`: words about attacks and security, per piece of text, 0..1. */
export type RuleSignals = { all: number; unquoted: number; talk: number }

export function probability(last: LastLayer, signals: readonly number[]): number {
  let sum = last.bias
  for (let at = 0; at < signals.length; at++) {
    sum += (((signals[at] ?? 0) - (last.mean[at] ?? 0)) / (last.spread[at] ?? 1)) * (last.weights[at] ?? 0)
  }
  return 1 / (1 + Math.exp(-sum))
}

const magic = 0x52_4c_47_4d

/** The file: magic, length of a JSON head, the head, then the two tables of signed bytes. */
export function packModel({ tables, last }: GuardModel): Buffer {
  const { piece, whole, ...scales } = tables
  const head = Buffer.from(JSON.stringify({ ...scales, last }))
  const start = Buffer.alloc(8)
  start.writeUInt32BE(magic, 0)
  start.writeUInt32BE(head.length, 4)
  return Buffer.concat([
    start,
    head,
    Buffer.from(piece.buffer, piece.byteOffset, tableSize),
    Buffer.from(whole.buffer, whole.byteOffset, tableSize),
  ])
}

/** Throws for a file that is not a model of this version: a broken installation, not a request's trouble. */
export function unpackModel(file: Buffer): GuardModel {
  if (file.length < 8 || file.readUInt32BE(0) !== magic) throw new Error('not a guard model')
  const length = file.readUInt32BE(4)
  const { last, ...scales } = JSON.parse(file.toString('utf8', 8, 8 + length)) as Omit<
    Tables,
    'piece' | 'whole'
  > & { last: LastLayer }
  const start = 8 + length
  if (file.length !== start + 2 * tableSize) throw new Error('a guard model was cut off')
  const table = (at: number) => new Int8Array(file.subarray(at, at + tableSize))
  return { tables: { ...scales, piece: table(start), whole: table(start + tableSize) }, last }
}
