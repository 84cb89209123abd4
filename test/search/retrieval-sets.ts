import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ServerId } from '../../server/src/kernel/ids.ts'
import type { JsonObject } from '../../server/src/kernel/json.ts'
import type { PinnedTool } from '../../server/src/kernel/tool.ts'
import { hashWord } from '../../server/src/tools/word-vectors.ts'

type CorpusRow = {
  tool_id: string
  server: string
  name: string
  description: string
  inputSchema: JsonObject
}
export type Query = { query_id: string; query: string; relevant: string[]; kind: string }
export type RetrievalSet = { name: string; tools: PinnedTool[]; queries: Query[] }

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

/** The retrieval-* sets under a folder; empty, after saying so loudly, when there are none. */
export function readSets(folder: string): RetrievalSet[] {
  const data = resolve(folder)
  const names = existsSync(data)
    ? readdirSync(data)
        .filter((name) => name.startsWith('retrieval-'))
        .sort()
    : []
  if (names.length === 0) console.log(`SKIPPED: no retrieval-* folders under ${data}; pass --data DIR.`)
  return names.map((name) => ({
    name,
    tools: readRows<CorpusRow>(join(data, name, 'corpus.jsonl')).map(asTool),
    queries: readRows<Query>(join(data, name, 'dev', 'queries.jsonl')),
  }))
}

export const folds = 5

/** Queries that speak of the same task, server or set of functions: they are learned from or judged together. */
function groupOf(query: Query): string {
  const live =
    /^(?:livetask|livestep)-([0-9a-f]+)/.exec(query.query_id) ??
    /^bfcl-live\w*?_\d+-(\d+)/.exec(query.query_id)
  if (live !== null) return live[1] ?? ''
  return query.query_id.startsWith('mcpm-') ? query.query_id.replace(/-\d+$/, '') : query.query_id
}

/** Which of the folds a query is judged in. */
export function foldOf(query: Query): number {
  return hashWord(`g${groupOf(query)}`) % folds
}

/** A small seeded generator, so that every run gives the same figures. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
