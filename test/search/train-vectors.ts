import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { directionWords, fieldWords } from '../../server/src/tools/describe-tool.ts'
import { stemsOf } from '../../server/src/tools/split-words.ts'
import { hashWord, vectorLength, writeWordVectors } from '../../server/src/tools/word-vectors.ts'
import { isHeldOut, type RetrievalSet, readSets, seeded } from './retrieval-sets.ts'

/**
 * Makes server/src/tools/word-vectors.bin: words as vectors, so that a request and the tool that serves it point the
 * same way although they share no word. Learned by telling the right tool from the others of a batch (InfoNCE), from
 * development queries with their tools and from each tool's name with its own description. Seeded; about a minute.
 */
const epochs = 14
const batchSize = 256
const learningRate = 0.05
const sharpness = 14
const dropout = 0.1
const fewestUses = 2

type Words = Int32Array
/** A text, the text it belongs to, and the tool they speak of: other pairs of that tool are no counter-examples. */
type Pair = { left: Words; right: Words; tool: number }
type Texts = { left: string[]; right: string[]; tool: number }

function describe(tool: RetrievalSet['tools'][number]) {
  const byField = fieldWords(tool, { name: tool.serverId, slug: '', description: '' })
  return { byField, all: directionWords(byField) }
}

function collectTexts(
  sets: readonly RetrievalSet[],
  holdOut: boolean,
): { texts: Texts[]; documents: string[][] } {
  const texts: Texts[] = []
  const documents: string[][] = []
  const seen = new Set<string>()
  for (const set of sets) {
    const ofTool = new Map<string, string[]>()
    for (const tool of set.tools) {
      const { byField, all } = describe(tool)
      ofTool.set(tool.publicName, all)
      if (seen.has(tool.publicName)) continue
      seen.add(tool.publicName)
      documents.push(all)
      const label = [...byField.name, ...byField.server, ...byField.parameters].slice(0, 40)
      const prose = [...byField.description, ...byField.details.slice(0, 40)].slice(0, 40)
      if (label.length > 0 && prose.length > 1)
        texts.push({ left: prose, right: label, tool: hashWord(tool.publicName) })
    }
    for (const query of set.queries) {
      // The large set repeats the queries of a smaller one.
      if ((set.name === 'retrieval-mcp-large' && query.kind !== 'server') || (holdOut && isHeldOut(query)))
        continue
      const words = stemsOf(query.query).slice(0, 60)
      documents.push(words)
      for (const id of query.relevant.slice(0, 8)) {
        const right = ofTool.get(id)?.slice(0, 60) ?? []
        if (words.length > 0 && right.length > 0) texts.push({ left: words, right, tool: hashWord(id) })
      }
    }
  }
  return { texts, documents }
}

function countWords(documents: readonly string[][]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const words of documents)
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** Texts of one side of a batch, encoded: unit vectors and the lengths they were divided by. */
class Side {
  readonly units = new Float32Array(batchSize * vectorLength)
  readonly gradients = new Float32Array(batchSize * vectorLength)
  readonly #lengths = new Float32Array(batchSize)
  #texts: Words[] = []

  encode(texts: Words[], model: Model): void {
    this.#texts = texts
    this.units.fill(0)
    this.gradients.fill(0)
    for (const [row, words] of texts.entries()) {
      const start = row * vectorLength
      for (const word of words) model.addTo(this.units, start, word)
      let square = 1e-6
      for (let at = 0; at < vectorLength; at++) square += this.units[start + at]! ** 2
      this.#lengths[row] = Math.sqrt(square)
      for (let at = 0; at < vectorLength; at++) this.units[start + at]! /= this.#lengths[row]!
    }
  }

  learn(model: Model, rate: number): void {
    const gradient = new Float32Array(vectorLength)
    for (const [row, words] of this.#texts.entries()) {
      const start = row * vectorLength
      let along = 0
      for (let at = 0; at < vectorLength; at++) along += this.gradients[start + at]! * this.units[start + at]!
      for (let at = 0; at < vectorLength; at++) {
        gradient[at] = (this.gradients[start + at]! - along * this.units[start + at]!) / this.#lengths[row]!
      }
      for (const word of words) model.learn(word, gradient, rate)
    }
  }
}

/** A vector and a weight (kept as its logarithm) for each word, moved by AdaGrad. */
class Model {
  readonly vectors: Float32Array
  readonly weights: Float32Array
  readonly #vectorSquares: Float32Array
  readonly #weightSquares: Float32Array

  constructor(rarities: readonly number[], random: () => number) {
    const noise = () => ((random() + random() + random() - 1.5) * 2) / Math.sqrt(vectorLength)
    this.vectors = Float32Array.from({ length: rarities.length * vectorLength }, noise)
    this.weights = Float32Array.from(rarities, Math.log)
    this.#vectorSquares = new Float32Array(rarities.length)
    this.#weightSquares = new Float32Array(rarities.length)
  }

