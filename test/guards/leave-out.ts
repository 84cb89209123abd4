/** Scores of rows by models that saw nothing of their origin or attack family, and the models that are shipped. */

import type { GuardModel, Tables } from '../../server/src/guards/model/guard-model.ts'
import { floorOf } from '../../server/src/guards/scan-content.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type FitOptions, fitLast, fitTables, scoreSignals, signalsOf } from './fit.ts'
import { recallAt, type Scored, scoresOf, thresholdFor } from './measure.ts'
import { rows as ownRows, planted } from './own.ts'
import {
  benignExtras,
  injectionRows,
  partCounts,
  partOf,
  queries,
  type Read,
  readRows,
  toolRows,
} from './rows.ts'

export const models = {
  'tool-output': 'tool_output',
  'tool-input': 'tool_input',
  'tool-definition': 'tool_definition',
} as const
export type ModelName = keyof typeof models
export const modelNames = Object.keys(models) as ModelName[]

/** `judged`: rows with a lower index are those figures are about; the others only help to train. */
export type Material = { rows: readonly Read[]; judged: number }

export function readMaterial(data: string): Material {
  const injection = injectionRows(data)
  const tools = toolRows(data)
  const own = [...ownRows(), ...planted(injection, 4_000, queries(data))]
  return {
    rows: readRows([...injection, ...tools, ...benignExtras(data, 150), ...own]),
    judged: injection.length + tools.length,
  }
}

/** Attacks that look like a person's plain request or a tool's plain description. */
const plainKinds =
  /^(?:indirect-subtle|direct|own-(?:deeds|answers|notices|codeDeeds|requests|manners|errands|messages|directs|overt)|overt-malicious|stealth|stealth-matched)$/
const aboutKinds = /^(?:hard-negative|hard-negative-docs|none-hard|none-matched|own-steps|own-honest)$/

const optionsOf = (rows: readonly Read[]): FitOptions => ({
  // Few families of definitions are real ones: the honest twins of own writing keep the scale honest.
  ownShare: rows[0]?.content === 'tool_definition' ? 1 : 0.3,
  seed: 1,
  epochs: 5,
  plain: ({ kind }) => plainKinds.test(kind),
  about: ({ kind }) => aboutKinds.test(kind),
})
export const rowsOf = ({ rows }: Material, name: ModelName) =>
  rows.filter(({ content }) => content === models[name])

export type LeftOut = { scores: Record<ModelName, readonly Scored[]>; card: Record<string, Figures> }

/** Every figure of the card. A minute or two on one core. `orderOf`: what the model of orders says of a definition. */
export function leaveOut(
  material: Material,
  orderOf?: (definition: string, source: string) => number,
): LeftOut {
  const scores = Object.fromEntries(
    modelNames.map((name) => [name, leaveParts(rowsOf(material, name), material.judged)]),
  ) as Record<ModelName, LeftRow[]>
  const card: Record<string, Figures> = {}
  for (const name of modelNames) card[name] = figuresOf(scores[name])
  card['injection'] = figuresOf([...scores['tool-output'], ...scores['tool-input']])
  // As shipped: the two numbers that set the scales were taken from these same rows.
  const odds = alignedOdds(scores)
  if (orderOf !== undefined)
    Object.assign(card, figuresWithOrders(scores['tool-definition'], odds['tool-definition'], orderOf))
  card['injection, scales aligned'] = figuresOf(
    (['tool-output', 'tool-input'] as const).flatMap((name) =>
      scores[name].map((row) => ({ ...row, score: moved(row.score, odds[name]) })),
    ),
  )
  card['own languages, left out'] = figuresOf(leaveLanguages(material, odds['tool-input']))
  return { scores, card }
}

/** With what the model of orders says: as the folds came, and on the scale that is shipped, where Medium is 0.5. */
export function figuresWithOrders(
  rows: readonly LeftRow[],
  odds: number,
  orderOf: (definition: string, source: string) => number,
): Record<string, Figures> {
  const judged = rows.map((row) => ({ ...row, order: orderOf(row.text, row.from) }))
  const figures = (scoreOf: (score: number) => number) =>
    figuresOf(judged.map((row) => ({ ...row, score: Math.max(scoreOf(row.score), row.order) })))
  return {
    'tool-definition, with the model of orders': figures((score) => score),
    'tool-definition, scale aligned, with the model of orders': figures((score) => moved(score, odds)),
  }
}

/**
 * Where even odds stand in each model. Definitions: one false alarm in a hundred. Documents and prompts share a scale: one
 * in a hundred over both and over each kind of either, two in a hundred of a large source, and between them the offset
 * that finds most.
 */
export function alignedOdds(scores: LeftOut['scores']): Record<ModelName, number> {
  const output = scores['tool-output']
  const at = (name: ModelName) => thresholdFor(scoresOf(scores[name], 0), 0.01)
  let best = { recall: -1, odds: [0.5, 0.5] as [number, number] }
  for (let offset = -4; offset <= 4; offset += 0.25) {
    const first: [number, number] = [at('tool-output'), odd(logit(at('tool-input')) + offset)]
    const both = [
      ...output.map((row) => ({ ...row, score: moved(row.score, first[0]) })),
      ...scores['tool-input'].map((row) => ({ ...row, score: moved(row.score, first[1]) })),
    ]
    const recall = recallAt(both, 0.01)
    const shift = logit(thresholdFor(scoresOf(both, 0), 0.01))
    if (recall > best.recall)
      best = { recall, odds: [odd(logit(first[0]) + shift), odd(logit(first[1]) + shift)] }
  }
  return {
    'tool-output': Math.max(best.odds[0], least(output)),
    'tool-input': Math.max(best.odds[1], least(scores['tool-input'])),
    'tool-definition': at('tool-definition'),
  }
}

