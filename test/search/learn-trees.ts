import type { Trees } from '../../server/src/tools/search-ranker.ts'
import { seeded } from './retrieval-sets.ts'

/** Rows of `count` numbers, side by side. */
export type Table = { readonly inputs: Float32Array; readonly count: number }
/** Puts the slope and the curvature of the loss for each row, given what the trees say of it so far. */
export type Loss = (outputs: Float64Array, slopes: Float64Array, curvatures: Float64Array) => void
export type Lesson = {
  trees: number
  leaves: number
  rate: number
  /** A leaf holds at least so many rows. */
  fewest: number
  /** Keeps the values of leaves small. */
  ridge: number
  /** Share of the features that each tree may look at. */
  share: number
}

const bins = 256

/** Files stay small, and what is learned is what is written. */
const rounded = (value: number, digits: number) => Number(value.toPrecision(digits))

/** The numbers of each feature as places between borders that about as many rows lie between. */
class Binned {
  readonly rows: number
  readonly count: number
  readonly places: Uint8Array[] = []
  readonly borders: Float32Array[] = []

  constructor({ inputs, count }: Table) {
    this.count = count
    this.rows = inputs.length / count
    for (let feature = 0; feature < count; feature++) {
      const values = Float32Array.from({ length: this.rows }, (_, row) => inputs[row * count + feature]!)
      const borders = bordersOf(values)
      this.borders.push(borders)
      this.places.push(Uint8Array.from(values, (value) => placeOf(borders, value)))
    }
  }
}

function bordersOf(values: Float32Array): Float32Array {
  const sorted = values.toSorted()
  const borders = new Set<number>()
  for (let at = 1; at < bins; at++) {
    const place = Math.floor((at * sorted.length) / bins)
    const [before, here] = [sorted[place - 1] ?? 0, sorted[place] ?? 0]
    if (before < here) borders.add(rounded((before + here) / 2, 6))
  }
  // Few rows may lie beyond a border that no even share meets, such as the ones among many zeros.
  if (borders.size < bins / 4)
    for (const [before, here] of neighbours(sorted, bins / 4)) borders.add(rounded((before + here) / 2, 6))
  return Float32Array.from(borders).sort()
}

/** Neighbouring different values, at most so many. */
function neighbours(sorted: Float32Array, most: number): [number, number][] {
  const different = [...new Set(sorted)]
  const step = Math.max(1, different.length / most)
  const found: [number, number][] = []
  for (let at = 1; at < different.length; at += step)
    found.push([different[Math.floor(at) - 1]!, different[Math.floor(at)]!])
  return found
}

