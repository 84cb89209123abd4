import { parseArgs } from 'node:util'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import { SearchIndex } from '../../server/src/tools/search-index.ts'
import type { SearchKnowledge } from '../../server/src/tools/search-knowledge.ts'
import { readRanker } from '../../server/src/tools/search-ranker.ts'
import { readSynonyms } from '../../server/src/tools/search-synonyms.ts'
import { searchTools } from '../../server/src/tools/search-tools.ts'
import { readWordVectors } from '../../server/src/tools/word-vectors.ts'
import { foldOf, folds, type Query, type RetrievalSet, readSets, seeded } from './retrieval-sets.ts'

/**
 * Runs the queries of the retrieval sets through the search as it is served, with its floor. `--vectors` and `--ranker`
 * may hold %F or %S: then each query meets the files that never learned from its fold or its set.
 */
type Scored = {
  recall: number
  ndcg: number
  kind: string
  ms: number
  isEmpty: boolean
  confidence: number
  /** The same with every relevant tool taken out of the catalog. */
  gone: { isEmpty: boolean; confidence: number }
}

function buildIndex(set: RetrievalSet, knowledge: SearchKnowledge): SearchIndex {
  const index = new SearchIndex(knowledge)
  for (const [server, tools] of Map.groupBy(set.tools, (tool) => tool.serverId as string)) {
    index.put(server as ServerId, { name: server, slug: '', description: '' }, tools)
  }
  return index
}

const gain = (rank: number) => 1 / Math.log2(rank + 2)
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
const share = (values: readonly boolean[]) => mean(values.map(Number))
const figure = (value: number) => value.toFixed(3)

/** How many requests lose their tools at the same time with `--together`: 500 over six sets. */
const lostTogether = 83

function score(index: SearchIndex, query: Query, removed: ReadonlySet<string>): Scored {
  const relevant = new Set(query.relevant)
  const started = performance.now()
  const { hits, confidence } = searchTools(index, query.query, { visible: () => true, topK: 5 })
  const ms = performance.now() - started
  const gone = searchTools(index, query.query, {
    visible: (tool) => !removed.has(tool.publicName),
    topK: 5,
  })
  const found = hits.map((hit) => relevant.has(hit.tool.publicName))
  const count = found.filter(Boolean).length
  // For this kind any tool of the server counts, and all of them are listed as relevant.
  const recall = query.kind === 'server' ? Math.min(1, count) : count / relevant.size
  const ideal = Array.from({ length: Math.min(5, relevant.size) }, (_, rank) => gain(rank)).reduce(
    (a, b) => a + b,
    0,
  )
  const ndcg = found.reduce((sum, isRelevant, rank) => sum + (isRelevant ? gain(rank) : 0), 0) / ideal
  return {
    recall,
    ndcg,
    kind: query.kind,
    ms,
    isEmpty: hits.length === 0,
    confidence,
    gone: { isEmpty: gone.hits.length === 0, confidence: gone.confidence },
  }
}

/** 95 %, by drawing queries again and again. */
function interval<Each>(values: readonly Each[], figureOf: (drawn: readonly Each[]) => number): string {
  const random = seeded(7)
  const draw = () => figureOf(values.map(() => values[Math.floor(random() * values.length)] as Each))
  const figures = Array.from({ length: 400 }, draw).sort((a, b) => a - b)
  return `${figure(figureOf(values))} [${figure(figures[10] ?? 0)}, ${figure(figures[389] ?? 0)}]`
}

/** How often an answerable request is surer than one whose tools are gone. */
function areaUnderCurve(scored: readonly Scored[]): number {
  const all = scored.flatMap((each) => [
    { value: each.confidence, isThere: true },
    { value: each.gone.confidence, isThere: false },
  ])
  all.sort((a, b) => a.value - b.value)
  const ranks = all.reduce((sum, each, at) => sum + (each.isThere ? at + 1 : 0), 0)
  const n = scored.length
  return (ranks - (n * (n + 1)) / 2) / (n * n)
}

