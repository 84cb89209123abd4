export type DiffLine = { key: string; kind: 'same' | 'removed' | 'added'; text: string }

/** More lines than this are compared only at both ends: the table below grows with the product of the lengths. */
const most = 1200

/** Line by line difference by longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split('\n')
  const now = after.split('\n')
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++
  const middle = walk(old.slice(head, old.length - tail), now.slice(head, now.length - tail))
  const kept = (lines: string[]) => lines.map((text) => ({ kind: 'same' as const, text }))
  return [...kept(old.slice(0, head)), ...middle, ...kept(old.slice(old.length - tail))].map(
    (line, index) => ({
      ...line,
      key: `${index}${line.kind}`,
    }),
  )
}

type Line = Omit<DiffLine, 'key'>

function walk(old: string[], now: string[]): Line[] {
  if (old.length > most || now.length > most) {
    return [
      ...old.map((text) => ({ kind: 'removed' as const, text })),
      ...now.map((text) => ({ kind: 'added' as const, text })),
    ]
  }
  const same = commonLengths(old, now)
  const out: Line[] = []
  let [i, j] = [0, 0]
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      out.push({ kind: 'same', text: old[i++] ?? '' })
      j++
    } else if (same(i + 1, j) >= same(i, j + 1)) out.push({ kind: 'removed', text: old[i++] ?? '' })
    else out.push({ kind: 'added', text: now[j++] ?? '' })
  }
  return [
    ...out,
    ...old.slice(i).map((text) => ({ kind: 'removed' as const, text })),
    ...now.slice(j).map((text) => ({ kind: 'added' as const, text })),
  ]
}

/** How many lines the rest of both has in common, from each pair of positions on. */
function commonLengths(old: readonly string[], now: readonly string[]): (i: number, j: number) => number {
  const width = now.length + 1
  const table = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      table[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  return at
}
