import type { Loss } from './learn-trees.ts'

/** What belongs to one request: rows from `from` on, with 1 for those that are right. */
export type RankedList = { readonly from: number; readonly labels: Uint8Array; readonly weight: number }

/** Only mistakes among the first so many places count. */
const first = 10
const discount = (rank: number) => 1 / Math.log2(rank + 2)

/**
 * Every pair of a right and a wrong row pushes them apart, the more the better the order would be if they changed places
 * (LambdaRank by nDCG, Burges 2010; the pushes of a list are evened out by their sum).
 */
export function listLoss(lists: readonly RankedList[]): Loss {
  return (outputs, slopes, curvatures) => {
    for (const list of lists) push(list, outputs, slopes, curvatures)
  }
}

function push(
  { from, labels, weight }: RankedList,
  outputs: Float64Array,
  slopes: Float64Array,
  curvatures: Float64Array,
): void {
  const order = [...labels.keys()].sort((a, b) => outputs[from + b]! - outputs[from + a]! || a - b)
  const ideal = idealOf(labels)
  const isSpread = outputs[from + order[0]!] !== outputs[from + order.at(-1)!]
  let pushed = 0
  for (let high = 0; high < Math.min(first, order.length); high++)
    for (let low = high + 1; low < order.length; low++) {
      const [one, other] = [order[high]!, order[low]!]
      if (labels[one] === labels[other]) continue
      const [right, wrong] = labels[one] === 1 ? [from + one, from + other] : [from + other, from + one]
      const apart = outputs[right]! - outputs[wrong]!
      let worth = (discount(high) - discount(low)) / ideal
      if (isSpread) worth /= 0.01 + Math.abs(apart)
      const doubt = 1 / (1 + Math.exp(apart))
      slopes[right]! -= worth * doubt
      slopes[wrong]! += worth * doubt
      const curvature = worth * doubt * (1 - doubt)
      curvatures[right]! += curvature
      curvatures[wrong]! += curvature
      pushed += 2 * worth * doubt
    }
  const factor = weight * (pushed > 0 ? Math.log2(1 + pushed) / pushed : 1)
  for (let at = from; at < from + labels.length; at++) {
    slopes[at]! *= factor
    curvatures[at]! *= factor
  }
}

function idealOf(labels: Uint8Array): number {
  const right = labels.reduce((sum, label) => sum + label, 0)
  let ideal = 0
  for (let rank = 0; rank < Math.min(first, right); rank++) ideal += discount(rank)
  return ideal
}