function report(name: string, scored: readonly Scored[]): void {
  const times = scored.map((each) => each.ms).sort((a, b) => a - b)
  console.log(
    `${name.padEnd(22)} recall@5 ${interval(scored, (each) => mean(each.map(({ recall }) => recall)))}  ` +
      `nDCG@5 ${figure(mean(scored.map(({ ndcg }) => ndcg)))}  ` +
      `nothing fits ${interval(scored, (each) => share(each.map(({ isEmpty }) => isEmpty)))}  ` +
      `without the relevant tools ${interval(scored, (each) => share(each.map(({ gone }) => gone.isEmpty)))}  ` +
      `AUC ${figure(areaUnderCurve(scored))}  n ${scored.length}  p95 ${(times[Math.floor(times.length * 0.95)] ?? 0).toFixed(2)} ms`,
  )
}

/** What is taken out of the catalog for each query: its own tools, or those of all queries of its share. */
function removals(queries: readonly Query[], areTogether: boolean): ReadonlySet<string>[] {
  if (!areTogether) return queries.map(({ relevant }) => new Set(relevant))
  const shares = Math.ceil(queries.length / lostTogether)
  const ofShare = Array.from({ length: shares }, () => new Set<string>())
  for (const [at, { relevant }] of queries.entries())
    for (const name of relevant) ofShare[at % shares]?.add(name)
  return queries.map((_, at) => ofShare[at % shares] ?? new Set())
}

/** The floor under which the given share of answerable requests falls, as the mean over the sets. */
function floorAt(sets: readonly Scored[][], refused: number): number {
  const steps = sets.flat().map(({ confidence }) => confidence)
  steps.sort((a, b) => a - b)
  const alarms = (floor: number) =>
    mean(sets.map((scored) => share(scored.map(({ confidence }) => confidence < floor))))
  let [low, high] = [0, steps.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (alarms(steps[middle] ?? 0) <= refused) low = middle
    else high = middle - 1
  }
  return steps[low] ?? 0
}

/** How often it is noticed that the tools are gone, at the price of so many answerable requests. */
function reportCurve(names: readonly string[], sets: readonly Scored[][]): void {
  for (const refused of [0.01, 0.02, 0.03, 0.05]) {
    const floor = floorAt(sets, refused)
    const noticed = sets.map((scored) => share(scored.map(({ gone }) => gone.confidence < floor)))
    const alarms = sets.map((scored) => share(scored.map(({ confidence }) => confidence < floor)))
    const each = names.map(
      (name, at) => `${name.slice(10)} ${figure(noticed[at] ?? 0)} for ${figure(alarms[at] ?? 0)}`,
    )
    console.log(
      `floor ${floor.toFixed(2)}: noticed ${figure(mean(noticed))} for ${refused}  ${each.join('  ')}`,
    )
  }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      vectors: { type: 'string' },
      ranker: { type: 'string' },
      together: { type: 'boolean', default: false },
      'by-kind': { type: 'boolean', default: false },
    },
  })
  const synonyms = readSynonyms()
  const isByFold = [values.vectors, values.ranker].some((path) => path?.includes('%F') === true)
  const everything: Scored[][] = []
  const sets = readSets(values.data)
  for (const set of sets) {
    const indexes = Array.from({ length: isByFold ? folds : 1 }, (_, fold) => {
      const path = (pattern: string | undefined) =>
        pattern?.replace('%F', String(fold)).replace('%S', set.name)
      const knowledge = {
        vectors: readWordVectors(path(values.vectors)),
        synonyms,
        ranker: readRanker(path(values.ranker)),
      }
      return buildIndex(set, knowledge)
    })
    const removed = removals(set.queries, values.together)
    const scored = set.queries.flatMap((query, at) => {
      const index = indexes[isByFold ? foldOf(query) : 0]
      return index === undefined ? [] : [score(index, query, removed[at] ?? new Set())]
    })
    everything.push(scored)
    report(set.name, scored)
    if (values['by-kind'])
      for (const [kind, ofKind] of Map.groupBy(scored, (each) => each.kind)) report(`  ${kind}`, ofKind)
  }
  if (everything.length > 0) {
    reportCurve(
      sets.map(({ name }) => name),
      everything,
    )
    report(
      'all, a set at a time',
      everything.flatMap((scored) => scored.slice(0, 90)),
    )
  }
}

main()