/** No ordinary kind has more than one false alarm in a hundred there, and no large source more than two. */
function least(rows: readonly Scored[]): number {
  const benign = rows.filter(({ label, kind }) => label === 0 && !kind.startsWith('hard-negative'))
  const large = Map.groupBy(
    rows.filter(({ label }) => label === 0),
    ({ source }) => source,
  )
  return Math.max(
    ...[...Map.groupBy(benign, ({ kind }) => kind).values()].map((part) =>
      thresholdFor(scoresOf(part, 0), 0.01),
    ),
    ...[...large.values()]
      .filter((part) => part.length >= 40)
      .map((part) => thresholdFor(scoresOf(part, 0), 0.02)),
  )
}

const odd = (value: number) => 1 / (1 + Math.exp(-value))
const logit = (score: number) => Math.log(Math.max(1e-9, score) / Math.max(1e-9, 1 - score))
const moved = (score: number, odds: number) => 1 / (1 + Math.exp(logit(odds) - logit(score)))

/** Of fewer rows two in a hundred is less than one row. Small sources of definitions hold twins of attacks, made to be mistaken for them. */
const leastSource: Readonly<Record<ModelName, number>> = {
  'tool-output': 50,
  'tool-input': 50,
  'tool-definition': 100,
}

/** What unseen origins showed sets the scale and the sensitivities; at Medium no larger source has more than 2 % alarms. */
export function calibrated(
  model: GuardModel,
  { name, scored, odds }: { name: ModelName; scored: readonly Scored[]; odds: number },
): GuardModel {
  const benign = scored.filter(({ label }) => label === 0)
  const at = (rows: readonly Scored[], rate: number) => moved(thresholdFor(scoresOf(rows, 0), rate), odds)
  const large = [...Map.groupBy(benign, ({ source }) => source).values()].filter(
    (rows) => rows.length >= leastSource[name],
  )
  const medium = Math.max(0.5, ...large.map((rows) => at(rows, 0.02)))
  const thresholds = {
    low: Math.max(medium, at(benign, 0.003)),
    medium,
    high: Math.min(0.5, at(benign, 0.05)),
  }
  return { ...model, last: { ...model.last, bias: model.last.bias - logit(odds), thresholds } }
}

/** Tables fitted without the parts named, each set of parts once. */
function tablesWithout(rows: readonly Read[]) {
  const known = new Map<string, Tables>()
  return (...parts: number[]) => {
    const key = [...parts].sort().join()
    const fitted =
      known.get(key) ??
      fitTables(
        rows.filter((row) => !parts.includes(partOf(row))),
        optionsOf(rows),
      )
    known.set(key, fitted)
    return fitted
  }
}

/**
 * The last layer on signals of rows whose tables saw neither their part nor `out`. Tables that had seen `out` would make
 * it trust them too much.
 */
function lastWithout(rows: readonly Read[], without: ReturnType<typeof tablesWithout>, out?: number) {
  const count = partCounts[rows[0]?.content ?? 'tool_output']
  const used: Read[] = []
  const signals: number[][] = []
  for (let part = 0; part < count; part++) {
    if (part === out) continue
    const held = rows.filter((row) => partOf(row) === part)
    used.push(...held)
    signals.push(...signalsOf(out === undefined ? without(part) : without(part, out), held))
  }
  return fitLast(used, signals, optionsOf(rows).ownShare)
}

/** The model that is shipped: tables from every row, the last layer from rows left out. */
export function fitModel(rows: readonly Read[]): GuardModel {
  return { tables: fitTables(rows, optionsOf(rows)), last: lastWithout(rows, tablesWithout(rows)) }
}

/**
 * Own attacks and plain sentences of every language by a model that had no sentence of it, on the shipped scale. Words of
 * these languages stand in the classes and the rules all the same.
 */
function leaveLanguages(material: Material, odds: number): Scored[] {
  const isLanguage = ({ group }: Read) => group.startsWith('language-')
  const rows = rowsOf(material, 'tool-input').filter(
    (row) => row.kind !== 'own-multilingual' || isLanguage(row),
  )
  const names = [...new Set(rows.filter(isLanguage).map(({ group }) => group))]
  return [0, 1, 2].flatMap((part) => {
    const out = new Set(names.filter((_, at) => at % 3 === part))
    const { tables, last } = fitModel(rows.filter(({ group }) => !out.has(group)))
    const test = rows.filter(({ group }) => out.has(group))
    const scores = scoreSignals(last, signalsOf(tables, test))
    return test.map(({ label, group }, at) => ({
      score: moved(scores[at] ?? 0, odds),
      label,
      kind: label === 1 ? 'attack' : 'plain',
      source: group,
    }))
  })
}

/** Each part in turn is scored by a model that saw nothing of its origins or families. */
type LeftRow = Scored & { text: string; from: string }

function leaveParts(rows: readonly Read[], judged: number): LeftRow[] {
  const without = tablesWithout(rows)
  const count = partCounts[rows[0]?.content ?? 'tool_output']
  return Array.from({ length: count }, (_, part) => {
    const test = rows.filter((row) => row.index < judged && partOf(row) === part)
    const scores = scoreSignals(lastWithout(rows, without, part), signalsOf(without(part), test))
    return test.map(({ text, label, kind, source, content, judged: rules }, at) => ({
      text,
      from: source,
      // As in a scan: what no model may outvote.
      score: Math.max(scores[at] ?? 0, floorOf(content, rules)),
      label,
      kind,
      source: source.split('/')[0] ?? '',
    }))
  }).flat()
}
