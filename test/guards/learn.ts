/** Logistic regression over hashed features, seeded and small: what train.ts is made of. */

/** A piece of text as hashed features, what it should say, and how much it counts. */
export type Example = { features: Int32Array; label: 0 | 1; weight: number }
export type Weights = { table: Float32Array; bias: number }

/** Numbers from a seed, evenly over 0..1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items]
  for (let at = out.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[out[at], out[other]] = [out[other] as T, out[at] as T]
  }
  return out
}

export const scoreOf = ({ table, bias }: Weights, features: Int32Array): number => {
  let sum = 0
  for (let at = 0; at < features.length; at++) sum += table[features[at] as number] as number
  return features.length === 0 ? bias : sum / Math.sqrt(features.length) + bias
}

/** Adagrad with decay. Classes are balanced by weight, so the bias is that of even odds. Features from `below` on are left alone. */
export function learnLinear(
  examples: readonly Example[],
  {
    bits,
    epochs,
    decay,
    seed,
    rate = 0.5,
    below = 1 << bits,
  }: { bits: number; epochs: number; decay: number; seed: number; rate?: number; below?: number },
): Weights {
  const table = new Float32Array(1 << bits)
  // Started high, so that a word seen twice gets no large weight.
  const squares = new Float32Array(1 << bits).fill(1)
  const random = seeded(seed)
  const total = [0, 0]
  for (const { label, weight } of examples) total[label] = (total[label] ?? 0) + weight
  const share = [examples.length / 2 / (total[0] || 1), examples.length / 2 / (total[1] || 1)]
  const out: Weights = { table, bias: 0 }
  let biasSquare = 1
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { features, label, weight } of shuffled(examples, random)) {
      const miss = (1 / (1 + Math.exp(-scoreOf(out, features))) - label) * weight * (share[label] as number)
      const step = miss / Math.sqrt(features.length || 1)
      for (let at = 0; at < features.length; at++) {
        const feature = features[at] as number
        if (feature >= below) continue
        const gradient = step + decay * (table[feature] as number)
        squares[feature] = (squares[feature] as number) + gradient * gradient
        table[feature] =
          (table[feature] as number) - (rate * gradient) / Math.sqrt(squares[feature] as number)
      }
      biasSquare += miss * miss
      out.bias -= (0.3 * miss) / Math.sqrt(biasSquare)
    }
  }
  return out
}

export type Dense = { values: readonly number[]; label: 0 | 1; weight: number }
export type DenseWeights = { mean: number[]; spread: number[]; weights: number[]; bias: number }

/** The last layer: standardised values, gradient descent to the end, a little decay. `signs`: +1 or -1 where a weight may only be so. */
export function learnDense(
  rows: readonly Dense[],
  decay: number,
  signs: readonly number[] = [],
): DenseWeights {
  const width = rows[0]?.values.length ?? 0
  const mean = Array.from(
    { length: width },
    (_, at) => rows.reduce((sum, { values }) => sum + (values[at] ?? 0), 0) / rows.length,
  )
  const spread = mean.map(
    (middle, at) =>
      Math.sqrt(rows.reduce((sum, { values }) => sum + ((values[at] ?? 0) - middle) ** 2, 0) / rows.length) ||
      1,
  )
  const inputs = rows.map(({ values }) =>
    values.map((value, at) => (value - (mean[at] ?? 0)) / (spread[at] ?? 1)),
  )
  const all = rows.reduce((sum, { weight }) => sum + weight, 0)
  const weights = new Array<number>(width).fill(0)
  let bias = 0
  for (let step = 0; step < 400; step++) {
    const gradient = new Array<number>(width).fill(0)
    let biasGradient = 0
    for (const [index, input] of inputs.entries()) {
      let sum = bias
      for (let at = 0; at < width; at++) sum += (input[at] as number) * (weights[at] as number)
      const { label, weight } = rows[index] as Dense
      const miss = ((1 / (1 + Math.exp(-sum)) - label) * weight) / all
      for (let at = 0; at < width; at++)
        gradient[at] = (gradient[at] as number) + miss * (input[at] as number)
      biasGradient += miss
    }
    for (let at = 0; at < width; at++) {
      let next = (weights[at] as number) - 1.5 * ((gradient[at] as number) + decay * (weights[at] as number))
      const sign = signs[at] ?? 0
      if (sign !== 0 && next * sign < 0) next = 0
      weights[at] = next
    }
    bias -= 1.5 * biasGradient
  }
  return { mean, spread, weights, bias }
}
