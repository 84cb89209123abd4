import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import type { JsonObject } from '../../server/src/kernel/json.ts'
import type { PinnedTool } from '../../server/src/kernel/tool.ts'
import { SearchIndex } from '../../server/src/tools/search-index.ts'

type CorpusRow = {
  tool_id: string
  server: string
  name: string
  description: string
  inputSchema: JsonObject
}
type QueryRow = { query_id: string; query: string; relevant: string[]; kind: string }
type Scored = { recall: number; ndcg: number; kind: string; ms: number }

function readRows<Row>(path: string): Row[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

function asTool(row: CorpusRow): PinnedTool {
  return {
    serverId: row.server as ServerId,
    name: row.name,
    publicName: row.tool_id,
    title: undefined,
    description: row.description,
    inputSchema: row.inputSchema,
    annotations: undefined,
    definition: '',
    hash: row.tool_id,
    state: 'active',
  }
}

function buildIndex(rows: readonly CorpusRow[]): SearchIndex {
  const index = new SearchIndex()
  for (const [server, ofServer] of Map.groupBy(rows, (row) => row.server)) {
    index.put(server as ServerId, { name: server, slug: server, description: '' }, ofServer.map(asTool))
  }
  return index
}

const gain = (rank: number) => 1 / Math.log2(rank + 2)

function score(index: SearchIndex, row: QueryRow, serverOf: ReadonlyMap<string, string>): Scored {
  const started = performance.now()
  const { hits } = index.search(row.query, { visible: () => true, topK: 5 })
  const ms = performance.now() - started
  const relevant = new Set(row.relevant)
  const found = hits.map((hit) => relevant.has(hit.tool.publicName))
  const count = found.filter(Boolean).length
  // Any tool of a relevant server counts there, so one is enough.
  const wanted = row.kind === 'server' ? 1 : relevant.size
  const servers = new Set(row.relevant.map((id) => serverOf.get(id)))
  const hitsServer = row.kind === 'server' && hits.some((hit) => servers.has(hit.tool.serverId))
  const recall = row.kind === 'server' ? (hitsServer ? 1 : 0) : count / wanted
  const ideal = Array.from({ length: Math.min(5, relevant.size) }, (_, rank) => gain(rank)).reduce(
    (a, b) => a + b,
    0,
  )
  const ndcg = found.reduce((sum, isRelevant, rank) => sum + (isRelevant ? gain(rank) : 0), 0) / ideal
  return { recall, ndcg, kind: row.kind, ms }
}

/** A small seeded generator, so that intervals are the same on every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

function interval(values: readonly number[]): [number, number] {
  const random = seeded(7)
  const means = Array.from({ length: 400 }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  ).sort((a, b) => a - b)
  return [means[10] ?? 0, means[389] ?? 0]
}

function report(name: string, scored: readonly Scored[]): void {
  const recalls = scored.map((each) => each.recall)
  const [low, high] = interval(recalls)
  const times = scored.map((each) => each.ms).sort((a, b) => a - b)
  const f = (value: number) => value.toFixed(3)
  console.log(
    `${name.padEnd(24)} recall@5 ${f(mean(recalls))} [${f(low)}, ${f(high)}]  nDCG@5 ${f(mean(scored.map((each) => each.ndcg)))}  p95 ${f(times[Math.floor(times.length * 0.95)] ?? 0)} ms  n ${scored.length}`,
  )
}

function evaluate(folder: string, byKind: boolean): void {
  const rows = readRows<CorpusRow>(join(folder, 'corpus.jsonl'))
  const queries = readRows<QueryRow>(join(folder, 'dev', 'queries.jsonl'))
  const started = performance.now()
  const index = buildIndex(rows)
  const built = performance.now() - started
  const serverOf = new Map(rows.map((row) => [row.tool_id, row.server]))
  const scored = queries.map((row) => score(index, row, serverOf))
  report(folder.split('/').at(-1) ?? folder, scored)
  if (byKind)
    for (const [kind, ofKind] of Map.groupBy(scored, (each) => each.kind)) report(`  ${kind}`, ofKind)
  console.log(`  ${rows.length} tools indexed in ${built.toFixed(0)} ms`)
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      'by-kind': { type: 'boolean', default: false },
    },
  })
  const data = resolve(values.data)
  const folders = existsSync(data)
    ? readdirSync(data)
        .filter((name) => name.startsWith('retrieval-'))
        .sort()
    : []
  if (folders.length === 0) {
    console.log(`SKIPPED: no retrieval-* folders under ${data}; pass --data DIR.`)
    return
  }
  for (const name of folders) evaluate(join(data, name), values['by-kind'])
}

main()
