/** Figures of a scorer: recall at a false-positive rate, area under the curve, bootstrap intervals. */
import { seeded } from './learn.ts'

export type Scored = { score: number; label: 0 | 1; kind: string; source: string }

/** The lowest threshold whose share of benign scores at or above it is at most `rate`. */
export function thresholdFor(benign: readonly number[], rate: number): number {
  const sorted = [...benign].sort((one, other) => other - one)
  const allowed = Math.floor(sorted.length * rate)
  return sorted.length === 0 ? 0.5 : (sorted[allowed] ?? 0) + 1e-9
}

export const shareAbove = (scores: readonly number[], threshold: number) =>
  scores.length === 0 ? Number.NaN : scores.filter((score) => score >= threshold).length / scores.length

export function recallAt(rows: readonly Scored[], rate: number): number {
  const threshold = thresholdFor(scoresOf(rows, 0), rate)
  return shareAbove(scoresOf(rows, 1), threshold)
}

export const scoresOf = (rows: readonly Scored[], label: 0 | 1) =>
  rows.filter((row) => row.label === label).map(({ score }) => score)

/** The chance that an attack scores above a benign text. */
export function areaUnder(rows: readonly Scored[]): number {
  const sorted = [...rows].sort((one, other) => one.score - other.score)
  let rankSum = 0
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (end < sorted.length && sorted[end]?.score === sorted[at]?.score) end++
    const rank = (at + end + 1) / 2
    for (let each = at; each < end; each++) if (sorted[each]?.label === 1) rankSum += rank
    at = end
  }
  const attacks = scoresOf(rows, 1).length
  const benign = rows.length - attacks
  return attacks === 0 || benign === 0
    ? Number.NaN
    : (rankSum - (attacks * (attacks + 1)) / 2) / (attacks * benign)
}

/** The middle 95 % of a figure over rows drawn anew. */
export function interval(
  rows: readonly Scored[],
  figure: (rows: readonly Scored[]) => number,
  draws = 200,
): [number, number] {
  const random = seeded(7)
  const values = Array.from({ length: draws }, () =>
    figure(rows.map(() => rows[Math.floor(random() * rows.length)] as Scored)),
  ).sort((one, other) => one - other)
  return [values[Math.floor(draws * 0.025)] ?? Number.NaN, values[Math.floor(draws * 0.975)] ?? Number.NaN]
}
