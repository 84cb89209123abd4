/** The model of orders in definitions: kinds of orders and servers left out together, and the one that is shipped. */
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import { findOrder } from '../../server/src/guards/find-orders.ts'
import { orderBits } from '../../server/src/guards/model/order-features.ts'
import {
  type OrderHead,
  type OrderModel,
  OrderReader,
  oddsOf,
  oddsOfText,
} from '../../server/src/guards/model/order-model.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type Example, learnLinear } from './learn.ts'
import { type Scored, thresholdFor } from './measure.ts'
import { foldOf, type OrderMaterial, orderFolds } from './order-texts.ts'
import type { Piece } from './rows.ts'

type Part = keyof OrderModel
/** What a piece counts: own orders are few beside honest texts, attacks of other places only help a little. */
const ownWeight = 3
const injectedWeight = 0.05
/** The project's own honest sentences are written to be mistaken for orders. */
const sentenceWeight = 10
/** Few orders in other languages stand beside few honest texts of them: they tell little about the language. */
const tongueWeight = 1
const scarceWeight = 2
/** The share of honest definitions of unseen servers with a text that reaches even odds. */
const alarms: Readonly<Record<Part, number>> = { schema: 0.004, description: 0.0001 }

/** A head without the fold `out`; its scale is set by what it says of unseen servers. */
function fitHead(material: OrderMaterial, part: Part, out?: number): OrderHead {
  const examples: Example[] = []
  const honest = new Set<number>()
  const seen = new Set<number>()
  const take = ({ key, features }: Piece, label: 0 | 1, weight: number) => {
    if (label === 1 && honest.has(key)) return
    if (label === 0) {
      honest.add(key)
      const same = features.reduce((hash, feature) => Math.imul(hash ^ feature, 0x01000193), 7)
      if (seen.has(same)) return
      seen.add(same)
    }
    examples.push({ features, label, weight })
  }
  for (const { fold, texts, thin } of material.honest)
    if (fold !== out)
      for (const text of [...texts, ...thin])
        if (text.part === part) for (const piece of text.pieces) take(piece, 0, 1)
  for (const piece of material.sentences) take(piece, 0, sentenceWeight)
  for (const piece of part === 'schema' ? material.notes : material.descriptions) take(piece, 0, 1)
  if (part === 'schema') for (const piece of material.scarce) take(piece, 0, scarceWeight)
  for (const { fold, kind, pieces } of material.orders)
    if (fold !== out)
      for (const piece of pieces) take(piece, 1, kind.startsWith('in ') ? tongueWeight : ownWeight)
  for (const piece of material.injected) take(piece, 1, injectedWeight)
  const { table, bias } = learnLinear(examples, { bits: orderBits, epochs: 4, decay: 1e-5, seed: 1 })
  const sizes = Float32Array.from(
    table.filter((value) => value !== 0),
    Math.abs,
  ).sort()
  const scale = Math.max(1e-6, sizes[Math.floor(sizes.length * 0.999)] ?? 1) / 127
  const weights = Int8Array.from(table, (value) => Math.max(-127, Math.min(127, Math.round(value / scale))))
  return { weights, scale, bias, even: 0 }
}

const oddsOfPieces = (pieces: readonly Piece[], head: OrderHead) =>
  oddsOfText(
    head,
    pieces.reduce((most, { features }) => Math.max(most, oddsOf(head, features, features.length)), -20),
    pieces.length,
  )

/** The highest odds of a definition's texts of one part. */
const most = (texts: readonly { part: Part; pieces: readonly Piece[] }[], part: Part, head: OrderHead) =>
  texts
    .filter((text) => text.part === part)
    .reduce((highest, { pieces }) => Math.max(highest, oddsOfPieces(pieces, head)), -20)

type Row = Scored & { odds: number }

/** Odds of honest definitions of servers, and of orders of kinds, that a head did not see. */
function leavePart(material: OrderMaterial, part: Part): Row[] {
  return Array.from({ length: orderFolds }, (_, out) => {
    const head = fitHead(material, part, out)
    const row = (odds: number, label: 0 | 1, kind: string): Row => ({
      odds,
      score: 0,
      label,
      kind,
      source: label === 0 ? kind : 'own-orders',
    })
    return [
      ...material.honest
        .filter(({ fold }) => fold === out)
        .map(({ texts, set }) => row(most(texts, part, head), 0, set)),
      ...material.orders
        .filter(({ fold }) => fold === out)
        .map(({ alone, kind }) => row(oddsOfPieces(alone, head), 1, kind)),
    ]
  }).flat()
}

const evenOf = (rows: readonly Row[], part: Part) =>
  thresholdFor(
    rows.filter(({ label }) => label === 0).map(({ odds }) => odds),
    alarms[part],
  )

export type LeftOrders = { even: Readonly<Record<Part, number>>; card: Record<string, Figures> }

/** Figures of the card, and where even odds stand. */
export function leaveOrders(material: OrderMaterial): LeftOrders {
  const rows = { schema: leavePart(material, 'schema'), description: leavePart(material, 'description') }
  const even = {
    schema: evenOf(rows.schema, 'schema'),
    description: evenOf(rows.description, 'description'),
  }
  const figures = (part: Part) =>
    figuresOf(rows[part].map((row) => ({ ...row, score: 1 / (1 + Math.exp(even[part] - row.odds)) })))
  return {
    even,
    card: {
      'orders in schema texts, kinds left out': figures('schema'),
      'orders as descriptions, kinds left out': figures('description'),
    },
  }
}

/** What a scan says of a definition's orders by heads that saw none of its server; even odds as given. */
export function leftOutOrders(
  material: OrderMaterial,
  even: LeftOrders['even'],
): (definition: string, source: string) => number {
  const features = new FeatureReader()
  const readers = Array.from({ length: orderFolds }, (_, out) => {
    const head = (part: Part) => ({ ...fitHead(material, part, out), even: even[part] })
    return new OrderReader({ schema: head('schema'), description: head('description') }, features)
  })
  return (definition, source) => {
    const reader = readers[foldOf(source)]
    return reader === undefined ? 0 : (findOrder(definitionLeaves(definition), reader)?.weight ?? 0)
  }
}

/** The model that is shipped: from everything, on the scale of what was left out. */
export const fitOrders = (material: OrderMaterial, { even }: LeftOrders): OrderModel => ({
  schema: { ...fitHead(material, 'schema'), even: even.schema },
  description: { ...fitHead(material, 'description'), even: even.description },
})
