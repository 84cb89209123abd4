/** Texts of definitions as pieces that the model of orders learns from. */
import { type Around, OrderFeatures } from '../../server/src/guards/model/order-features.ts'
import type { OrderModel } from '../../server/src/guards/model/order-model.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'
import { normalise } from '../../server/src/guards/normalise.ts'
import type { Piece } from './rows.ts'

/** One head reads the texts of a schema, the other what a tool says of itself. */
export type Part = keyof OrderModel
export type Text = { readonly part: Part; readonly pieces: readonly Piece[] }

export const orderFolds = 5
const features = new OrderFeatures(new FeatureReader())

/** Pieces are the same when they read the same, whatever stands around them. */
export function piecesOf(text: string, around: Around): Piece[] {
  const folded = normalise(text).text
  const out: Piece[] = []
  features.read(folded, around, (read, count, from, to) => {
    out.push({ features: read.slice(0, count), key: hashOf(folded.slice(from, to).trim()) })
  })
  return out
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The fold of a server: it is left out with all its tools. */
export const foldOf = (server: string) => hashOf(server.split('/').at(-1) ?? '') % orderFolds
