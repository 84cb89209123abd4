import { splitWords } from './split-words.ts'

const maxNameChars = 128

const at = (row: readonly number[], column: number): number => row[column] ?? 0

/** Edits (insert, delete, replace, swap of neighbours) between two short texts, or `limit + 1` as soon as it is more. */
export function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1
  let older: number[] = []
  let before = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    let best = row
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const value = Math.min(
        at(before, column) + 1,
        at(current, column - 1) + 1,
        at(before, column - 1) + cost,
        row > 1 && column > 1 && isSwap ? at(older, column - 2) + 1 : limit + 1,
      )
      current.push(value)
      best = Math.min(best, value)
    }
    if (best > limit) return limit + 1
    older = before
    before = current
  }
  return before[right.length] ?? limit + 1
}

function overlap(words: ReadonlySet<string>, candidate: readonly string[]): number {
  const shared = candidate.filter((word) => words.has(word)).length
  return shared === 0 ? 0 : (2 * shared) / (words.size + candidate.length)
}

/**
 * The names nearest to a wrong one, best first: by shared words, then by spelling. `names` are only those the caller may
 * use, so that a guess never reveals more (contract.md §3). The cost is linear in the names.
 */
export function suggestNames(wrong: string, names: Iterable<string>, max: number): string[] {
  const guess = wrong.slice(0, maxNameChars).toLowerCase()
  const words = new Set(splitWords(wrong.slice(0, maxNameChars)))
  const limit = Math.max(2, Math.floor(guess.length / 4))
  const scored: { name: string; score: number }[] = []
  for (const name of names) {
    const distance = editDistance(guess, name.toLowerCase(), limit)
    const spelling = distance > limit ? 0 : 1 - distance / (guess.length + 1)
    const ending = name.toLowerCase().endsWith(`_${guess}`) ? 0.9 : 0
    const score = Math.max(spelling, ending, overlap(words, splitWords(name)))
    if (score >= 0.3) scored.push({ name, score })
  }
  return scored
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .slice(0, max)
    .map((entry) => entry.name)
}
