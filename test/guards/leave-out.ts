/** Scores of rows by models that saw nothing of their origin or attack family, and the scale those scores set. */
import type { GuardModel } from '../../server/src/guards/model/guard-model.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type FitOptions, fitModel, modelOf, scoreRows } from './fit.ts'
import { type Scored, scoresOf, thresholdFor } from './measure.ts'
import { rows as ownRows, planted } from './own.ts'
import { benignExtras, injectionRows, type Read, readRows, toolRows } from './rows.ts'

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
  const own = [...ownRows(), ...planted(injection, 1_500)]
  return {
    rows: readRows([...injection, ...tools, ...benignExtras(data, 150), ...own]),
    judged: injection.length + tools.length,
  }
}

export const optionsOf = (name: ModelName): FitOptions => ({
  seed: 1,
  epochs: 5,
  wholeIs: name === 'tool-output' ? 'documentation' : 'attack',
})
export const rowsOf = ({ rows }: Material, name: ModelName) =>
  rows.filter(({ content }) => content === models[name])

export type LeftOut = { scores: Record<ModelName, readonly Scored[]>; card: Record<string, Figures> }

/** Every figure of the card. A minute or two on one core. */
export function leaveOut(material: Material): LeftOut {
  const scores = Object.fromEntries(
    modelNames.map((name) => {
      const leave = name === 'tool-definition' ? leaveFamilies : leaveOrigins
      return [name, leave(rowsOf(material, name), material.judged, optionsOf(name))]
    }),
  ) as Record<ModelName, Scored[]>
  const card: Record<string, Figures> = {}
  for (const name of modelNames) card[name] = figuresOf(scores[name])
  const injection = ['tool-output', 'tool-input'] as const
  card['injection'] = figuresOf(injection.flatMap((name) => scores[name]))
  // As shipped: the one number that sets each scale was taken from these same rows.
  card['injection, scales aligned'] = figuresOf(
    injection.flatMap((name) => {
      const odds = evenOdds(scores[name])
      return scores[name].map((row) => ({ ...row, score: moved(row.score, odds) }))
    }),
  )
  return { scores, card }
}

const logit = (score: number) => Math.log(Math.max(1e-9, score) / Math.max(1e-9, 1 - score))
const moved = (score: number, odds: number) => 1 / (1 + Math.exp(logit(odds) - logit(score)))

/** The score that at most 1 % of benign rows of unseen origins reach, and at most 2 % of any larger source. */
export function evenOdds(scored: readonly Scored[]): number {
  const benign = scored.filter(({ label }) => label === 0)
  const large = [...Map.groupBy(benign, ({ source }) => source).values()].filter((rows) => rows.length >= 100)
  const limits = large.map((rows) =>
    thresholdFor(
      rows.map(({ score }) => score),
      0.02,
    ),
  )
  return Math.max(thresholdFor(scoresOf(scored, 0), 0.01), ...limits)
}

/** What unseen origins showed sets the product's scale: one number and the sensitivities, no weights. */
export function calibrated(model: GuardModel, scored: readonly Scored[], odds: number): GuardModel {
  const at = (rate: number) => moved(thresholdFor(scoresOf(scored, 0), rate), odds)
  const thresholds = { low: Math.max(0.5, at(0.003)), medium: 0.5, high: Math.min(0.5, at(0.05)) }
  return { ...model, last: { ...model.last, bias: model.last.bias - logit(odds), thresholds } }
}

function leave(
  rows: readonly Read[],
  options: FitOptions,
  split: { out(row: Read): boolean; judge(row: Read): boolean },
): Scored[] {
  const model = modelOf(
    fitModel(
      rows.filter((row) => !split.out(row)),
      options,
    ),
  )
  const test = rows.filter(split.judge)
  const scores = scoreRows(model, test)
  return test.map(({ label, kind, source }, at) => ({
    score: scores[at] ?? 0,
    label,
    kind,
    source: source.split('/')[0] ?? '',
  }))
}

/** Each origin in turn is scored by a model that saw none of it. */
function leaveOrigins(rows: readonly Read[], judged: number, options: FitOptions): Scored[] {
  const origins = [...new Set(rows.filter(({ index }) => index < judged).map(({ group }) => group))]
  return origins.flatMap((origin) =>
    leave(rows, options, {
      out: ({ group, host }) => group === origin || host === origin,
      judge: ({ group, index }) => group === origin && index < judged,
    }),
  )
}

/** Each attack family in turn, together with a quarter of the servers, is scored by a model that saw none of them. */
function leaveFamilies(rows: readonly Read[], judged: number, options: FitOptions): Scored[] {
  const own = rows.filter(({ index }) => index < judged)
  const servers = [...new Set(own.filter(({ label }) => label === 0).map(({ group }) => group))]
  const families = [
    ['hidden-tag-exfil', 'log-all', 'stealth', 'stealth-matched'],
    ['silent-exec', 'shadowing'],
    ['must-first', 'ignore-previous'],
    ['system-tag', 'overt-malicious'],
  ]
  return families.flatMap((family, part) => {
    const held = new Set(servers.filter((_, at) => at % families.length === part))
    const out = (row: Read) => (row.label === 0 ? held.has(row.group) : family.includes(row.kind))
    return leave(rows, options, { out, judge: (row) => row.index < judged && out(row) })
  })
}
