/** A head of the model of orders from the material of all folds but one. */
import { orderBits } from '../../server/src/guards/model/order-features.ts'
import { type OrderHead, oddsOf, oddsOfText } from '../../server/src/guards/model/order-model.ts'
import { type Example, learnLinear, scoreOf, type Weights } from './learn.ts'
import type { Part } from './order-pieces.ts'
import type { OrderMaterial } from './order-texts.ts'
import type { Piece } from './rows.ts'

/**
 * What a piece counts: what is written by hand is rare and each says something of its own; drawn orders are as many as
 * honest texts; attacks of other places only help a little; the project's own honest sentences are written to be mistaken.
 */
const weights = {
  written: 50,
  writtenNote: 4,
  sentence: 10,
  injected: 0.05,
  scarce: 2,
  ordinary: 1,
} as const
/** Decay keeps what few pieces say small. */
const settings = { bits: orderBits, epochs: 6, decay: 1e-3, seed: 1 }

/** Examples so far: a piece counts as honest when any honest text has it. */
class Examples {
  readonly list: Example[] = []
  readonly #honest = new Set<number>()
  readonly #seen = new Set<number>()

  honest(pieces: readonly Piece[], weight: number): void {
    for (const { key, features } of pieces) {
      this.#honest.add(key)
      const same = features.reduce((hash, feature) => Math.imul(hash ^ feature, 0x01000193), 7)
      if (this.#seen.has(same)) continue
      this.#seen.add(same)
      this.list.push({ features, label: 0, weight })
    }
  }

  orders(pieces: readonly Piece[], weight: number): void {
    for (const { key, features } of pieces)
      if (!this.#honest.has(key)) this.list.push({ features, label: 1, weight })
  }
}

/** Without the fold `out`, on a scale of its own: even odds are not set. */
export function fitHead(material: OrderMaterial, part: Part, out?: number): OrderHead {
  const examples = new Examples()
  takeHonest(examples, material, part, out)
  const written = material.written.filter((text) => text.part === part && text.fold !== out)
  for (const { label, pieces, thin } of written)
    if (label === 0) examples.honest([...pieces, ...thin], weights.writtenNote)
  for (const { fold, pieces } of material.orders) if (fold !== out) examples.orders(pieces, weights.ordinary)
  examples.orders(material.injected, weights.injected)
  const orders = written
    .filter(({ label }) => label === 1)
    .flatMap(({ pieces, thin }) => (thin.length === 0 ? [pieces] : [pieces, thin]))
  for (const pieces of orders) if (pieces.length === 1) examples.orders(pieces, weights.written)
  // Of a text of several pieces it is not known which is the order: a first look says it.
  const first = learnLinear(examples.list, { ...settings, epochs: 2 })
  for (const pieces of orders) if (pieces.length > 1) examples.orders(highest(pieces, first), weights.written)
  return quantised(learnLinear(examples.list, settings))
}

function takeHonest(examples: Examples, material: OrderMaterial, part: Part, out?: number): void {
  for (const { fold, texts, thin } of material.honest)
    if (fold !== out)
      for (const text of [...texts, ...thin])
        if (text.part === part) examples.honest(text.pieces, weights.ordinary)
  examples.honest(material.sentences, weights.sentence)
  examples.honest(part === 'schema' ? material.notes : material.descriptions, weights.ordinary)
  if (part === 'schema') examples.honest(material.scarce, weights.scarce)
  for (const { fold, pieces } of material.open) if (fold !== out) examples.honest(pieces, weights.ordinary)
}

function highest(pieces: readonly Piece[], by: Weights): Piece[] {
  const best = Math.max(...pieces.map(({ features }) => scoreOf(by, features)))
  return pieces.filter(({ features }) => scoreOf(by, features) === best).slice(0, 1)
}

function quantised({ table, bias }: Weights): OrderHead {
  const sizes = Float32Array.from(
    table.filter((value) => value !== 0),
    Math.abs,
  ).sort()
  const scale = Math.max(1e-6, sizes[Math.floor(sizes.length * 0.999)] ?? 1) / 127
  const bytes = Int8Array.from(table, (value) => Math.max(-127, Math.min(127, Math.round(value / scale))))
  return { weights: bytes, scale, bias, even: 0 }
}

export const oddsOfPieces = (pieces: readonly Piece[], head: OrderHead) =>
  oddsOfText(
    head,
    pieces.reduce((most, { features }) => Math.max(most, oddsOf(head, features, features.length)), -20),
    pieces.length,
  )

/** The highest odds of a definition's texts of one part. */
export const highestOdds = (
  texts: readonly { part: Part; pieces: readonly Piece[] }[],
  part: Part,
  head: OrderHead,
) =>
  texts
    .filter((text) => text.part === part)
    .reduce((most, { pieces }) => Math.max(most, oddsOfPieces(pieces, head)), -20)
