import { readFileSync } from 'node:fs'
import * as z from 'zod'
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
const fileSchema = z.object({ fit: netSchema, confidence: netSchema, floor: z.number() })

/** What was learned about which tool fits, and about when none does. Trained by test/search/train-ranker.ts. */
export type Ranker = z.infer<typeof fileSchema>

/** Reads the committed file. Throws when it is not one or was learned from other features. */
export function readRanker(path: string | URL = new URL('./search-ranker.json', import.meta.url)): Ranker {
  const ranker = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  if (ranker.fit.straight.length !== featureCount) throw new Error('a ranker of other features')
  return ranker
}

/** What the net says of one row of inputs that starts at `start`. */
export function runNet(net: Net, inputs: Float32Array, start: number): number {
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
