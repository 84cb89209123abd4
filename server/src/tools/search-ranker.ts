import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { confidenceCount } from './search-confidence.ts'
import { featureCount } from './search-features.ts'

/** A layer of `hidden` neurons beside a straight line, over numbers that were brought to one scale in training. */
const netSchema = z.object({
  into: z.array(z.number()),
  offsets: z.array(z.number()),
  out: z.array(z.number()),
  straight: z.array(z.number()),
  offset: z.number(),
})
export type Net = z.infer<typeof netSchema>

/**
 * Decision trees whose leaves are added up. A node asks whether one number is at most its border and leads left or right;
 * what is below zero is a leaf, counted from -1.
 */
const treesSchema = z.object({
  roots: z.array(z.int()),
  features: z.array(z.int()),
  borders: z.array(z.number()),
  lefts: z.array(z.int()),
  rights: z.array(z.int()),
  leaves: z.array(z.number()),
})
export type Trees = z.infer<typeof treesSchema>
const fileSchema = z.object({
  fit: z.object({ net: netSchema, trees: treesSchema }),
  confidence: treesSchema,
  floor: z.number(),
})
export type RankerFile = z.infer<typeof fileSchema>
/** How much more the trees say than the net: their scores spread less. */
const treesWeight = 1.5

/** Leaves of one tree are bits of one number. */
const maxLeaves = 32

/**
 * The same, ready to run: the questions of all trees by the number they look at, lowest border first. A number above a
 * border strikes out the leaves left of that question; the leftmost one that remains is where its tree ends. This reads
 * in order what walking down every tree would jump about in, and takes less than half of the time.
 */
export type Forest = {
  /** Where the questions about each number start, and where they end. */
  readonly starts: Int32Array
  readonly borders: Float32Array
  readonly trees: Int32Array
  /** The leaves that such a question leaves. */
  readonly masks: Int32Array
  /** Those of each tree from left to right, in `maxLeaves` places. */
  readonly leaves: Float32Array
  /** Room for the leaves that remain of each tree. */
  readonly remaining: Int32Array
}

/** What was learned about which tool fits, and about when none does. Trained by test/search/train-ranker.ts. */
export type Ranker = { readonly fit: Fit; readonly confidence: Forest; readonly floor: number }
/** Two judges that err differently; what they say together is better than what either says. */
export type Fit = { readonly net: Net; readonly trees: Forest }

/** Reads the committed file. Throws when it is not one or was learned from other features. */
export function readRanker(path: string | URL = new URL('./search-ranker.json', import.meta.url)): Ranker {
  const { fit, confidence, floor } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  return { fit: readFit(fit), confidence: plant(confidence, confidenceCount), floor }
}

export function readFit({ net, trees }: RankerFile['fit']): Fit {
  if (net.straight.length !== featureCount) throw new Error('a ranker of other features')
  return { net, trees: plant(trees, featureCount) }
}

/** How well the candidate fits whose features start at `start`. */
export function runFit({ net, trees }: Fit, features: Float32Array, start: number): number {
  return (runNet(net, features, start) + treesWeight * runTrees(trees, features, start)) / (1 + treesWeight)
}

function runNet(net: Net, inputs: Float32Array, start: number): number {
  const { into, offsets, out, straight } = net
  const count = straight.length
  let sum = net.offset
  for (let at = 0; at < count; at++) sum += (inputs[start + at] as number) * (straight[at] as number)
  for (let neuron = 0; neuron < out.length; neuron++) {
    let inside = offsets[neuron] as number
    for (let at = 0; at < count; at++)
      inside += (inputs[start + at] as number) * (into[neuron * count + at] as number)
    sum += (out[neuron] as number) * Math.tanh(inside)
  }
  return sum
}

/** Checks that every path ends and looks only at numbers that are there. */
export function plant(trees: Trees, count: number): Forest {
  const { roots, features, borders, lefts, rights, leaves } = trees
  const nodes = features.length
  const isPlace = (place: number, above: number) =>
    place < 0 ? -place <= leaves.length : place > above && place < nodes
  const isWhole =
    [borders, lefts, rights].every((each) => each.length === nodes) &&
    features.every((feature) => feature >= 0 && feature < count) &&
    roots.every((root) => isPlace(root, -1)) &&
    [lefts, rights].every((each) => each.every((place, node) => isPlace(place, node)))
  if (!isWhole) throw new Error('a ranker of other features')
  return sortQuestions(trees, count)
}

type Question = { readonly border: number; readonly tree: number; readonly mask: number }

function sortQuestions(trees: Trees, count: number): Forest {
  const { roots, features, borders, lefts, rights } = trees
  const leaves = new Float32Array(roots.length * maxLeaves)
  const byFeature = Array.from({ length: count }, (): Question[] => [])
  for (const [tree, root] of roots.entries()) {
    let placed = 0
    const place = (node: number): void => {
      if (node < 0) {
        if (placed === maxLeaves) throw new Error(`a ranker with a tree of more than ${maxLeaves} leaves`)
        leaves[tree * maxLeaves + placed++] = trees.leaves[-1 - node] as number
        return
      }
      const from = placed
      place(lefts[node] as number)
      // Bits from `from` up to what was placed by now are the leaves on its left.
      const mask = placed === maxLeaves ? -1 << from : ((1 << placed) - 1) & (-1 << from)
      byFeature[features[node] as number]?.push({ border: borders[node] as number, tree, mask: ~mask })
      place(rights[node] as number)
    }
    place(root)
  }
  const questions = byFeature.map((of) => of.sort((a, b) => a.border - b.border))
  const all = questions.flat()
  let end = 0
  return {
    starts: Int32Array.from([0, ...questions.map((of) => (end += of.length))]),
    borders: Float32Array.from(all, ({ border }) => border),
    trees: Int32Array.from(all, ({ tree }) => tree),
    masks: Int32Array.from(all, ({ mask }) => mask),
    leaves,
    remaining: new Int32Array(roots.length),
  }
}

/** What the trees say of one row of inputs that starts at `start`. */
export function runTrees(forest: Forest, inputs: Float32Array, start: number): number {
  const { starts, borders, trees, masks, leaves, remaining } = forest
  remaining.fill(-1)
  for (let feature = 0; feature + 1 < starts.length; feature++) {
    const value = inputs[start + feature] as number
    const end = starts[feature + 1] as number
    for (let at = starts[feature] as number; at < end && !(value <= (borders[at] as number)); at++) {
      const tree = trees[at] as number
      remaining[tree] = (remaining[tree] as number) & (masks[at] as number)
    }
  }
  let sum = 0
  for (let tree = 0; tree < remaining.length; tree++) {
    const bits = remaining[tree] as number
    sum += leaves[tree * maxLeaves + 31 - Math.clz32(bits & -bits)] as number
  }
  return sum
}
