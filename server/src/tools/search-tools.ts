import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import type { Postings, SearchIndex } from './search-index.ts'
import { splitSteps } from './split-steps.ts'
import { stemsOf, wordsWithStems } from './split-words.ts'
import { vectorLength } from './word-vectors.ts'

export type SearchHit = { readonly tool: PinnedTool; readonly score: number }
export type SearchAnswer = {
  /** Best first; empty when nothing visible fits. */
  readonly hits: SearchHit[]
  /** Words of the query, as asked, that no visible tool knows. */
  readonly unmatched: string[]
  /** Connectors whose visible tools came nearest, best first, at most five. */
  readonly nearest: ServerId[]
}
export type SearchOptions = {
  visible(tool: PinnedTool): boolean
  readonly topK: number
  /** How often a tool is used, for the order of an empty query; alphabetical without. */
  uses?(tool: PinnedTool): number
}

/**
 * Tuned on the development queries of the retrieval sets (npm run search:eval). A score does not depend on which other
 * tools there are, except through the rarity of words.
 */
const tuning = {
  saturation: 1.2,
  repeated: 0.5,
  nameCoverage: 0.3,
  /** Makes the lexical part of long and short queries comparable. */
  evidence: 2.2,
  direction: 1.5,
  /** How much a tool loses for words that a better one already answered. */
  overlap: 0.3,
  /** What is left of the score of a tool that calls itself deprecated. */
  deprecated: 0.8,
  /** Under this nothing fits. */
  floor: 0.5,
}
const maxQueryWords = 64
const candidates = 60
const firstLook = 256
const maxNearest = 5
/** Visibility is asked for at most so many tools per word when looking for words that nothing knows. */
const maxLooks = 200

type Asked = { readonly postings: Postings; readonly weight: number }
type Candidate = { readonly document: number; readonly tool: PinnedTool; readonly score: number }

/** Answers each document once per search: judging visibility may cost more than ranking. */
class Sight {
  readonly #index: SearchIndex
  readonly #visible: (tool: PinnedTool) => boolean
  readonly #known: Uint8Array

  constructor(index: SearchIndex, visible: (tool: PinnedTool) => boolean) {
    this.#index = index
    this.#visible = visible
    this.#known = new Uint8Array(index.size)
  }

