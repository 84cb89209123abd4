import { type Candidates, featureCount, featureNames } from '../../server/src/tools/search-features.ts'
import type { RankerFile, Trees } from '../../server/src/tools/search-ranker.ts'
import { type Example, learnNet } from './learn-net.ts'
import { learnTrees } from './learn-trees.ts'
import { listLoss, type RankedList } from './list-loss.ts'
import type { Query } from './retrieval-sets.ts'

const netLesson = { count: featureCount, hidden: 16, epochs: 12, batch: 32, rate: 0.01, decay: 1e-4 }
const treesLesson = { trees: 240, leaves: 15, rate: 0.07, fewest: 40, ridge: 5, share: 0.6 }
/** Of the tools that do not fit, the likeliest and some of the others teach enough. */
const likeliest = 30
const oneOf = 4

/** A request as the search saw it, with 1 for each candidate that is right. */
export type Case = {
  set: string
  fold: number
  query: Query
  candidates: Candidates
  labels: Uint8Array
  weight: number
}
/** Each relevant tool against all that are not; where any one will do, all of them together. */
function asNetExample({ candidates, labels, query, weight }: Case): Example {
  const anyWill = query.kind === 'server'
  return {
    inputs: candidates.features,
    rows: labels.length,
    gradient(outputs, into) {
      const highest = outputs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
      const powers = outputs.map((value) => Math.exp(value - highest))
      let against = 0
      let together = 0
      let relevant = 0
      for (const [row, label] of labels.entries()) {
        if (label === 0) against += powers[row]!
        else {
          together += powers[row]!
          relevant++
        }
      }
      if (anyWill) {
        for (const [row, label] of labels.entries())
          into[row] =
            weight * (powers[row]! / (against + together) - (label === 0 ? 0 : powers[row]! / together))
        return
      }
      let pushed = 0
      for (const [row, label] of labels.entries()) {
        if (label === 0) continue
        into[row] = (weight * (powers[row]! / (against + powers[row]!) - 1)) / relevant
        pushed += 1 / (against + powers[row]!)
      }
      for (const [row, label] of labels.entries())
        if (label === 0) into[row] = (weight * powers[row]! * pushed) / relevant
    },
  }
}

/** The right ones, the likeliest wrong ones by words and meaning, and some of the rest. */
function worthLearning({ candidates: { features }, labels }: Case): number[] {
  const look = ['wholeRelative', 'nearRelative', 'stepRelative'].map((name) =>
    featureNames.indexOf(name as (typeof featureNames)[number]),
  )
  const promise = (row: number) => look.reduce((sum, place) => sum + features[row * featureCount + place]!, 0)
  const rows = [...labels.keys()].sort((a, b) => promise(b) - promise(a))
  return rows.filter((row, at) => labels[row] === 1 || at < likeliest || at % oneOf === 0)
}

export function learnFit(cases: readonly Case[]): RankerFile['fit'] {
  const decided = cases.filter(({ labels }) => labels.includes(1) && labels.includes(0))
  return { net: learnNet(decided.map(asNetExample), netLesson), trees: learnFitTrees(decided) }
}

function learnFitTrees(cases: readonly Case[]): Trees {
  const useful = cases.map((each) => ({ ...each, rows: worthLearning(each) }))
  const inputs = new Float32Array(useful.reduce((sum, { rows }) => sum + rows.length, 0) * featureCount)
  const lists: RankedList[] = []
  let from = 0
  for (const { rows, labels, weight, candidates } of useful) {
    for (const [at, row] of rows.entries())
      inputs.set(
        candidates.features.subarray(row * featureCount, (row + 1) * featureCount),
        (from + at) * featureCount,
      )
    lists.push({ from, labels: Uint8Array.from(rows, (row) => labels[row]!), weight })
    from += rows.length
  }
  return learnTrees({ inputs, count: featureCount }, listLoss(lists), treesLesson)
}
