import { type Spread, spreadOf } from './search-nearest.ts'
import type { LexicalScores, PartScores } from './search-scores.ts'

/** Words of less weight are parts of values; they neither point anywhere nor count as understood. */
export const contentWeight = 0.5

/** What the best candidates for a step reach. */
export type Reach = {
  readonly lexical: PartScores
  /** By words. */
  readonly top: number
  /** By meaning. */
  readonly nearTop: number
}
type Request = {
  readonly lexical: LexicalScores
  readonly whole: Reach
  readonly steps: readonly Reach[]
}
export const requestCount = 16

/** What is known of a request and of all that it met: `requestCount` numbers. */
export function aboutRequest(request: Request, near: Spread, documents: readonly number[]): number[] {
  return [
    ...aboutWords(request.lexical),
    ...aboutSteps(request, documents),
    ...aboutBackground(request, near),
  ]
}

function aboutWords({ takings, parts, live }: LexicalScores): number[] {
  const content = takings.filter(({ asked }) => asked.weight >= contentWeight)
  const share = (some: readonly unknown[]) => some.length / Math.max(1, content.length)
  return [
    Math.log1p(content.length),
    share(content.filter(({ documents }) => documents.length > 0)),
    share(content.filter(({ isKnown }) => isKnown)),
    Math.log1p(parts[0]?.worth ?? 0),
    parts.length,
    // In coarse steps: an exact number would tell one catalog from another, and a whole one from one with gaps.
    Math.round(Math.log10(live + 1) * 2) / 10,
  ]
}

/** How well the steps are served by what is best for each: on average, and the one that is served worst. */
function aboutSteps({ steps }: Request, documents: readonly number[]): number[] {
  const best = [
    steps.map(({ nearTop }) => nearTop),
    steps.map(({ top, lexical }) => top / (lexical.worth + 0.5)),
    steps.map(({ lexical }) =>
      documents.reduce((most, document) => Math.max(most, lexical.shares[document] as number), 0),
    ),
  ]
  return best.flatMap((of) => [of.reduce((sum, value) => sum + value, 0) / of.length, Math.min(...of)])
}

/** How far the best stands out from what the request has in common with any tool. */
function aboutBackground({ whole, lexical }: Request, near: Spread): number[] {
  const words = spreadOf(whole.lexical.scores, lexical.live)
  return [
    near.mean,
    near.deviation,
    (whole.nearTop - near.mean) / near.deviation,
    (whole.top - words.mean) / words.deviation,
  ]
}
