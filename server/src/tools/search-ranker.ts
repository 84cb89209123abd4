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

/** The same, ready to run. */
export type Forest = {
  readonly roots: Int32Array
  readonly features: Int32Array
  readonly borders: Float32Array
  readonly lefts: Int32Array
  readonly rights: Int32Array
  readonly leaves: Float32Array
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
  return {
    roots: Int32Array.from(roots),
    features: Int32Array.from(features),
    borders: Float32Array.from(borders),
    lefts: Int32Array.from(lefts),
    rights: Int32Array.from(rights),
    leaves: Float32Array.from(leaves),
  }
}

/** What the trees say of one row of inputs that starts at `start`. */
export function runTrees(forest: Forest, inputs: Float32Array, start: number): number {
  const { roots, features, borders, lefts, rights, leaves } = forest
  let sum = 0
  for (let tree = 0; tree < roots.length; tree++) {
    let place = roots[tree] as number
    while (place >= 0) {
      const value = inputs[start + (features[place] as number)] as number
      place = (value <= (borders[place] as number) ? lefts[place] : rights[place]) as number
    }
    sum += leaves[-1 - place] as number
  }
  return sum
}
