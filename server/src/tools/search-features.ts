import type { SearchIndex } from './search-index.ts'
import { bestOf, dot, nearestOf } from './search-nearest.ts'
import { aboutRequest, contentWeight } from './search-request.ts'
import type { LexicalScores, PartScores } from './search-scores.ts'
import type { Seen } from './search-sight.ts'

/** What the ranker knows of a candidate; its weights were learned in this order. */
export const featureNames = [
  'whole',
  'wholeRelative',
  'wholeShare',
  'step',
  'stepRelative',
  'stepShare',
  'stepWorth',
  'implied',
  'near',
  'nearRelative',
  'nearStep',
  'nearStepRelative',
  'matched',
  'matchedWorth',
  'server',
  'serverWords',
  'serverNear',
  'rank',
  'stepRank',
  'nearRank',
  'deprecated',
  'length',
  'nameWords',
  'siblings',
  'steps',
] as const
export const featureCount = featureNames.length

/** How many of the best by each measure become candidates. */
const looks = { whole: 48, step: 16 }
const serverTop = 3

export type Candidates = {
  readonly documents: readonly number[]
  /** `featureCount` numbers for each candidate. */
  readonly features: Float32Array
  /** The step each candidate fits best, counted from 0. */
  readonly owners: readonly number[]
  /** `requestCount` numbers about the request itself. */
  readonly request: readonly number[]
}

/** One part of the request, seen from all documents. */
type View = {
  readonly lexical: PartScores
  readonly direction: Float32Array
  readonly order: readonly number[]
  /** Makes lexical scores of long and short parts comparable. */
  readonly scale: number
}

/** A view with what it looks like among the candidates. */
type Ranked = View & {
  /** How near each candidate's meaning is to the part; 0 for all other documents. */
  readonly near: Float32Array
  readonly top: number
  readonly nearTop: number
  readonly ranks: ReadonlyMap<number, number>
}

export function contentStems(words: readonly { stem: string; weight: number }[]): string[] {
  return words.filter(({ weight }) => weight >= contentWeight).map(({ stem }) => stem)
}

/** The visible tools worth a closer look, and what that look sees. */
export function gatherCandidates(index: SearchIndex, seen: Seen, lexical: LexicalScores): Candidates {
  const views = lexical.parts.map((part, at) => viewOf(index, part, at === 0 ? looks.whole : looks.step))
  const [first] = views
  if (first === undefined) return { documents: [], features: new Float32Array(0), owners: [], request: [] }
  const { order: nearOrder, background } = nearestOf(index, seen, first.direction)
  const documents = [...new Set([...views.flatMap((view) => view.order), ...nearOrder])]
  const [whole, ...others] = views.map((view) => ranked(index, view, documents)) as [Ranked, ...Ranked[]]
  const own = others.filter((view) => !view.lexical.part.isImplied)
  const scene: Scene = {
    index,
    lexical,
    whole,
    nearRanks: ranksIn(nearOrder, whole.near),
    steps: own.length > 0 ? own : [whole],
    implied: others.filter((view) => view.lexical.part.isImplied),
    stepCount: own.length,
    ...coverage(lexical, documents, index.size),
    servers: serverEvidence(index, { whole, takings: lexical.takings }, documents),
  }
  const features = new Float32Array(documents.length * featureCount)
  for (const [row, document] of documents.entries())
    features.set(describe(scene, document, row), row * featureCount)
  return {
    documents,
    features,
    owners: documents.map((document) => ownerOf(others, document)),
    request: aboutRequest(scene, background, documents),
  }
}

function viewOf(index: SearchIndex, part: PartScores, look: number): View {
  // What is only implied points where the words of the request already pointed.
  const words = part.part.isImplied ? [] : contentStems(part.part.words)
  return {
    lexical: part,
    direction: index.knowledge.vectors.direction(words, 'asked'),
    order: bestOf(part.scores, look),
    scale: 1 / (Math.sqrt(part.worth + 0.01) * 2.2),
  }
}

function ranked(index: SearchIndex, view: View, documents: readonly number[]): Ranked {
  const near = index.room.take()
  for (const document of documents)
    near[document] = dot(index.directions, document * view.direction.length, view.direction)
  return {
    ...view,
    near,
    top: highest(view.lexical.scores, documents),
    nearTop: highest(near, documents),
    ranks: ranksIn(view.order, view.lexical.scores),
  }
}

/** One over the rank; equal scores share theirs. */
function ranksIn(order: readonly number[], scores: Float32Array): Map<number, number> {
  const ranks = new Map<number, number>()
  let rank = 0
  for (const [at, document] of order.entries()) {
    if (at === 0 || scores[document] !== scores[order[at - 1] as number]) rank = at
    ranks.set(document, 1 / (1 + rank))
  }
  return ranks
}

function highest(values: Float32Array, documents: readonly number[]): number {
  return documents.reduce((most, document) => Math.max(most, values[document] as number), 1e-6)
}