  tool(document: number): PinnedTool | undefined {
    const tool = this.#index.tool(document)
    if (tool === undefined) return undefined
    if (this.#known[document] === 0) this.#known[document] = this.#visible(tool) ? 1 : 2
    return this.#known[document] === 1 ? tool : undefined
  }

  sees(postings: Postings): boolean {
    let looks = 0
    for (const document of postings.documents) {
      if (this.tool(document) !== undefined) return true
      if (++looks > maxLooks) return false
    }
    return false
  }
}

/**
 * The visible tools that fit the query best. Every tool is scored by the words it shares with the query (BM25F) and by
 * the direction of their meaning; invisible ones are passed over before anything is chosen.
 */
export function searchTools(index: SearchIndex, query: string, o: SearchOptions): SearchAnswer {
  const words = new Map<string, number>()
  for (const word of stemsOf(query).slice(0, maxQueryWords)) words.set(word, (words.get(word) ?? 0) + 1)
  const sight = new Sight(index, o.visible)
  if (words.size === 0) return { hits: listTools(index, sight, o), unmatched: [], nearest: [] }
  const asked = askedWords(index, words)
  const scores = scoreAll(index, asked, query)
  const best = visibleBest(sight, scores)
  const unmatched = unmatchedWords(index, sight, query)
  const nearest = [...new Set(best.map((candidate) => candidate.tool.serverId))].slice(0, maxNearest)
  // The floor was measured with directions; words alone give smaller scores.
  const floor = index.vectors === undefined ? 0 : tuning.floor
  const fitting = best.filter((candidate) => candidate.score >= floor)
  return { hits: choose(fitting, asked, o.topK), unmatched, nearest }
}

function askedWords(index: SearchIndex, words: ReadonlyMap<string, number>): Asked[] {
  const asked: Asked[] = []
  for (const [word, times] of words) {
    const postings = index.postings(word)
    if (postings === undefined) continue
    const rarity = Math.log(1 + (index.live - postings.live + 0.5) / (postings.live + 0.5))
    asked.push({ postings, weight: rarity * (1 + tuning.repeated * Math.log(times)) })
  }
  return asked
}

function scoreAll(index: SearchIndex, asked: readonly Asked[], query: string): Float32Array {
  const scores = new Float32Array(index.size)
  const shares = new Float32Array(index.size)
  let evidence = 0.01
  for (const { postings, weight } of asked) {
    evidence += weight
    for (let at = 0; at < postings.documents.length; at++) {
      const document = postings.documents[at] as number
      const strength = postings.strengths[at] as number
      scores[document] = (scores[document] as number) + (weight * strength) / (strength + tuning.saturation)
      shares[document] = (shares[document] as number) + (postings.shares[at] as number)
    }
  }
  const scale = 1 / (Math.sqrt(evidence) * tuning.evidence)
  for (let document = 0; document < scores.length; document++) {
    scores[document] = (scores[document] ?? 0) * scale * (1 + tuning.nameCoverage * (shares[document] ?? 0))
  }
  addDirections(index, query, scores)
  for (let document = 0; document < scores.length; document++) {
    if (index.isDeprecated(document)) scores[document] = (scores[document] ?? 0) * tuning.deprecated
  }
  return scores
}

/** Adds how near each tool's meaning is to the whole query's, and to that of the step it fits best. */
function addDirections(index: SearchIndex, query: string, scores: Float32Array): void {
  const { vectors, directions } = index
  if (vectors === undefined) return
  const whole = vectors.direction(stemsOf(query).slice(0, maxQueryWords))
  const steps = splitSteps(query).map((words) => vectors.direction(words))
  const nearest = new Float32Array(scores.length)
  for (let document = 0; document < scores.length; document++) {
    const near = dot(directions, document, whole)
    scores[document] = (scores[document] as number) + (tuning.direction * near) / 2
    nearest[document] = near
  }
  for (const step of steps) {
    for (let document = 0; document < scores.length; document++) {
      const near = dot(directions, document, step)
      if (near > (nearest[document] as number)) nearest[document] = near
    }
  }
  for (let document = 0; document < scores.length; document++) {
    scores[document] = (scores[document] as number) + (tuning.direction * (nearest[document] as number)) / 2
  }
}

/** Half of the time of a search is spent here, so it takes four products at a time. */
function dot(block: Float32Array, document: number, direction: Float32Array): number {
  const start = document * vectorLength
  let one = 0
  let two = 0
  let three = 0
  let four = 0
  for (let at = 0; at < vectorLength; at += 4) {
    one += (block[start + at] as number) * (direction[at] as number)
    two += (block[start + at + 1] as number) * (direction[at + 1] as number)
    three += (block[start + at + 2] as number) * (direction[at + 2] as number)
    four += (block[start + at + 3] as number) * (direction[at + 3] as number)
  }
  return one + two + three + four
}

/** The best visible documents. Few are looked at unless most of the best are invisible. */
function visibleBest(sight: Sight, scores: Float32Array): Candidate[] {
  for (const look of [firstLook, scores.length]) {
    const best: Candidate[] = []
    for (const document of bestDocuments(scores, look)) {
      const tool = sight.tool(document)
      if (tool !== undefined) best.push({ document, tool, score: scores[document] ?? 0 })
      if (best.length === candidates) return best
    }
    if (look >= scores.length) return best
  }
  return []
}

/** The documents with the highest scores, best first; equal scores in the order of documents. */
function bestDocuments(scores: Float32Array, most: number): number[] {
  const documents: number[] = []
  if (most >= scores.length) {
    for (let document = 0; document < scores.length; document++)
      if ((scores[document] ?? 0) > 0) documents.push(document)
  } else {
    const floor = nthHighest(scores, most)
    for (let document = 0; document < scores.length; document++)
      if ((scores[document] ?? 0) > floor) documents.push(document)
  }
  return documents.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
}

/** A value that about `most` scores exceed, found by a histogram: sorting ten thousand would cost more than ranking. */
function nthHighest(scores: Float32Array, most: number): number {
  let highest = 0
  for (const score of scores) if (score > highest) highest = score
  if (highest === 0) return 0
  const counts = new Uint32Array(513)
  for (const score of scores)
    if (score > 0) {
      const bucket = Math.floor((score / highest) * 512)
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
  let count = 0
  for (let bucket = 512; bucket > 0; bucket--) {
    count += counts[bucket] ?? 0
    if (count >= most) return (bucket / 512) * highest * 0.999_999
  }
  return 0
}

/** What one candidate takes from each asked word. */
function takings(candidate: Candidate, asked: readonly Asked[]): Float32Array {
  const taken = new Float32Array(asked.length)
  for (const [at, { postings, weight }] of asked.entries()) {
    const place = placeOf(postings.documents, candidate.document)
    const strength = place === -1 ? 0 : (postings.strengths[place] ?? 0)
    taken[at] = (weight * strength) / (strength + tuning.saturation)
  }
  return taken
}

function placeOf(sorted: readonly number[], wanted: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = sorted[middle] ?? 0
    if (found === wanted) return middle
    if (found < wanted) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/**
 * Picks one after the other, each time taking off what the picked ones already answer: a request of several steps gets
 * a tool for each, and near-duplicates do not fill the list.
 */
function choose(fitting: readonly Candidate[], asked: readonly Asked[], topK: number): SearchHit[] {
  const open = fitting.map((candidate) => ({
    candidate,
    taken: takings(candidate, asked),
    value: candidate.score,
  }))
  const answered = new Float32Array(asked.length)
  const hits: SearchHit[] = []
  while (hits.length < topK && open.length > 0) {
    let best = 0
    for (const [at, each] of open.entries()) if (each.value > (open[best]?.value ?? 0)) best = at
    const [picked] = open.splice(best, 1)
    if (picked === undefined) break
    hits.push({ tool: picked.candidate.tool, score: picked.candidate.score })
    for (const [at, amount] of picked.taken.entries()) answered[at] = Math.max(answered[at] ?? 0, amount)
    for (const each of open)
      each.value = each.candidate.score * (1 - tuning.overlap * overlapOf(each.taken, answered))
  }
  return hits
}

/** Share of what a tool takes from the query that others answered already. */
function overlapOf(taken: Float32Array, answered: Float32Array): number {
  let all = 0
  let shared = 0
  for (const [at, amount] of taken.entries()) {
    all += amount
    shared += Math.min(amount, answered[at] ?? 0)
  }
  return all === 0 ? 0 : shared / all
}

function unmatchedWords(index: SearchIndex, sight: Sight, query: string): string[] {
  const unmatched = new Set<string>()
  for (const [word, stem] of wordsWithStems(query).slice(0, maxQueryWords)) {
    const postings = index.postings(stem)
    if (postings === undefined || !sight.sees(postings)) unmatched.add(word)
  }
  return [...unmatched]
}

/** What somebody may use, most used first, then by connector and name. */
function listTools(index: SearchIndex, sight: Sight, o: SearchOptions): SearchHit[] {
  const tools: { tool: PinnedTool; uses: number; connector: string }[] = []
  for (let document = 0; document < index.size; document++) {
    const tool = sight.tool(document)
    if (tool !== undefined)
      tools.push({ tool, uses: o.uses?.(tool) ?? 0, connector: index.serverName(tool.serverId) })
  }
  tools.sort(
    (a, b) =>
      b.uses - a.uses || compare(a.connector, b.connector) || compare(a.tool.publicName, b.tool.publicName),
  )
  return tools.slice(0, o.topK).map(({ tool }) => ({ tool, score: 0 }))
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
