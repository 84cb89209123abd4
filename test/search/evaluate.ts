import { parseArgs } from 'node:util'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import { SearchIndex } from '../../server/src/tools/search-index.ts'
import { searchTools } from '../../server/src/tools/search-tools.ts'
import { readWordVectors, type WordVectors } from '../../server/src/tools/word-vectors.ts'
import { isHeldOut, type Query, type RetrievalSet, readSets, seeded } from './retrieval-sets.ts'

type Scored = { recall: number; ndcg: number; kind: string; ms: number; isEmpty: boolean; top: number }

function buildIndex(set: RetrievalSet, vectors: WordVectors | undefined): SearchIndex {
  const index = new SearchIndex(vectors)
  for (const [server, tools] of Map.groupBy(set.tools, (tool) => tool.serverId as string)) {
    index.put(server as ServerId, { name: server, slug: '', description: '' }, tools)
  }
  return index
}

const gain = (rank: number) => 1 / Math.log2(rank + 2)
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
const figure = (value: number) => value.toFixed(3)

function score(index: SearchIndex, query: Query): Scored {
  const started = performance.now()
  const { hits } = searchTools(index, query.query, { visible: () => true, topK: 5 })
  const ms = performance.now() - started
  const relevant = new Set(query.relevant)
  const found = hits.map((hit) => relevant.has(hit.tool.publicName))
  const count = found.filter(Boolean).length
  // For this kind any tool of the server counts, and all of them are listed as relevant.
  const recall = query.kind === 'server' ? Math.min(1, count) : count / relevant.size
  const ideal = Array.from({ length: Math.min(5, relevant.size) }, (_, rank) => gain(rank)).reduce(
    (a, b) => a + b,
    0,
  )
  const ndcg = found.reduce((sum, isRelevant, rank) => sum + (isRelevant ? gain(rank) : 0), 0) / ideal
  return { recall, ndcg, kind: query.kind, ms, isEmpty: hits.length === 0, top: hits[0]?.score ?? 0 }
}

function interval(values: readonly number[]): [number, number] {
  const random = seeded(7)
  const draw = () => mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0))
  const means = Array.from({ length: 400 }, draw).sort((a, b) => a - b)
  return [means[10] ?? 0, means[389] ?? 0]
}

function report(name: string, scored: readonly Scored[]): void {
  const recalls = scored.map((each) => each.recall)
  const [low, high] = interval(recalls)
  const times = scored.map((each) => each.ms).sort((a, b) => a - b)
  const ndcg = mean(scored.map((each) => each.ndcg))
  const p95 = times[Math.floor(times.length * 0.95)] ?? 0
  const empty = mean(scored.map((each) => (each.isEmpty ? 1 : 0)))
  console.log(
    `${name.padEnd(22)} recall@5 ${figure(mean(recalls))} [${figure(low)}, ${figure(high)}]  nDCG@5 ${figure(ndcg)}  ` +
      `p95 ${p95.toFixed(2)} ms  nothing fits ${figure(empty)}  n ${scored.length}`,
  )
}

/** How often "nothing fits" is said when every relevant tool was taken out of the catalog. */
function reportAbstention(set: RetrievalSet, index: SearchIndex, queries: readonly Query[]): void {
  const few = queries.slice(0, 150)
  const said = few.map((query) => {
    const gone = new Set(query.relevant)
    const { hits } = searchTools(index, query.query, {
      visible: (tool) => !gone.has(tool.publicName),
      topK: 5,
    })
    return hits.length === 0 ? 1 : 0
  })
  console.log(
    `  without the relevant tools: nothing fits ${figure(mean(said))} of ${few.length} (${set.name})`,
  )
}

function evaluate(
  set: RetrievalSet,
  vectors: WordVectors | undefined,
  o: { heldOut: boolean; byKind: boolean },
): void {
  const started = performance.now()
  const index = buildIndex(set, vectors)
  const built = performance.now() - started
  const queries = set.queries.filter((query) => !o.heldOut || isHeldOut(query))
  const scored = queries.map((query) => score(index, query))
  report(set.name, scored)
  if (o.byKind)
    for (const [kind, ofKind] of Map.groupBy(scored, (each) => each.kind)) report(`  ${kind}`, ofKind)
  reportAbstention(set, index, queries)
  console.log(`  ${set.tools.length} tools indexed in ${built.toFixed(0)} ms`)
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    vectors: { type: 'string' },
    lexical: { type: 'boolean', default: false },
    'held-out': { type: 'boolean', default: false },
    'by-kind': { type: 'boolean', default: false },
  },
})
const vectors = values.lexical ? undefined : readWordVectors(values.vectors)
for (const set of readSets(values.data)) {
  evaluate(set, vectors, { heldOut: values['held-out'], byKind: values['by-kind'] })
}
