import { type Around, OrderFeatures, orderBits } from './order-features.ts'
import type { FeatureReader } from './read-features.ts'

/** Weights over hashed features: is a piece of text an order to its reader, or does it describe a value? */
export type OrderHead = {
  readonly weights: Int8Array
  readonly scale: number
  readonly bias: number
  /** What a text scores that is as likely either: few honest definitions have one that reaches it. */
  readonly even: number
}

/** One head for the texts of a schema, titles and notes; another for what a tool says of itself. */
export type OrderModel = { readonly schema: OrderHead; readonly description: OrderHead }

/** The piece that reads most like an order, as odds: above zero it is more likely one. */
export type OrderScore = { odds: number; from: number; to: number }

export const orderTableSize = 1 << orderBits
/** A long honest text has many pieces, and one of them may look odd. */
const perDoubling = 0.6
const mostDoublings = 2

/** Odds of one piece. */
export function oddsOf({ weights, scale, bias }: OrderHead, features: Int32Array, count: number): number {
  let sum = 0
  for (let at = 0; at < count; at++) sum += weights[features[at] as number] as number
  return (sum * scale) / Math.sqrt(Math.max(1, count)) + bias
}

/** Odds of a text from those of its highest piece. */
export const oddsOfText = ({ even }: OrderHead, best: number, pieces: number): number =>
  best - perDoubling * Math.min(mostDoublings, Math.log2(Math.max(1, pieces))) - even

export class OrderReader {
  readonly #features: OrderFeatures
  readonly #model: OrderModel

  /** May share a reader of features: one text is read at a time. */
  constructor(model: OrderModel, reader: FeatureReader) {
    this.#model = model
    this.#features = new OrderFeatures(reader)
  }

  /** Reads one folded text. */
  score(text: string, part: keyof OrderModel, around: Around): OrderScore {
    const head = this.#model[part]
    let pieces = 0
    let best: OrderScore = { odds: -Infinity, from: 0, to: 0 }
    this.#features.read(text, around, (features, count, from, to) => {
      const odds = oddsOf(head, features, count)
      pieces++
      if (odds > best.odds) best = { odds, from, to }
    })
    return { ...best, odds: oddsOfText(head, best.odds, pieces) }
  }
}

const magic = 0x52_4c_4f_31
const headNames = ['schema', 'description'] as const

/** The file: magic, length of a JSON head, the head, then the signed bytes of both tables. */
export function packOrders(model: OrderModel): Buffer {
  const heads = headNames.map((name) => model[name])
  const head = Buffer.from(JSON.stringify(heads.map(({ scale, bias, even }) => ({ scale, bias, even }))))
  const start = Buffer.alloc(8)
  start.writeUInt32BE(magic, 0)
  start.writeUInt32BE(head.length, 4)
  return Buffer.concat([start, head, ...heads.map(({ weights }) => Buffer.from(weights))])
}

/** Throws for a file that is not a model of this version: a broken installation, not a request's trouble. */
export function unpackOrders(file: Buffer): OrderModel {
  if (file.length < 8 || file.readUInt32BE(0) !== magic) throw new Error('not a model of orders')
  const start = 8 + file.readUInt32BE(4)
  if (file.length !== start + headNames.length * orderTableSize)
    throw new Error('a model of orders was cut off')
  const numbers = JSON.parse(file.toString('utf8', 8, start)) as Omit<OrderHead, 'weights'>[]
  const head = (at: number): OrderHead => {
    const from = start + at * orderTableSize
    return {
      scale: 0,
      bias: 0,
      even: 0,
      ...numbers[at],
      weights: new Int8Array(file.subarray(from, from + orderTableSize)),
    }
  }
  return { schema: head(0), description: head(1) }
}
