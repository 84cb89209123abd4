import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { confidenceInputs } from './search-confidence.ts'
import { type Candidates, featureCount, gatherCandidates } from './search-features.ts'
import type { SearchIndex } from './search-index.ts'
import { type ReadQuery, readQuery } from './search-query.ts'
import { type Ranker, runFit, runTrees } from './search-ranker.ts'
import { scoreWords, type Takings } from './search-scores.ts'
import { type Seen, Sight } from './search-sight.ts'

export type SearchHit = { readonly tool: PinnedTool; readonly score: number }
export type SearchAnswer = {
  /** Best first; empty when nothing visible fits. */
  readonly hits: SearchHit[]
  /** Words of the query, as asked, that no visible tool knows. */
  readonly unmatched: string[]
  /** Connectors whose visible tools came nearest, best first, at most five. */
  readonly nearest: ServerId[]
  /** How sure it is that something fits, as a logarithm of the odds; under the floor there are no hits. */
  readonly confidence: number
}
export type SearchOptions = {
  visible(tool: PinnedTool): boolean
  /** What `visible` says, when it was already asked about every tool. */
  readonly sight?: Sight
  readonly topK: number
  /** How often a tool is used, for the order of an empty query; alphabetical without. */
  uses?(tool: PinnedTool): number
}

const maxNearest = 5
/** What a tool loses for each picked one that serves the same step, when a request has several. */
const sameStep = 0.1
/**
 * What a tool loses for each picked one of its connector, when a request is one step: mostly one tool will do, and where
 * several connectors fit alike, only whoever asks knows which.
 */
const sameConnector = 0.2
const picksFrom = 40

/**
 * The visible tools that fit the query best: candidates by shared words and by meaning, for the whole and for each
 * step, ordered by what was learned from other requests. What is invisible takes no part in any of it.
 */
export function searchTools(index: SearchIndex, query: string, o: SearchOptions): SearchAnswer {
  const asked = readQuery(query)
  const seen = (o.sight ?? new Sight(index).look(o.visible)).unfold()
  if (asked.whole.words.length === 0)
    return { hits: listTools(index, seen, o), unmatched: [], nearest: [], confidence: 0 }
  const lexical = scoreWords(index, seen, asked)
  const candidates = gatherCandidates(index, seen, lexical)
  const ranked = rank(index.knowledge.ranker, candidates)
  const confidence = confidenceOf(index.knowledge.ranker, candidates, ranked)
  const isSure = confidence >= index.knowledge.ranker.floor
  return {
    hits: isSure ? hitsOf(index, candidates, { ...ranked, topK: o.topK, isOneStep: isOneStep(asked) }) : [],
    unmatched: unmatchedWords(lexical.takings),
    nearest: nearestServers(index, candidates, ranked.order),
    confidence,
  }
}

type Ranked = { readonly scores: Float32Array; readonly order: readonly number[] }

function rank({ fit }: Ranker, { documents, features }: Candidates): Ranked {
  const scores = Float32Array.from(documents, (_, row) => runFit(fit, features, row * featureCount))
  const order = documents.map((_, row) => row)
  order.sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || (documents[a] ?? 0) - (documents[b] ?? 0),
  )
  return { scores, order }
}

function confidenceOf({ confidence }: Ranker, candidates: Candidates, ranked: Ranked): number {
  if (ranked.order.length === 0) return Number.NEGATIVE_INFINITY
  return runTrees(confidence, confidenceInputs(candidates, ranked), 0)
}

/** What is only implied, such as writing a file at the end, is no step of its own. */
function isOneStep({ steps }: ReadQuery): boolean {
  return steps.every(({ isImplied }) => isImplied)
}

/** Picks one after the other, so that every step of a request gets a tool. */
function hitsOf(
  index: SearchIndex,
  { documents, owners }: Candidates,
  { scores, order, topK, isOneStep }: Ranked & { topK: number; isOneStep: boolean },
): SearchHit[] {
  const open = order.slice(0, picksFrom)
  const hits: SearchHit[] = []
  const ofStep = new Map<number, number>()
  const ofConnector = new Map<ServerId, number>()
  const connectorOf = (row: number) => index.tool(documents[row] ?? -1)?.serverId ?? ('' as ServerId)
  const value = (row: number) =>
    (scores[row] as number) -
    sameStep * (ofStep.get(owners[row] ?? 0) ?? 0) -
    (isOneStep ? sameConnector * (ofConnector.get(connectorOf(row)) ?? 0) : 0)
  while (hits.length < topK && open.length > 0) {
    let best = 0
    for (const at of open.keys()) if (value(open[at] ?? 0) > value(open[best] ?? 0)) best = at
    const [row = 0] = open.splice(best, 1)
    count(ofStep, owners[row] ?? 0)
    count(ofConnector, connectorOf(row))
    const tool = index.tool(documents[row] ?? -1)
    if (tool !== undefined) hits.push({ tool, score: scores[row] as number })
  }
  return hits
}

function count<Of>(counts: Map<Of, number>, of: Of): void {
  counts.set(of, (counts.get(of) ?? 0) + 1)
}

function nearestServers(index: SearchIndex, { documents }: Candidates, order: readonly number[]): ServerId[] {
  const nearest = new Set<ServerId>()
  for (const row of order) {
    const tool = index.tool(documents[row] ?? -1)
    if (tool !== undefined) nearest.add(tool.serverId)
    if (nearest.size === maxNearest) break
  }
  return [...nearest]
}

/** Words as asked; letters and digits inside values are no words. */
function unmatchedWords(takings: readonly Takings[]): string[] {
  return takings
    .filter(({ asked, documents }) => asked.isPlain && documents.length === 0)
    .map(({ asked }) => asked.word)
}

type Listed = { readonly tool: PinnedTool; readonly uses: number; readonly connector: string }

/** What somebody may use, most used first, then by connector and name. */
function listTools(index: SearchIndex, { visible }: Seen, o: SearchOptions): SearchHit[] {
  const first: Listed[] = []
  for (let document = 0; document < index.size; document++) {
    const tool = visible[document] === 1 ? index.tool(document) : undefined
    if (tool === undefined) continue
    const each = { tool, uses: o.uses?.(tool) ?? 0, connector: index.serverName(tool.serverId) }
    let at = first.length
    while (at > 0 && isBefore(each, first[at - 1] as Listed)) at--
    if (at === o.topK) continue
    first.splice(at, 0, each)
    if (first.length > o.topK) first.pop()
  }
  return first.map(({ tool }) => ({ tool, score: 0 }))
}

function isBefore(one: Listed, other: Listed): boolean {
  if (one.uses !== other.uses) return one.uses > other.uses
  if (one.connector !== other.connector) return one.connector < other.connector
  return one.tool.publicName < other.tool.publicName
}