type Coverage = {
  readonly content: number
  readonly contentWorth: number
  /** For every candidate, in their order. */
  readonly matched: Float32Array
  readonly matchedWorth: Float32Array
}

/** How many of the request's words each candidate knows, by number and by worth. */
function coverage({ takings }: LexicalScores, documents: readonly number[], size: number): Coverage {
  const places = new Int32Array(size)
  for (const [row, document] of documents.entries()) places[document] = row + 1
  const matched = new Float32Array(documents.length + 1)
  const matchedWorth = new Float32Array(documents.length + 1)
  let content = 0
  let contentWorth = 0
  for (const taken of takings) {
    if (taken.asked.weight < contentWeight) continue
    content++
    contentWorth += taken.worth
    for (let at = 0; at < taken.documents.length; at++) {
      const place = places[taken.documents[at] as number] as number
      matched[place] = (matched[place] as number) + 1
      matchedWorth[place] = (matchedWorth[place] as number) + taken.worth
    }
  }
  return { content, contentWorth, matched: matched.subarray(1), matchedWorth: matchedWorth.subarray(1) }
}

type Evidence = {
  readonly score: number
  readonly near: number
  readonly share: number
  /** Share of the words of its name that the request speaks of. */
  readonly words: number
}

/** What the best tools of a connector say for each other. */
function serverEvidence(
  index: SearchIndex,
  { whole, takings }: { whole: Ranked; takings: LexicalScores['takings'] },
  documents: readonly number[],
): Map<string, Evidence> {
  const evidence = new Map<string, Evidence>()
  for (const [server, each] of Map.groupBy(documents, (document) => index.tool(document)?.serverId ?? '')) {
    evidence.set(server, {
      score: topMean(whole.lexical.scores, each) / whole.top,
      near: topMean(whole.near, each),
      share: each.length / documents.length,
      words: index.serverShare(each[0] ?? -1, takings),
    })
  }
  return evidence
}

function topMean(values: Float32Array, documents: readonly number[]): number {
  const top = documents.map((document) => values[document] as number).sort((a, b) => b - a)
  return top.slice(0, serverTop).reduce((sum, value) => sum + value, 0) / serverTop
}

type Scene = Coverage & {
  readonly index: SearchIndex
  readonly lexical: LexicalScores
  readonly whole: Ranked
  readonly nearRanks: ReadonlyMap<number, number>
  readonly steps: readonly Ranked[]
  readonly implied: readonly Ranked[]
  readonly stepCount: number
  readonly servers: ReadonlyMap<string, Evidence>
}

function best(views: readonly Ranked[], of: (view: Ranked) => number): number {
  let most = 0
  for (const view of views) most = Math.max(most, of(view))
  return most
}

/** The numbers of one candidate, in the order of `featureNames`. */
function describe(scene: Scene, document: number, row: number): number[] {
  const { whole, steps, index } = scene
  const scoreIn = ({ lexical }: Ranked) => lexical.scores[document] as number
  const shareIn = ({ lexical }: Ranked) => lexical.shares[document] as number
  const nearIn = ({ near }: Ranked) => near[document] as number
  const tool = index.tool(document)
  const server = scene.servers.get(tool?.serverId ?? '')
  return [
    scoreIn(whole) * whole.scale,
    scoreIn(whole) / whole.top,
    shareIn(whole),
    best(steps, (step) => scoreIn(step) * step.scale),
    best(steps, (step) => scoreIn(step) / step.top),
    best(steps, shareIn),
    best(steps, (step) => scoreIn(step) / (step.lexical.worth + 1)),
    best(scene.implied, (step) => (scoreIn(step) / step.top) * shareIn(step)),
    nearIn(whole),
    nearIn(whole) / whole.nearTop,
    best(steps, nearIn),
    best(steps, (step) => nearIn(step) / step.nearTop),
    (scene.matched[row] as number) / Math.max(1, scene.content),
    (scene.matchedWorth[row] as number) / (scene.contentWorth + 1),
    server?.score ?? 0,
    server?.words ?? 0,
    server?.near ?? 0,
    whole.ranks.get(document) ?? 0,
    best(steps, (step) => step.ranks.get(document) ?? 0),
    scene.nearRanks.get(document) ?? 0,
    index.isDeprecated(document) ? 1 : 0,
    Math.log1p(tool?.description.length ?? 0) / 6,
    1 / (1 + index.nameLength(document)),
    server?.share ?? 0,
    scene.stepCount / 6,
  ]
}

function ownerOf(steps: readonly Ranked[], document: number): number {
  let owner = 0
  let most = Number.NEGATIVE_INFINITY
  for (const [at, { lexical, near, top }] of steps.entries()) {
    const fit = (lexical.scores[document] as number) / top + Math.max(0, near[document] as number)
    if (fit > most) {
      most = fit
      owner = at
    }
  }
  return owner
}
