import type { Net } from '../../server/src/tools/search-ranker.ts'
import { seeded } from './retrieval-sets.ts'

/** Rows of inputs that belong together, and what the loss says of their outputs. */
export type Example = {
  readonly inputs: Float32Array
  readonly rows: number
  /** Puts the gradient of the loss for each row's output; the outputs are given. */
  gradient(outputs: Float64Array, into: Float64Array): void
}
export type Lesson = {
  count: number
  hidden: number
  epochs: number
  batch: number
  rate: number
  decay: number
}

type Scaling = { means: Float64Array; spreads: Float64Array }

function scalingOf(examples: readonly Example[], count: number): Scaling {
  const means = new Float64Array(count)
  const squares = new Float64Array(count)
  let rows = 0
  for (const example of examples) {
    rows += example.rows
    for (let at = 0; at < example.rows * count; at++) {
      const value = example.inputs[at] ?? 0
      means[at % count]! += value
      squares[at % count]! += value * value
    }
  }
  const spreads = squares.map((square, at) => {
    const mean = means[at]! / rows
    return Math.sqrt(Math.max(0, square / rows - mean * mean)) + 1e-6
  })
  return { means: means.map((sum) => sum / rows), spreads }
}

/** Weights in one block: into (hidden × count), offsets, out, straight, offset. */
class Trained {
  readonly weights: Float64Array
  readonly #gradients: Float64Array
  readonly #firsts: Float64Array
  readonly #seconds: Float64Array
  readonly #lesson: Lesson
  #steps = 0

  constructor(lesson: Lesson, random: () => number) {
    const { count, hidden } = lesson
    const noise = () => (random() + random() + random() - 1.5) * 2
    this.#lesson = lesson
    this.weights = new Float64Array(hidden * count + hidden * 2 + count + 1)
    for (let at = 0; at < hidden * count; at++) this.weights[at] = noise() / Math.sqrt(count)
    for (let neuron = 0; neuron < hidden; neuron++)
      this.weights[hidden * count + hidden + neuron] = noise() / Math.sqrt(hidden)
    this.#gradients = new Float64Array(this.weights.length)
    this.#firsts = new Float64Array(this.weights.length)
    this.#seconds = new Float64Array(this.weights.length)
  }

  run(inputs: Float64Array, rows: number, inside: Float64Array): Float64Array {
    const { count, hidden } = this.#lesson
    const { weights } = this
    const outputs = new Float64Array(rows)
    const straight = hidden * count + hidden * 2
    for (let row = 0; row < rows; row++) {
      let sum = weights[weights.length - 1]!
      for (let at = 0; at < count; at++) sum += inputs[row * count + at]! * weights[straight + at]!
      for (let neuron = 0; neuron < hidden; neuron++) {
        let value = weights[hidden * count + neuron]!
        for (let at = 0; at < count; at++) value += inputs[row * count + at]! * weights[neuron * count + at]!
        const bent = Math.tanh(value)
        inside[row * hidden + neuron] = bent
        sum += bent * weights[hidden * count + hidden + neuron]!
      }
      outputs[row] = sum
    }
    return outputs
  }

  collect(inputs: Float64Array, inside: Float64Array, slopes: Float64Array): void {
    const { count, hidden } = this.#lesson
    const gradients = this.#gradients
    const straight = hidden * count + hidden * 2
    for (let row = 0; row < slopes.length; row++) {
      const slope = slopes[row]!
      if (Math.abs(slope) < 1e-12) continue
      gradients[gradients.length - 1]! += slope
      for (let at = 0; at < count; at++) gradients[straight + at]! += slope * inputs[row * count + at]!
      for (let neuron = 0; neuron < hidden; neuron++) {
        const bent = inside[row * hidden + neuron]!
        gradients[hidden * count + hidden + neuron]! += slope * bent
        const back = slope * this.weights[hidden * count + hidden + neuron]! * (1 - bent * bent)
        gradients[hidden * count + neuron]! += back
        for (let at = 0; at < count; at++) gradients[neuron * count + at]! += back * inputs[row * count + at]!
      }
    }
  }

  /** One step of Adam on what was collected from `examples` examples. */
  step(examples: number, rate: number): void {
    this.#steps++
    const first = 1 - 0.9 ** this.#steps
    const second = 1 - 0.999 ** this.#steps
    for (let at = 0; at < this.weights.length; at++) {
      const gradient = this.#gradients[at]! / examples + this.#lesson.decay * this.weights[at]!
      this.#firsts[at] = 0.9 * this.#firsts[at]! + 0.1 * gradient
      this.#seconds[at] = 0.999 * this.#seconds[at]! + 0.001 * gradient * gradient
      this.weights[at]! -=
        (rate * (this.#firsts[at]! / first)) / (Math.sqrt(this.#seconds[at]! / second) + 1e-8)
    }
    this.#gradients.fill(0)
  }
}

function scaled(example: Example, { means, spreads }: Scaling): Float64Array {
  const count = means.length
  return Float64Array.from(example.inputs, (value, at) => (value - means[at % count]!) / spreads[at % count]!)
}

/** The same function for inputs as they are. */
function unscaled(weights: Float64Array, { count, hidden }: Lesson, { means, spreads }: Scaling): Net {
  const part = (from: number, length: number) => [...weights.subarray(from, from + length)]
  const into = part(0, hidden * count)
  const offsets = part(hidden * count, hidden)
  const straight = part(hidden * count + hidden * 2, count)
  let offset = weights[weights.length - 1]!
  for (let at = 0; at < count; at++) {
    offset -= (straight[at]! * means[at]!) / spreads[at]!
    straight[at]! /= spreads[at]!
    for (let neuron = 0; neuron < hidden; neuron++) {
      into[neuron * count + at]! /= spreads[at]!
      offsets[neuron]! -= into[neuron * count + at]! * means[at]!
    }
  }
  const rounded = (value: number) => Number(value.toPrecision(5))
  return {
    into: into.map(rounded),
    offsets: offsets.map(rounded),
    out: part(hidden * count + hidden, hidden).map(rounded),
    straight: straight.map(rounded),
    offset: rounded(offset),
  }
}

/** Learns a net from examples by Adam, in batches, with a falling rate. Seeded. */
export function learnNet(examples: readonly Example[], lesson: Lesson): Net {
  const random = seeded(11)
  const scaling = scalingOf(examples, lesson.count)
  const inputs = examples.map((example) => scaled(example, scaling))
  const net = new Trained(lesson, random)
  const order = examples.map((_, at) => at)
  for (let epoch = 0; epoch < lesson.epochs; epoch++) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[order[at], order[other]] = [order[other]!, order[at]!]
    }
    const rate = lesson.rate * (1 - epoch / lesson.epochs)
    for (let from = 0; from < order.length; from += lesson.batch) {
      const batch = order.slice(from, from + lesson.batch)
      for (const at of batch) {
        const example = examples[at]!
        const inside = new Float64Array(example.rows * lesson.hidden)
        const outputs = net.run(inputs[at]!, example.rows, inside)
        const slopes = new Float64Array(example.rows)
        example.gradient(outputs, slopes)
        net.collect(inputs[at]!, inside, slopes)
      }
      net.step(batch.length, rate)
    }
  }
  return unscaled(net.weights, lesson, scaling)
}
