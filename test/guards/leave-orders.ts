/** The model of orders in definitions: kinds of orders, writers and servers left out together, and the one that is shipped. */
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import { findOrder } from '../../server/src/guards/find-orders.ts'
import { type OrderModel, OrderReader } from '../../server/src/guards/model/order-model.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'
import { type Figures, figuresOf, shareOf } from './figures.ts'
import { fitHead, highestOdds, oddsOfPieces } from './fit-orders.ts'
import { type Scored, thresholdFor } from './measure.ts'
import { foldOf, orderFolds, type Part } from './order-pieces.ts'
import type { OrderMaterial } from './order-texts.ts'

/** The share of honest definitions of unseen servers with a text that reaches even odds. */
const alarms: Readonly<Record<Part, number>> = { schema: 0.005, description: 0.002 }

/** `drawn` from grammars or `written` by hand; `public` are honest definitions of the data. */
type Row = Scored & { odds: number; origin: 'drawn' | 'written' | 'public' }

/** Odds of honest definitions of servers, and of orders of kinds and writers, that a head did not see. */
function leavePart(material: OrderMaterial, part: Part): Row[] {
  return Array.from({ length: orderFolds }, (_, out) => {
    const head = fitHead(material, part, out)
    const row = (odds: number, label: 0 | 1, rest: Pick<Row, 'kind' | 'source' | 'origin'>): Row => ({
      odds,
      score: 0,
      label,
      ...rest,
    })
    return [
      ...material.honest
        .filter(({ fold }) => fold === out)
        .map(({ texts, set }) =>
          row(highestOdds(texts, part, head), 0, { kind: set, source: set, origin: 'public' }),
        ),
      ...material.orders
        .filter(({ fold }) => fold === out)
        .map(({ alone, kind }) =>
          row(oddsOfPieces(alone, head), 1, { kind, source: 'own-orders', origin: 'drawn' }),
        ),
      ...material.written
        .filter((text) => text.fold === out && text.part === part && !text.isMoved)
        .map(({ label, pieces, writer }) =>
          row(oddsOfPieces(pieces, head), label, {
            kind: label === 1 ? 'orders' : 'hard notes',
            source: `writer ${writer}`,
            origin: 'written',
          }),
        ),
    ]
  }).flat()
}

const evenOf = (rows: readonly Row[], part: Part) =>
  thresholdFor(
    rows.filter(({ origin }) => origin === 'public').map(({ odds }) => odds),
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
  const scored = (part: Part) =>
    rows[part].map((row) => ({ ...row, score: 1 / (1 + Math.exp(even[part] - row.odds)) }))
  const drawn = (part: Part) => figuresOf(scored(part).filter(({ origin }) => origin !== 'written'))
  // Alarms are counted over honest definitions as people publish them; notes that were written to be hard stand apart.
  const written = (part: Part) => {
    const [notes, others] = [
      scored(part).filter(({ origin, label }) => origin === 'written' && label === 0),
      scored(part).filter(({ origin, label }) => (origin === 'written' ? label === 1 : origin === 'public')),
    ]
    const figures = figuresOf(others)
    const hard = shareOf(notes, figures.threshold_at_1_percent)
    return { ...figures, kinds: { ...figures.kinds, 'hard notes': hard } }
  }
  return {
    even,
    card: {
      'orders in schema texts, kinds left out': drawn('schema'),
      'orders as descriptions, kinds left out': drawn('description'),
      'orders in schema texts, writers left out': written('schema'),
      'orders as descriptions, writers left out': written('description'),
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
