/** Fits one guard model on read rows, and scores rows with what was fitted. */
import {
  type GuardModel,
  type LastLayer,
  ModelReader,
  probability,
} from '../../server/src/guards/model/guard-model.ts'
import { tableBits } from '../../server/src/guards/model/read-features.ts'
import { type DenseWeights, type Example, learnDense, learnLinear, scoreOf, type Weights } from './learn.ts'
import { thresholdFor } from './measure.ts'
import type { Read } from './rows.ts'

export type Fitted = {
  piece: Weights
  whole: Weights
  last: DenseWeights
  shift: number
  benign: readonly number[]
}
export type FitOptions = { seed: number; wholeIs: 'attack' | 'documentation'; epochs: number }

/** What a row of the project's own writing counts in the last layer. */
const ownShare = 0.3
/** Which way each signal may count; 0 is free. More pieces are more chances for a high one, never evidence. */
const signs = (wholeIs: FitOptions['wholeIs']) => [
  1,
  1,
  0,
  0,
  wholeIs === 'attack' ? 1 : -1,
  -1,
  -1,
  1,
  1,
  1,
  1,
]

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
    if (judge === undefined)
      return own.map(({ features }) => ({ features, label: 1 as const, weight: each / own.length }))
    const ranked = own
      .map(({ features }) => ({ features, score: scoreOf(judge, features) }))
      .sort((one, other) => other.score - one.score)
    const kept = ranked.filter(({ score }, at) => at === 0 || score > 0).slice(0, 6)
    return kept.map(({ features }) => ({ features, label: 1 as const, weight: each / kept.length }))
  })
}

function fitTables(
  rows: readonly Read[],
  { seed, wholeIs, epochs }: FitOptions,
): Pick<Fitted, 'piece' | 'whole'> {
  const weight = weigh(rows)
  const shape = { bits: tableBits, decay: 1e-4, seed }
  const first = learnLinear(pieceExamples(rows, weight), { ...shape, epochs: 2 })
  const piece = learnLinear(pieceExamples(rows, weight, first), { ...shape, epochs })
  const wholeRows = rows.filter(({ whole }) => whole.length > 0)
  const labelOf = ({ label, kind }: Read): 0 | 1 =>
    wholeIs === 'attack' ? label : kind === 'hard-negative-docs' ? 1 : 0
  const whole = learnLinear(
    wholeRows.map((row) => ({ features: row.whole, label: labelOf(row), weight: weight(row) })),
    { ...shape, epochs },
  )
  return { piece, whole }
}

const tablesOf = ({ piece, whole }: Pick<Fitted, 'piece' | 'whole'>) => {
  const [pieceTable, pieceScale] = quantise(piece.table)
  const [wholeTable, wholeScale] = quantise(whole.table)
  return {
    piece: pieceTable,
    pieceScale,
    pieceBias: piece.bias,
    whole: wholeTable,
    wholeScale,
    wholeBias: whole.bias,
  }
}

function quantise(table: Float32Array): [Int8Array, number] {
  // A few extreme weights are cut, so that the many small ones keep their digits.
  const sizes = Float32Array.from(table, Math.abs).sort()
  const largest = Math.max(1e-6, sizes[Math.floor(sizes.length * 0.9995)] ?? 1)
  const scale = largest / 127
  return [Int8Array.from(table, (value) => Math.max(-127, Math.min(127, Math.round(value / scale)))), scale]
}

function signalsOf(tables: ReturnType<typeof tablesOf>, rows: readonly Read[]): number[][] {
  const reader = new ModelReader(tables)
  return rows.map((row) => {
    reader.start()
    for (const text of row.judged.texts) reader.read(text)
    return reader.signals(row.judged.rules)
  })
}

/** Groups dealt into `count` parts of like size, attacks and benign rows apart. */
function dealGroups(rows: readonly Read[], count: number): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { group } of rows) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const load = new Array<number>(count).fill(0)
  const parts = new Map<string, number>()
  for (const [group, size] of [...sizes].sort((one, other) => other[1] - one[1])) {
    if (/^own-\d$/.test(group)) {
      parts.set(group, Number(group.slice(4)) % count)
      continue
    }
    const part = load.indexOf(Math.min(...load))
    parts.set(group, part)
    load[part] = (load[part] ?? 0) + size
  }
  return parts
}

/** Fits tables, then the last layer on scores of rows whose group the tables had not seen. */
export function fitModel(rows: readonly Read[], options: FitOptions): Fitted {
  const parts = dealGroups(rows, 3)
  const values: number[][] = new Array(rows.length)
  for (let part = 0; part < 3; part++) {
    const held = rows.map((row, at) => ({ row, at })).filter(({ row }) => parts.get(row.group) === part)
    const tables = tablesOf(
      fitTables(
        rows.filter(({ group }) => parts.get(group) !== part),
        options,
      ),
    )
    const signals = signalsOf(
      tables,
      held.map(({ row }) => row),
    )
    for (const [index, { at }] of held.entries()) values[at] = signals[index] ?? []
  }
  const weight = weigh(rows)
  const dense = rows.map((row, at) => ({
    values: values[at] ?? [],
    label: row.label,
    weight: weight(row) * (row.group.startsWith('own-') ? ownShare : 1),
  }))
  const last = learnDense(dense, 1e-3, signs(options.wholeIs))
  const logits = dense.map((row) => logitOf(last, row.values))
  return {
    ...fitTables(rows, options),
    last,
    shift: evenOdds(rows, logits),
    benign: logits.filter((_, at) => rows[at]?.label === 0),
  }
}

/** Where even odds stand: at most 1 % of all benign rows above, and of no larger benign origin more than 2 %. */
function evenOdds(rows: readonly Read[], logits: readonly number[]): number {
  const byGroup = new Map<string, number[]>()
  for (const [at, { label, group }] of rows.entries())
    if (label === 0) byGroup.set(group, [...(byGroup.get(group) ?? []), logits[at] ?? 0])
  const large = [...byGroup.values()].filter((scores) => scores.length >= 150)
  return Math.max(
    thresholdFor([...byGroup.values()].flat(), 0.01),
    ...large.map((scores) => thresholdFor(scores, 0.02)),
  )
}

const logitOf = (last: DenseWeights, values: readonly number[]) =>
  last.bias +
  values.reduce(
    (sum, value, at) =>
      sum + ((value - (last.mean[at] ?? 0)) / (last.spread[at] ?? 1)) * (last.weights[at] ?? 0),
    0,
  )

/** The model as the product uses it: even odds stand at one false alarm in a hundred benign training rows. */
export function modelOf({ last, shift, benign, ...tables }: Fitted): GuardModel {
  const atRate = (rate: number) => round(1 / (1 + Math.exp(shift - thresholdFor(benign, rate))))
  const thresholds = { low: Math.max(0.5, atRate(0.003)), medium: 0.5, high: Math.min(0.5, atRate(0.05)) }
  return {
    tables: tablesOf(tables),
    last: { ...last, bias: last.bias - shift, thresholds } satisfies LastLayer,
  }
}

const round = (value: number) => Math.round(value * 1e4) / 1e4

export function scoreRows(model: GuardModel, rows: readonly Read[]): number[] {
  return signalsOf(model.tables, rows).map((signals) => probability(model.last, signals))
}
