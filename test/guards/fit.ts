/** Fits one guard model on read rows, and scores rows with what was fitted. */
import {
  type GuardModel,
  heads,
  ModelReader,
  probability,
  type Tables,
  tableSize,
} from '../../server/src/guards/model/guard-model.ts'
import { tableBits, wordFeatures } from '../../server/src/guards/model/read-features.ts'
import { type DenseWeights, type Example, learnDense, learnLinear, scoreOf, type Weights } from './learn.ts'
import { thresholdFor } from './measure.ts'
import type { Read } from './rows.ts'

/** `plain`: attacks without trigger words; `about`: texts that talk about attacks or instruct agents, honestly. */
/** `ownShare`: what a row of the project's own writing counts in the last layer. */
export type FitOptions = {
  ownShare: number
  seed: number
  epochs: number
  plain(row: Read): boolean
  about(row: Read): boolean
}

/** Which way each signal may count; 0 is free. More pieces are more chances for a high one, never evidence. */
const signs = [1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, -1, -1, 1, 1, 1]

/** Own texts of ordinary people: left out by template, they show how far unseen ordinary texts of other origins may score. */
const ordinary = /^own-(?:setups|questions|prompts|scenes|notes|notices|steps|plain)$/

const isOwn = ({ kind }: Read) => kind.startsWith('own-') || kind.startsWith('extra-')

/** Large sources count less per row, so that no source decides alone. */
function weigh(rows: readonly Read[]): (row: Read) => number {
  const counts = new Map<string, number>()
  const key = ({ source, kind }: Read) => `${source.split('/')[0]} ${kind}`
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1)
  return (row) => 1 / Math.sqrt(counts.get(key(row)) ?? 1)
}

/** Pieces of attacks that no benign text has are taken for the attack; then only those the first fit agrees with. */
function pieceExamples(rows: readonly Read[], weight: (row: Read) => number, judge?: Weights): Example[] {
  const benign = new Set(
    rows.filter(({ label }) => label === 0).flatMap(({ pieces }) => pieces.map(({ key }) => key)),
  )
  return rows.flatMap((row): Example[] => {
    const each = weight(row)
    if (row.label === 0)
      return row.pieces.map(({ features }) => ({
        features,
        label: 0 as const,
        weight: each / Math.sqrt(row.pieces.length),
      }))
    const own = row.pieces.filter(({ key }) => !benign.has(key))
    if (judge === undefined || isOwn(row))
      return own.map(({ features }) => ({ features, label: 1 as const, weight: each / own.length }))
    const ranked = own
      .map(({ features }) => ({ features, score: scoreOf(judge, features) }))
      .sort((one, other) => other.score - one.score)
    const kept = ranked.filter(({ score }, at) => at === 0 || score > 0).slice(0, 6)
    return kept.map(({ features }) => ({ features, label: 1 as const, weight: each / kept.length }))
  })
}

/** The four heads of a model. */
export function fitTables(rows: readonly Read[], { seed, epochs, plain, about }: FitOptions): Tables {
  const weight = weigh(rows)
  const shape = { bits: tableBits, decay: 1e-4, seed }
  const first = learnLinear(pieceExamples(rows, weight), { ...shape, epochs: 2 })
  const piece = learnLinear(pieceExamples(rows, weight, first), { ...shape, epochs })
  const ofPlain = rows.filter((row) => row.label === 0 || plain(row))
  // What definitions say plainly is told by how it is said: there are too few families to trust their nouns.
  const below = rows[0]?.content === 'tool_definition' ? wordFeatures : 1 << tableBits
  const second = learnLinear(pieceExamples(ofPlain, weight, first), { ...shape, epochs, below })
  const wholeRows = rows.filter(({ whole }) => whole.length > 0)
  const whole = (labelOf: (row: Read) => 0 | 1) =>
    learnLinear(
      wholeRows.map((row) => ({ features: row.whole, label: labelOf(row), weight: weight(row) })),
      { ...shape, epochs },
    )
  return pack([piece, second, whole(({ label }) => label), whole((row) => (about(row) ? 1 : 0))])
}

function pack(fitted: readonly Weights[]): Tables {
  const weights = new Int8Array(heads * tableSize)
  const scales = fitted.map(({ table }, head) => {
    // A few extreme weights are cut, so that the many small ones keep their digits.
    const sizes = Float32Array.from(
      table.filter((value) => value !== 0),
      Math.abs,
    ).sort()
    const scale = Math.max(1e-6, sizes[Math.floor(sizes.length * 0.999)] ?? 1) / 127
    for (let at = 0; at < tableSize; at++)
      weights[at * heads + head] = Math.max(-127, Math.min(127, Math.round((table[at] as number) / scale)))
    return scale
  })
  return { weights, scales, biases: fitted.map(({ bias }) => bias) }
}

export function signalsOf(tables: Tables, rows: readonly Read[]): number[][] {
  const reader = new ModelReader(tables)
  return rows.map((row) => {
    reader.start()
    for (const text of row.judged.texts) reader.read(text)
    return [...reader.signals(row.judged.rules)]
  })
}

/** The last layer, on signals of rows that the tables had not seen; even odds stand at one false alarm in a hundred. */
export function fitLast(rows: readonly Read[], signals: readonly (readonly number[])[], ownShare: number) {
  const weight = weigh(rows)
  const dense = rows.map((row, at) => ({
    values: signals[at] ?? [],
    label: row.label,
    weight: weight(row) * (isOwn(row) ? ownShare : 1),
  }))
  const last = learnDense(dense, 1e-3, signs)
  return shifted(
    last,
    rows,
    dense.map(({ values }) => logitOf(last, values)),
  )
}

function shifted(last: DenseWeights, rows: readonly Read[], logits: readonly number[]): GuardModel['last'] {
  const real = rows
    .map((row, at) => ({ row, logit: logits[at] ?? 0 }))
    .filter(({ row }) => row.label === 0 && (!isOwn(row) || ordinary.test(row.kind)))
  const bySource = Map.groupBy(real, ({ row }) => row.source)
  const of = (scores: readonly { logit: number }[]) => scores.map(({ logit }) => logit)
  const shift = Math.max(
    thresholdFor(of(real), 0.01),
    ...[...bySource.values()]
      .filter((scores) => scores.length >= 100)
      .map((scores) => thresholdFor(of(scores), 0.02)),
  )
  const atRate = (rate: number) => round(1 / (1 + Math.exp(shift - thresholdFor(of(real), rate))))
  const thresholds = { low: Math.max(0.5, atRate(0.003)), medium: 0.5, high: Math.min(0.5, atRate(0.05)) }
  return { ...last, bias: last.bias - shift, thresholds }
}

const logitOf = (last: DenseWeights, values: readonly number[]) =>
  last.bias +
  values.reduce(
    (sum, value, at) =>
      sum + ((value - (last.mean[at] ?? 0)) / (last.spread[at] ?? 1)) * (last.weights[at] ?? 0),
    0,
  )

const round = (value: number) => Math.round(value * 1e4) / 1e4

export const scoreSignals = (last: GuardModel['last'], signals: readonly (readonly number[])[]) =>
  signals.map((each) => probability(last, each))