/** How many borders are below the value. */
function placeOf(borders: Float32Array, value: number): number {
  let low = 0
  let high = borders.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (borders[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

type Split = { feature: number; place: number; gain: number }
type Leaf = { from: number; to: number; slope: number; curvature: number; sums: Float64Array; best: Split }

/** Grows one tree after the other on the same rows. */
class Grower {
  readonly #table: Binned
  readonly #lesson: Lesson
  readonly #random: () => number
  readonly #slopes: Float64Array
  readonly #curvatures: Float64Array
  readonly #rows: Int32Array
  readonly #spare: Int32Array
  #features: number[] = []

  constructor(table: Binned, lesson: Lesson, random: () => number) {
    this.#table = table
    this.#lesson = lesson
    this.#random = random
    this.#slopes = new Float64Array(table.rows)
    this.#curvatures = new Float64Array(table.rows)
    this.#rows = new Int32Array(table.rows)
    this.#spare = new Int32Array(table.rows)
  }

  grow(trees: Trees, outputs: Float64Array, loss: Loss): void {
    const { rows, count, borders } = this.#table
    this.#slopes.fill(0)
    this.#curvatures.fill(0)
    loss(outputs, this.#slopes, this.#curvatures)
    for (let row = 0; row < rows; row++) this.#rows[row] = row
    const drawn = Array.from({ length: count }, (_, feature) => ({ feature, draw: this.#random() }))
    drawn.sort((a, b) => a.draw - b.draw)
    this.#features = drawn.slice(0, Math.ceil(count * this.#lesson.share)).map(({ feature }) => feature)
    const leaves: (Leaf & { parent: number; isRight: boolean })[] = [
      { ...this.#leaf(0, rows), parent: -1, isRight: false },
    ]
    trees.roots.push(trees.features.length)
    while (leaves.length < this.#lesson.leaves) {
      leaves.sort((a, b) => b.best.gain - a.best.gain)
      const [leaf] = leaves
      if (leaf === undefined || leaf.best.gain <= 1e-9) break
      const node = trees.features.length
      trees.features.push(leaf.best.feature)
      trees.borders.push(rounded(borders[leaf.best.feature]![leaf.best.place]!, 6))
      trees.lefts.push(0)
      trees.rights.push(0)
      this.#hang(trees, leaf, node)
      const [left, right] = this.#part(leaf)
      leaves.splice(
        0,
        1,
        { ...left, parent: node, isRight: false },
        { ...right, parent: node, isRight: true },
      )
    }
    for (const leaf of leaves) this.#finish(trees, leaf, outputs)
  }

  #hang(trees: Trees, { parent, isRight }: { parent: number; isRight: boolean }, place: number): void {
    if (parent >= 0) (isRight ? trees.rights : trees.lefts)[parent] = place
  }

  #finish(trees: Trees, leaf: Leaf & { parent: number; isRight: boolean }, outputs: Float64Array): void {
    const value = (-this.#lesson.rate * leaf.slope) / (leaf.curvature + this.#lesson.ridge)
    const leafValue = rounded(value, 4)
    trees.leaves.push(leafValue)
    const place = -trees.leaves.length
    if (leaf.parent < 0) trees.roots[trees.roots.length - 1] = place
    else this.#hang(trees, leaf, place)
    for (let at = leaf.from; at < leaf.to; at++) outputs[this.#rows[at]!]! += leafValue
  }

  #leaf(from: number, to: number, sums = this.#sum(from, to)): Leaf {
    let slope = 0
    let curvature = 0
    for (let at = from; at < to; at++) {
      slope += this.#slopes[this.#rows[at]!]!
      curvature += this.#curvatures[this.#rows[at]!]!
    }
    const leaf = { from, to, slope, curvature, sums, best: { feature: 0, place: 0, gain: 0 } }
    for (const feature of this.#features) this.#look(leaf, feature)
    return leaf
  }

  /** Slopes, curvatures and numbers of rows for each place of each feature. */
  #sum(from: number, to: number): Float64Array {
    const sums = new Float64Array(this.#table.count * bins * 3)
    for (const feature of this.#features) {
      const places = this.#table.places[feature]!
      const start = feature * bins * 3
      for (let at = from; at < to; at++) {
        const row = this.#rows[at]!
        const cell = start + places[row]! * 3
        sums[cell]! += this.#slopes[row]!
        sums[cell + 1]! += this.#curvatures[row]!
        sums[cell + 2]! += 1
      }
    }
    return sums
  }

  #look(leaf: Leaf, feature: number): void {
    const { fewest, ridge } = this.#lesson
    const worth = (slope: number, curvature: number) => (slope * slope) / (curvature + ridge)
    const whole = worth(leaf.slope, leaf.curvature)
    let [slope, curvature, rows] = [0, 0, 0]
    for (let place = 0; place < this.#table.borders[feature]!.length; place++) {
      const cell = (feature * bins + place) * 3
      slope += leaf.sums[cell]!
      curvature += leaf.sums[cell + 1]!
      rows += leaf.sums[cell + 2]!
      if (rows < fewest || leaf.to - leaf.from - rows < fewest) continue
      const gain = worth(slope, curvature) + worth(leaf.slope - slope, leaf.curvature - curvature) - whole
      if (gain > leaf.best.gain) leaf.best = { feature, place, gain }
    }
  }

  /** The two halves; the smaller is summed up, the larger is what remains. */
  #part({ from, to, sums, best }: Leaf): [Leaf, Leaf] {
    const places = this.#table.places[best.feature]!
    let left = from
    let others = 0
    for (let at = from; at < to; at++) {
      const row = this.#rows[at]!
      if (places[row]! <= best.place) this.#rows[left++] = row
      else this.#spare[others++] = row
    }
    this.#rows.set(this.#spare.subarray(0, others), left)
    const isLeftSmall = left - from < to - left
    const small = isLeftSmall ? this.#sum(from, left) : this.#sum(left, to)
    const large = sums.map((sum, at) => sum - small[at]!)
    return [
      this.#leaf(from, left, isLeftSmall ? small : large),
      this.#leaf(left, to, isLeftSmall ? large : small),
    ]
  }
}

/** Gradient boosting: each tree is grown where those before it are wrong. Seeded. */
export function learnTrees(table: Table, loss: Loss, lesson: Lesson): Trees {
  const trees: Trees = { roots: [], features: [], borders: [], lefts: [], rights: [], leaves: [] }
  const binned = new Binned(table)
  const outputs = new Float64Array(binned.rows)
  const grower = new Grower(binned, lesson, seeded(11))
  for (let tree = 0; tree < lesson.trees; tree++) grower.grow(trees, outputs, loss)
  return trees
}
