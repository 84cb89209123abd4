import type { WordRow } from '../../server/src/tools/word-vectors.ts'

const sweeps = 12

/**
 * Turns all vectors together so that their first numbers tell texts apart best: a search looks at those first. Angles
 * between vectors stay as they are. The axes are those in which the given texts differ most (Jacobi's method).
 */
export function rotateToPrincipal(
  rows: readonly (readonly [string, WordRow])[],
  texts: readonly string[][],
): void {
  const length = rows[0]?.[1].vector.length ?? 0
  const axes = principalAxes(covarianceOf(new Map(rows), texts, length), length)
  for (const [, { vector }] of rows) {
    const turned = axes.map((axis) => axis.reduce((sum, value, at) => sum + value * vector[at]!, 0))
    vector.set(turned)
  }
}

function covarianceOf(
  words: ReadonlyMap<string, WordRow>,
  texts: readonly string[][],
  length: number,
): Float64Array {
  const covariance = new Float64Array(length * length)
  for (const text of texts) {
    const sum = new Float64Array(length)
    for (const word of text) {
      const row = words.get(word)
      if (row !== undefined) for (let at = 0; at < length; at++) sum[at]! += row.offered * row.vector[at]!
    }
    const square = sum.reduce((all, value) => all + value * value, 1e-9)
    for (let a = 0; a < length; a++)
      for (let b = a; b < length; b++) covariance[a * length + b]! += (sum[a]! * sum[b]!) / square
  }
  for (let a = 0; a < length; a++)
    for (let b = 0; b < a; b++) covariance[a * length + b] = covariance[b * length + a]!
  return covariance
}

/** Eigenvectors of a symmetric matrix, that of the largest eigenvalue first. */
function principalAxes(matrix: Float64Array, length: number): Float64Array[] {
  const axes = Array.from({ length }, (_, at) => {
    const axis = new Float64Array(length)
    axis[at] = 1
    return axis
  })
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let a = 0; a < length; a++) for (let b = a + 1; b < length; b++) turn(matrix, axes, { a, b, length })
  const values = axes.map((_, at) => matrix[at * length + at]!)
  return axes
    .map((axis, at) => ({ axis, value: values[at]! }))
    .sort((x, y) => y.value - x.value)
    .map(({ axis }) => axis)
}

/** One rotation that makes the entry at row a and column b zero. */
function turn(
  matrix: Float64Array,
  axes: Float64Array[],
  { a, b, length }: { a: number; b: number; length: number },
): void {
  const off = matrix[a * length + b]!
  if (Math.abs(off) < 1e-12) return
  const ratio = (matrix[b * length + b]! - matrix[a * length + a]!) / (2 * off)
  const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  for (let at = 0; at < length; at++) {
    const left = matrix[at * length + a]!
    const right = matrix[at * length + b]!
    matrix[at * length + a] = cosine * left - sine * right
    matrix[at * length + b] = sine * left + cosine * right
  }
  for (let at = 0; at < length; at++) {
    const left = matrix[a * length + at]!
    const right = matrix[b * length + at]!
    matrix[a * length + at] = cosine * left - sine * right
    matrix[b * length + at] = sine * left + cosine * right
  }
  const [first, second] = [axes[a]!, axes[b]!]
  for (let at = 0; at < length; at++) {
    const left = first[at]!
    const right = second[at]!
    first[at] = cosine * left - sine * right
    second[at] = sine * left + cosine * right
  }
}
