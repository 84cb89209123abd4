/**
 * Trains the guard models: node tools/on-node.mjs test/guards/train.ts --data DIR [--only-figures]
 * Every figure of the card comes from rows whose origin (or attack family) the scoring model had not seen.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packModel } from '../../server/src/guards/model/guard-model.ts'
import { compareCards, describe, type Figures, figuresOf } from './figures.ts'
import { type FitOptions, fit, modelOf, scoreRows } from './fit.ts'
import type { Scored } from './measure.ts'
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
  for (const name of Object.keys(models) as ModelName[]) {
    const rows = all.filter(({ content }) => content === models[name])
    const options: FitOptions = {
      seed: 1,
      epochs: 5,
      wholeIs: name === 'tool-output' ? 'documentation' : 'attack',
    }
    const scored =
      name === 'tool-definition' ? leaveFamilies(rows, judged, options) : leaveOrigins(rows, judged, options)
    if (name !== 'tool-definition') pooled.push(...scored)
    card[name] = figuresOf(scored)
    if (!values['only-figures'])
      writeFileSync(join(folder, `${name}.bin`), packModel(modelOf(fit(rows, options))))
  }
  card['injection'] = figuresOf(pooled)
  for (const [name, figures] of Object.entries(card)) console.log(describe(name, figures))
  console.log(`${Math.round((performance.now() - started) / 1000)} s`)
  const file = join(folder, 'card.json')
  if (!values['only-figures']) writeFileSync(file, `${JSON.stringify(card, null, 1)}\n`)
  else if (existsSync(file))
    console.log(compareCards(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Figures>, card))
}

function leave(
  rows: readonly Read[],
  options: FitOptions,
  split: { out(row: Read): boolean; judge(row: Read): boolean },
): Scored[] {
  const model = modelOf(
    fit(
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
