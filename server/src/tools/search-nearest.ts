import type { SearchIndex } from './search-index.ts'
import type { Seen } from './search-sight.ts'

/** How many look near at first sight, and how many of those are near. */
const looks = { sketch: 160, near: 40 }

export type Spread = { readonly mean: number; readonly deviation: number }

/** Of `count` values, all others being 0. */
export function spreadOf(values: Float32Array, count: number): Spread {
  let sum = 0
  let squares = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number
    sum += value
    squares += value * value
  }
  const mean = sum / Math.max(1, count)
  return { mean, deviation: Math.sqrt(Math.max(1e-4, squares / Math.max(1, count) - mean * mean)) }
}

/**
 * The visible documents whose meaning is nearest, best first: those that look near at first sight, looked at again; and how
 * near all are at first sight.
 */
export function nearestOf(
  index: SearchIndex,
  { visible, count }: Seen,
  direction: Float32Array,
): { order: number[]; background: Spread } {
  const near = index.room.take()
  const { block, length } = index.sketches
  // Numbers of twice the size need not be converted for each product.
  const sketch = Float64Array.from(direction.subarray(0, length))
  for (let document = 0; document < near.length; document++)
    if (visible[document] === 1) near[document] = sketchDot(block, document * length, sketch)
  const background = spreadOf(near, count)
  const some = bestOf(near, looks.sketch)
  near.fill(0)
  for (const document of some) near[document] = dot(index.directions, document * direction.length, direction)
  return { order: bestOf(near, looks.near), background }
}

/** A loop of its own for this kind of numbers, which the engine can then make fast. */
function sketchDot(block: Float32Array, start: number, sketch: Float64Array): number {
  let one = 0
  let two = 0
  let three = 0
  let four = 0
  for (let at = 0; at < sketch.length; at += 4) {
    one += (block[start + at] as number) * (sketch[at] as number)
    two += (block[start + at + 1] as number) * (sketch[at + 1] as number)
    three += (block[start + at + 2] as number) * (sketch[at + 2] as number)
    four += (block[start + at + 3] as number) * (sketch[at + 3] as number)
  }
  return one + two + three + four
}

/** Runs over many documents, so it takes four products at a time. */
export function dot(block: Float32Array, start: number, direction: Float32Array): number {
  const { length } = direction
  let one = 0
  let two = 0
  let three = 0
  let four = 0
  for (let at = 0; at < length; at += 4) {
    one += (block[start + at] as number) * (direction[at] as number)
    two += (block[start + at + 1] as number) * (direction[at + 1] as number)
    three += (block[start + at + 2] as number) * (direction[at + 2] as number)
    four += (block[start + at + 3] as number) * (direction[at + 3] as number)
  }
  return one + two + three + four
}

/** The documents with the highest scores above zero, best first; equal ones in the order of documents. */
export function bestOf(scores: Float32Array, most: number): number[] {
  // A short ordered list with room for one more: almost every document fails the first comparison.
  const documents = new Int32Array(most + 1)
  const values = new Float32Array(most + 1)
  let count = 0
  let least = 0
  for (let document = 0; document < scores.length; document++) {
    const score = scores[document] as number
    if (!(score > least)) continue
    let at = count
    for (; at > 0 && (values[at - 1] as number) < score; at--) {
      values[at] = values[at - 1] as number
      documents[at] = documents[at - 1] as number
    }
    values[at] = score
    documents[at] = document
    if (count < most) count++
    if (count === most) least = values[most - 1] as number
  }
  return Array.from(documents.subarray(0, count))
}