  addTo(block: Float32Array, start: number, word: number): void {
    const weight = Math.exp(this.weights[word]!)
    for (let at = 0; at < vectorLength; at++)
      block[start + at]! += weight * this.vectors[word * vectorLength + at]!
  }

  learn(word: number, gradient: Float32Array, rate: number): void {
    const weight = Math.exp(this.weights[word]!)
    const start = word * vectorLength
    let ofWeight = 0
    let square = 0
    for (let at = 0; at < vectorLength; at++) {
      ofWeight += gradient[at]! * this.vectors[start + at]!
      square += (gradient[at]! * weight) ** 2
    }
    this.#vectorSquares[word]! += square / vectorLength
    const step = rate / (Math.sqrt(this.#vectorSquares[word]!) + 1e-4)
    for (let at = 0; at < vectorLength; at++) this.vectors[start + at]! -= step * gradient[at]! * weight
    this.#weightSquares[word]! += (ofWeight * weight) ** 2
    this.weights[word]! -= (rate * ofWeight * weight) / (Math.sqrt(this.#weightSquares[word]!) + 1e-3)
  }
}

/** One step on a batch; the mean loss. */
function learnBatch(batch: readonly Pair[], left: Side, right: Side): number {
  const row = new Float32Array(batchSize)
  let loss = 0
  for (let i = 0; i < batchSize; i++) {
    let highest = Number.NEGATIVE_INFINITY
    for (let j = 0; j < batchSize; j++) {
      let near = 0
      for (let at = 0; at < vectorLength; at++)
        near += left.units[i * vectorLength + at]! * right.units[j * vectorLength + at]!
      row[j] = i !== j && batch[i]!.tool === batch[j]!.tool ? -1e9 : near * sharpness
      highest = Math.max(highest, row[j]!)
    }
    let sum = 0
    for (let j = 0; j < batchSize; j++) {
      row[j] = Math.exp(row[j]! - highest)
      sum += row[j]!
    }
    loss -= Math.log(row[i]! / sum + 1e-9)
    for (let j = 0; j < batchSize; j++) {
      const pull = ((row[j]! / sum - (i === j ? 1 : 0)) * sharpness) / batchSize
      if (Math.abs(pull) < 1e-7) continue
      for (let at = 0; at < vectorLength; at++) {
        left.gradients[i * vectorLength + at]! += pull * right.units[j * vectorLength + at]!
        right.gradients[j * vectorLength + at]! += pull * left.units[i * vectorLength + at]!
      }
    }
  }
  return loss / batchSize
}

function train(pairs: Pair[], model: Model, random: () => number): void {
  const left = new Side()
  const right = new Side()
  const thin = (words: Words) => words.filter(() => random() > dropout)
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let at = pairs.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[pairs[at], pairs[other]] = [pairs[other]!, pairs[at]!]
    }
    const rate = learningRate * (1 - epoch / epochs)
    let loss = 0
    let batches = 0
    for (let at = 0; at + batchSize <= pairs.length; at += batchSize) {
      const batch = pairs.slice(at, at + batchSize)
      left.encode(
        batch.map((pair) => thin(pair.left)),
        model,
      )
      right.encode(
        batch.map((pair) => thin(pair.right)),
        model,
      )
      loss += learnBatch(batch, left, right)
      batches++
      left.learn(model, rate)
      right.learn(model, rate)
    }
    console.error(`epoch ${epoch + 1} of ${epochs}, loss ${(loss / batches).toFixed(3)}`)
  }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string', default: 'server/src/tools/word-vectors.bin' },
      'hold-out': { type: 'boolean', default: false },
    },
  })
  const sets = readSets(values.data)
  if (sets.length === 0) return
  const { texts, documents } = collectTexts(sets, values['hold-out'])
  const counts = [...countWords(documents)].filter(([, count]) => count >= fewestUses)
  const places = new Map(counts.map(([word], place) => [word, place]))
  const numbers = (words: string[]) => Int32Array.from(words.flatMap((word) => places.get(word) ?? []))
  const pairs = texts.map((text) => ({
    left: numbers(text.left),
    right: numbers(text.right),
    tool: text.tool,
  }))
  const random = seeded(1)
  const model = new Model(
    counts.map(([, count]) => Math.log(1 + documents.length / (count + 1))),
    random,
  )
  train(
    pairs.filter((pair) => pair.left.length > 0 && pair.right.length > 0),
    model,
    random,
  )
  const rows = counts.map(([word], place): [string, Float32Array] => {
    const vector = new Float32Array(vectorLength)
    model.addTo(vector, 0, place)
    return [word, vector]
  })
  const file = writeWordVectors(rows)
  writeFileSync(values.out, file)
  console.error(`${rows.length} words, ${file.length} bytes, ${pairs.length} pairs`)
}

main()
