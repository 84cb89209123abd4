/** The model of orders in definitions: kinds of orders and servers left out together, and the one that is shipped. */
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import { findOrder } from '../../server/src/guards/find-orders.ts'
import {
  type OrderHead,
  type OrderModel,
  OrderReader,
  type OrderScore,
} from '../../server/src/guards/model/order-model.ts'
import { FeatureReader, tableBits } from '../../server/src/guards/model/read-features.ts'
import { normalise } from '../../server/src/guards/normalise.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type Example, learnLinear } from './learn.ts'
import { type Scored, thresholdFor } from './measure.ts'
import { foldOf, type OrderMaterial, orderFolds } from './order-texts.ts'

type Part = keyof OrderModel
/** What a piece counts: own orders are few beside honest texts, attacks of other places only help a little. */
const ownWeight = 3
const injectedWeight = 0.05
/** The share of honest definitions of unseen servers with a text that reaches even odds. */
const alarms: Readonly<Record<Part, number>> = { schema: 0.007, description: 0.001 }

/** A head without the fold `out`; its scale is set by what it says of unseen servers. */
function fitHead(material: OrderMaterial, part: Part, out?: number): OrderHead {
  const examples: Example[] = []
  const honest = new Set<number>()
  const take = ({ key, features }: { key: number; features: Int32Array }, label: 0 | 1, weight: number) => {
    if (honest.has(key)) return
    if (label === 0) honest.add(key)
    examples.push({ features, label, weight })
  }
  for (const { fold, texts } of material.honest)
    if (fold !== out)
      for (const text of texts) if (text.part === part) for (const piece of text.pieces) take(piece, 0, 1)
  for (const piece of material.sentences) take(piece, 0, ownWeight)
  for (const piece of part === 'schema' ? material.notes : material.descriptions) take(piece, 0, 1)
  for (const { fold, pieces } of material.orders)
    if (fold !== out) for (const piece of pieces) take(piece, 1, ownWeight)
  for (const piece of material.injected) take(piece, 1, injectedWeight)
  const { table, bias } = learnLinear(examples, { bits: tableBits, epochs: 4, decay: 1e-5, seed: 1 })
  const sizes = Float32Array.from(
    table.filter((value) => value !== 0),
    Math.abs,
  ).sort()
  const scale = Math.max(1e-6, sizes[Math.floor(sizes.length * 0.999)] ?? 1) / 127
  const weights = Int8Array.from(table, (value) => Math.max(-127, Math.min(127, Math.round(value / scale))))
  return { weights, scale, bias, even: 0 }
}

/** The highest odds of a definition's texts of one part. */
function most(texts: readonly { part: Part; text: string }[], part: Part, reader: OrderReader): number {
  const odds = texts.filter((text) => text.part === part).map(({ text }) => oddsOf(text, part, reader).odds)
  return Math.max(-20, ...odds)
}

const oddsOf = (text: string, part: Part, reader: OrderReader): OrderScore =>
  reader.score(normalise(text).text, part)

type Row = Scored & { odds: number }

/** Odds of honest definitions of servers, and of orders of kinds, that a head did not see. */
function leavePart(material: OrderMaterial, part: Part): Row[] {
  const features = new FeatureReader()
  return Array.from({ length: orderFolds }, (_, out) => {
    const head = fitHead(material, part, out)
    const reader = new OrderReader({ schema: head, description: head }, features)
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
        .map(({ texts, set }) => row(most(texts, part, reader), 0, set)),
      ...material.orders
        .filter(({ fold }) => fold === out)
        .map(({ text, kind }) => row(oddsOf(text, part, reader).odds, 1, kind)),
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
