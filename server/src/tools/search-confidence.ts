import { type Candidates, featureCount, featureNames } from './search-features.ts'
import { requestCount } from './search-request.ts'

/** Features that mean the same for every request, so that one floor can hold for all. */
const telling = [
  'whole',
  'wholeShare',
  'step',
  'stepShare',
  'stepWorth',
  'near',
  'nearStep',
  'matched',
  'matchedWorth',
  'serverWords',
  'nameWords',
] as const
const places = telling.map((name) => featureNames.indexOf(name))
const gaps = [1, 4, 9, 30]
const firstFew = 5

export const confidenceCount = places.length * 3 + gaps.length + 1 + requestCount

/** What tells whether the best candidates are what was asked for, or only the nearest there is. `order` is best first. */
export function confidenceInputs(
  { features, request }: Candidates,
  { scores, order }: { scores: Float32Array; order: readonly number[] },
): Float32Array {
  const of = (row: number, place: number) => features[row * featureCount + place] as number
  const most = (rows: readonly number[], place: number) =>
    rows.reduce((high, row) => Math.max(high, of(row, place)), 0)
  const [top = 0] = order
  const few = order.slice(0, firstFew)
  const score = (rank: number) => scores[order[Math.min(rank, order.length - 1)] ?? 0] as number
  const rest = order.reduce((sum, row) => sum + Math.exp((scores[row] as number) - score(0)), 0)
  return Float32Array.from([
    ...places.map((place) => of(top, place)),
    ...places.map((place) => most(few, place)),
    ...places.map((place) => most(order, place)),
    ...gaps.map((rank) => score(0) - score(rank)),
    -Math.log(rest),
    ...request,
  ])
}
