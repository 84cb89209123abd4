import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import type { PinnedTool } from '../../server/src/kernel/tool.ts'
import { confidenceCount, confidenceInputs } from '../../server/src/tools/search-confidence.ts'
import { type Candidates, featureCount, gatherCandidates } from '../../server/src/tools/search-features.ts'
import { SearchIndex } from '../../server/src/tools/search-index.ts'
import { readQuery } from '../../server/src/tools/search-query.ts'
import {
  type Fit,
  plant,
  type Ranker,
  type RankerFile,
  readFit,
  runFit,
  runTrees,
  type Trees,
} from '../../server/src/tools/search-ranker.ts'
import { scoreWords } from '../../server/src/tools/search-scores.ts'
import { Sight } from '../../server/src/tools/search-sight.ts'
import { readSynonyms } from '../../server/src/tools/search-synonyms.ts'
import { hashWord, readWordVectors, type WordVectors } from '../../server/src/tools/word-vectors.ts'
import { type Case, learnFit } from './learn-fit.ts'
import { type Loss, learnTrees } from './learn-trees.ts'
import { foldOf, folds, type RetrievalSet, readSets } from './retrieval-sets.ts'

/**
 * Makes server/src/tools/search-ranker.json. What it learns from was seen through word vectors that never saw the
 * query: `--vectors` names one file for each fold of train-vectors.ts, %F standing for the fold. With `--folds-out` and
 * `--sets-out` it also makes one for each fold or set that never learned from it, for evaluate.ts. Seeded; minutes.
 */
const sureLesson = { trees: 150, leaves: 8, rate: 0.06, fewest: 40, ridge: 5, share: 0.5 }
/** Share of answerable requests that may be told that nothing fits, as the mean over the sets. */
const falseAlarms = 0.01
/**
 * Taken off the floor again: requests of catalogs unlike these fall under it more often. With metatool left out, half of
 * this brings false alarms to 11 in a hundred, all of it to 5; with the two MCP sets left out there is about one.
 */
const margin = 0.5

/** Nothing is ranked while features are looked at. */
const noTrees = { roots: [], features: [], borders: [], lefts: [], rights: [], leaves: [] }
const noNet = { into: [], offsets: [], out: [], straight: [], offset: 0 }
const noRanker: Ranker = {
  fit: { net: noNet, trees: plant(noTrees, 0) },
  confidence: plant(noTrees, 0),
  floor: 0,
}

/** Which tools of a set somebody sees: all, all but the right ones, or a few with or without the right ones. */
type Seen = 'all' | 'gone' | 'few' | 'few-gone'

function casesOf(set: RetrievalSet, indexes: readonly SearchIndex[], seen: Seen): Case[] {
  // Large sets count for more, but not by as much as they are larger.
  const weight = 20 / Math.sqrt(set.queries.length)
  const isFew = seen === 'few' || seen === 'few-gone'
  const isGone = seen === 'gone' || seen === 'few-gone'
  return set.queries.flatMap((query) => {
    const draw = hashWord(`few${query.query_id}`)
    if (isFew && draw % 3 > 0) return []
    const fold = foldOf(query)
    const index = indexes[fold]
    if (index === undefined) throw new Error('a file of vectors is missing')
    const relevant = new Set(query.relevant)
    // From about two to two hundred tools.
    const share = (2 * 100 ** ((draw % 1_000) / 1_000)) / set.tools.length
    const isThere = (name: string) => !isFew || (hashWord(`${name} ${draw}`) % 100_000) / 100_000 < share
    const visible = ({ publicName }: PinnedTool) => (relevant.has(publicName) ? !isGone : isThere(publicName))
    const sight = new Sight(index).look(visible).unfold()
    const candidates = gatherCandidates(index, sight, scoreWords(index, sight, readQuery(query.query)))
    const labels = Uint8Array.from(candidates.documents, (document) =>
      relevant.has(index.tool(document)?.publicName ?? '') ? 1 : 0,
    )
    return [{ set: set.name, fold, query, candidates, labels, weight }]
  })
}

function rank(fit: Fit, { documents, features }: Candidates): { scores: Float32Array; order: number[] } {
  const scores = Float32Array.from(documents, (_, row) => runFit(fit, features, row * featureCount))
  return { scores, order: documents.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]!) }
}

type Sure = { set: string; fold: number; isThere: boolean; isFew: boolean; inputs: Float32Array }

