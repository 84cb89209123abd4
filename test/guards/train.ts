/**
 * Trains the guard models: node tools/on-node.mjs test/guards/train.ts --data DIR [--only-figures]
 * Every figure of the card comes from rows whose origin (or attack family) the scoring model had not seen.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type GuardModel, packModel } from '../../server/src/guards/model/guard-model.ts'
import { compareCards, describe, type Figures, figuresOf } from './figures.ts'
import { type FitOptions, fitModel, modelOf, scoreRows } from './fit.ts'
import { type Scored, scoresOf, thresholdFor } from './measure.ts'
import { rows as ownRows, planted } from './own.ts'
import { benignExtras, injectionRows, type Read, readRows, toolRows } from './rows.ts'

const folder = join(import.meta.dirname, '../../server/src/guards/model')
const models = {
  'tool-output': 'tool_output',
  'tool-input': 'tool_input',
  'tool-definition': 'tool_definition',
} as const
type ModelName = keyof typeof models

const { values } = parseArgs({
  options: { data: { type: 'string' }, 'only-figures': { type: 'boolean', default: false } },
})
const data = values.data ?? '../shared/data'

if (existsSync(join(data, 'injection/dev/injection.jsonl'))) train()
else {
  console.error(
    `SKIPPED: no training data under ${data}; give the folder with --data DIR. Nothing was changed.`,
  )
}

function train(): void {
  const started = performance.now()
  const injection = injectionRows(data)
  const tools = toolRows(data)
  const judged = injection.length + tools.length
  const all = readRows([
    ...injection,
    ...tools,
    ...benignExtras(data, 150),
    ...ownRows(),
    ...planted(injection, 1_500),
  ])
  const card: Record<string, Figures> = {}
  const pooled: Scored[] = []
  const aligned: Scored[] = []
  for (const name of Object.keys(models) as ModelName[]) {
    const rows = all.filter(({ content }) => content === models[name])
    const options: FitOptions = {
      seed: 1,
      epochs: 5,
      wholeIs: name === 'tool-output' ? 'documentation' : 'attack',
    }
    const scored =
      name === 'tool-definition' ? leaveFamilies(rows, judged, options) : leaveOrigins(rows, judged, options)
    card[name] = figuresOf(scored)
    const odds = evenOdds(scored)
    if (name !== 'tool-definition') {
      pooled.push(...scored)
      aligned.push(...scored.map((row) => ({ ...row, score: moved(row.score, odds) })))
    }
    if (!values['only-figures'])
      writeFileSync(
        join(folder, `${name}.bin`),
        packModel(calibrated(modelOf(fitModel(rows, options)), scored, odds)),
      )
  }
  card['injection'] = figuresOf(pooled)
  // As shipped: the one number that sets each scale was taken from these same rows.
  card['injection, scales aligned'] = figuresOf(aligned)
  for (const [name, figures] of Object.entries(card)) console.log(describe(name, figures))
  console.log(`${Math.round((performance.now() - started) / 1000)} s`)
  const file = join(folder, 'card.json')
  if (!values['only-figures']) writeFileSync(file, `${JSON.stringify(card, null, 1)}\n`)
  else if (existsSync(file))
    console.log(compareCards(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Figures>, card))
}

const logit = (score: number) => Math.log(Math.max(1e-9, score) / Math.max(1e-9, 1 - score))
const moved = (score: number, odds: number) => 1 / (1 + Math.exp(logit(odds) - logit(score)))

/** The score that at most 1 % of benign rows of unseen origins reach, and at most 2 % of any larger source. */
function evenOdds(scored: readonly Scored[]): number {
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
function calibrated(model: GuardModel, scored: readonly Scored[], odds: number): GuardModel {
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
