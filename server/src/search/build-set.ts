import type { JsonObject } from '../kernel/json.ts'
import type { JudgedSearch } from './judge-searches.ts'
import type { CataloguePart } from './search.ts'

export type EvaluationSet = {
  readonly corpus: readonly {
    tool_id: string
    server: string
    name: string
    description: string
    inputSchema: JsonObject
  }[]
  readonly queries: readonly { query_id: string; query: string; relevant: string[]; kind: 'audit' }[]
}

const maxQueries = 5_000

/** Each different query with every tool that people ran after it; the newest queries when there are too many. */
export function buildSet(
  judged: readonly JudgedSearch[],
  catalogue: readonly CataloguePart[],
): EvaluationSet {
  const corpus = catalogue.flatMap(({ name: server, tools }) =>
    tools.map((tool) => ({
      tool_id: tool.publicName,
      server,
      name: tool.name,
      description: tool.description,
      inputSchema: tool.inputSchema,
    })),
  )
  const known = new Set(corpus.map((tool) => tool.tool_id))
  const relevant = new Map<string, Set<string>>()
  for (const search of judged) {
    const name = runAfter(search)
    if (name === undefined || !known.has(name)) continue
    const query = search.query.trim()
    const names = relevant.get(query) ?? new Set<string>()
    relevant.delete(query)
    relevant.set(query, names.add(name))
  }
  const queries = [...relevant].slice(-maxQueries).map(([query, names], at) => ({
    query_id: `audit-${at + 1}`,
    query,
    relevant: [...names].sort(),
    kind: 'audit' as const,
  }))
  return { corpus, queries }
}

function runAfter({ hits, verdict }: JudgedSearch): string | undefined {
  if (verdict.kind === 'found') return hits[verdict.rank]
  return verdict.kind === 'missed' ? verdict.wanted : undefined
}