function learnSure(rows: readonly Sure[]): Trees {
  const counts = Map.groupBy(rows, (row) => row.set)
  const inputs = new Float32Array(rows.length * confidenceCount)
  for (const [at, row] of rows.entries()) inputs.set(row.inputs, at * confidenceCount)
  const weights = rows.map(({ set }) => 10 / Math.sqrt(counts.get(set)?.length ?? 1))
  const loss: Loss = (outputs, slopes, curvatures) => {
    for (const [at, { isThere }] of rows.entries()) {
      const likely = 1 / (1 + Math.exp(-outputs[at]!))
      slopes[at] = weights[at]! * (likely - (isThere ? 1 : 0))
      curvatures[at] = weights[at]! * likely * (1 - likely)
    }
  }
  return learnTrees({ inputs, count: confidenceCount }, loss, sureLesson)
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

type Judged = Sure & { sure: number }

/** The floor under which the given share of answerable requests falls, as the mean over the sets. */
function floorFor(judged: readonly Judged[]): number {
  const answerable = judged.filter(({ isThere, isFew }) => isThere && !isFew)
  const there = [...Map.groupBy(answerable, ({ set }) => set).values()]
  const steps = answerable.map(({ sure }) => sure).sort((a, b) => a - b)
  let floor = steps[0] ?? 0
  for (const step of steps.slice(0, Math.ceil(steps.length / 5))) {
    if (mean(there.map((of) => mean(of.map(({ sure }) => (sure < step ? 1 : 0))))) > falseAlarms) break
    floor = step
  }
  return Number((floor - margin).toPrecision(4))
}

type Cases = Record<Seen, Case[]>

function collectCases(vectors: readonly WordVectors[], sets: readonly RetrievalSet[]): Cases {
  const synonyms = readSynonyms()
  const cases: Cases = { all: [], gone: [], few: [], 'few-gone': [] }
  for (const set of sets) {
    const indexes = vectors.map((each) => {
      const index = new SearchIndex({ vectors: each, synonyms, ranker: noRanker })
      for (const [server, tools] of Map.groupBy(set.tools, (tool) => tool.serverId as string))
        index.put(server as ServerId, { name: server, slug: '', description: '' }, tools)
      return index
    })
    for (const seen of ['all', 'gone', 'few', 'few-gone'] as const)
      cases[seen].push(...casesOf(set, indexes, seen))
    console.error(`${set.name} looked at`)
  }
  return cases
}

/** What the confidence learns from: every case as a ranker saw it that never learned from its fold. */
function sureRows(cases: Cases, fits: readonly RankerFile['fit'][]): Sure[] {
  const rows: Sure[] = []
  for (const [fold, fit] of fits.entries()) {
    const ready = readFit(fit)
    for (const [seen, of] of Object.entries(cases))
      for (const each of of) {
        if (each.fold !== fold || each.candidates.documents.length === 0) continue
        const inputs = confidenceInputs(each.candidates, rank(ready, each.candidates))
        const isThere = seen === 'all' || seen === 'few'
        rows.push({ set: each.set, fold, isThere, isFew: seen.startsWith('few'), inputs })
      }
  }
  return rows
}

/** Each row as a confidence saw it that never learned from its fold. */
function judge(rows: readonly Sure[]): Judged[] {
  return Array.from({ length: folds }, (_, fold) => {
    const forest = plant(learnSure(rows.filter((row) => row.fold !== fold)), confidenceCount)
    return rows
      .filter((row) => row.fold === fold)
      .map((row) => ({ ...row, sure: runTrees(forest, row.inputs, 0) }))
  }).flat()
}

function write(path: string, ranker: RankerFile): void {
  writeFileSync(path, `${JSON.stringify(ranker)}\n`)
}

/** Queries of the large set come from the smaller one; they are left out together. */
const isSame = (set: string, other: string) =>
  set === other || set.replace('mcp-large', 'livemcp') === other.replace('mcp-large', 'livemcp')

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      vectors: { type: 'string', default: '' },
      out: { type: 'string', default: 'server/src/tools/search-ranker.json' },
      'folds-out': { type: 'string' },
      'sets-out': { type: 'string' },
    },
  })
  const sets = readSets(values.data)
  const vectors = Array.from({ length: folds }, (_, fold) =>
    readWordVectors(values.vectors.replace('%F', String(fold))),
  )
  const cases = collectCases(vectors, sets)
  const fits = Array.from({ length: folds }, (_, fold) => {
    console.error(`fold ${fold}`)
    return learnFit(cases.all.filter((each) => each.fold !== fold))
  })
  const rows = sureRows(cases, fits)
  const judged = judge(rows)
  const without = (fit: RankerFile['fit'], isOut: (each: { set: string; fold: number }) => boolean) => ({
    fit,
    confidence: learnSure(rows.filter((row) => !isOut(row))),
    floor: floorFor(judged.filter((row) => !isOut(row))),
  })
  if (values['folds-out'] !== undefined)
    for (const [fold, fit] of fits.entries())
      write(
        values['folds-out'].replace('%F', String(fold)),
        without(fit, (each) => each.fold === fold),
      )
  const fit = learnFit(cases.all)
  write(
    values.out,
    without(fit, () => false),
  )
  if (values['sets-out'] !== undefined)
    for (const { name } of sets) {
      const isOut = (each: { set: string }) => isSame(each.set, name)
      const learned = learnFit(cases.all.filter((each) => !isOut(each)))
      write(values['sets-out'].replace('%S', name), without(learned, isOut))
    }
}

main()
