import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { directionWords, fieldWords } from '../../server/src/tools/describe-tool.ts'
import { readQuery } from '../../server/src/tools/search-query.ts'
import { readSynonyms, type Synonyms } from '../../server/src/tools/search-synonyms.ts'
import { hashWord, type WordRow, writeWordVectors } from '../../server/src/tools/word-vectors.ts'
import { foldOf, type Query, type RetrievalSet, readSets, seeded } from './retrieval-sets.ts'
import { rotateToPrincipal } from './rotate-vectors.ts'

/**
 * Makes server/src/tools/word-vectors.bin: words as vectors, so that a request and the tool that serves it point the
 * same way although they share no word. Learned by telling the right tool from the others of a batch (InfoNCE), from
 * development queries with their tools and from each tool's name with its own description. Seeded; about a minute.
 */
const epochs = 14
const batchSize = 256
const learningRate = 0.05
const sharpness = 9
const dropout = 0.1
const fewestUses = 2
/** Pulls smaller than this are not worth the time: late in training nearly all are. */
const weakest = 1e-5

type Words = Int32Array
/** A text, the text it belongs to, and the tool they speak of: other pairs of that tool are no counter-examples. */
type Pair = { left: Words; right: Words; tool: number }
type Texts = { left: string[]; right: string[]; tool: number }

/** Where a set found a connector stands before its name: all right ones of a set may come from one place, nobody else's do. */
const ownName = (server: string) => server.replace(/^(?:docker|mcpm|toucan):/, '')

function describe(tool: RetrievalSet['tools'][number]) {
  const byField = fieldWords(tool, { name: ownName(tool.serverId), slug: '', description: '' })
  return { byField, all: directionWords(byField) }
}

function collectTexts(
  sets: readonly RetrievalSet[],
  isLeftOut: (set: string, query: Query) => boolean,
): { texts: Texts[]; documents: string[][]; offered: string[][] } {
  const texts: Texts[] = []
  const documents: string[][] = []
  const offered: string[][] = []
  const seen = new Set<string>()
  for (const set of sets) {
    const ofTool = new Map<string, string[]>()
    for (const tool of set.tools) {
      const { byField, all } = describe(tool)
      ofTool.set(tool.publicName, all)
      if (seen.has(tool.publicName)) continue
      seen.add(tool.publicName)
      documents.push(all)
      offered.push(all)
      const label = [...byField.name, ...byField.server, ...byField.parameters].slice(0, 40)
      const prose = [...byField.description, ...byField.details.slice(0, 40)].slice(0, 40)
      if (label.length > 0 && prose.length > 1)
        texts.push({ left: prose, right: label, tool: hashWord(tool.publicName) })
    }
    for (const query of set.queries) {
      // The large set repeats the queries of a smaller one.
      if ((set.name === 'retrieval-mcp-large' && query.kind !== 'server') || isLeftOut(set.name, query))
        continue
      const words = readQuery(query.query)
        .whole.words.filter(({ weight }) => weight >= 0.5)
        .map(({ stem }) => stem)
      documents.push(words)
      for (const id of query.relevant.slice(0, 8)) {
        const right = ofTool.get(id)?.slice(0, 60) ?? []
        if (words.length > 0 && right.length > 0) texts.push({ left: words, right, tool: hashWord(id) })
      }
    }
  }
  for (const [at, [left, right]] of likePairs(readSynonyms()).entries())
    texts.push({ left, right, tool: -1 - at })
  return { texts, documents, offered }
}

/** Words of the product's own synonyms, each with what it may stand for. */
function likePairs(synonyms: Synonyms): [string[], string[]][] {
  return [...synonyms].map(([word, others]) => [[word], others.map((other) => other.word)])
}

function countWords(documents: readonly string[][]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const words of documents)
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** Texts of one side of a batch, encoded: unit vectors and the lengths they were divided by. */
class Side {
  readonly units: Float32Array
  readonly gradients: Float32Array
  readonly #lengths = new Float32Array(batchSize)
  readonly #place: 0 | 1
  #texts: Words[] = []

  constructor(place: 0 | 1, vectorLength: number) {
    this.#place = place
    this.units = new Float32Array(batchSize * vectorLength)
    this.gradients = new Float32Array(batchSize * vectorLength)
  }

  encode(texts: Words[], model: Model): void {
    const vectorLength = model.length
    this.#texts = texts
    this.units.fill(0)
    this.gradients.fill(0)
    for (const [row, words] of texts.entries()) {
      const start = row * vectorLength
      for (const word of words) model.addTo(this.units, start, { word, side: this.#place })
      let square = 1e-6
      for (let at = 0; at < vectorLength; at++) square += this.units[start + at]! ** 2
      this.#lengths[row] = Math.sqrt(square)
      for (let at = 0; at < vectorLength; at++) this.units[start + at]! /= this.#lengths[row]!
    }
  }

  learn(model: Model, rate: number): void {
    const vectorLength = model.length
    const gradient = new Float32Array(vectorLength)
    for (const [row, words] of this.#texts.entries()) {
      const start = row * vectorLength
      let along = 0
      for (let at = 0; at < vectorLength; at++) along += this.gradients[start + at]! * this.units[start + at]!
      for (let at = 0; at < vectorLength; at++) {
        gradient[at] = (this.gradients[start + at]! - along * this.units[start + at]!) / this.#lengths[row]!
      }
      for (const word of words) model.learn({ word, side: this.#place }, gradient, rate)
    }
  }
}

type Use = { word: number; side: 0 | 1 }

/** A vector and a weight for each side (kept as its logarithm) for each word, moved by AdaGrad. */
class Model {
  readonly length: number
  readonly vectors: Float32Array
  readonly #weights: [Float32Array, Float32Array]
  readonly #vectorSquares: Float32Array
  readonly #weightSquares: [Float32Array, Float32Array]

  constructor(length: number, rarities: readonly number[], random: () => number) {
    const noise = () => ((random() + random() + random() - 1.5) * 2) / Math.sqrt(length)
    this.length = length
    this.vectors = Float32Array.from({ length: rarities.length * length }, noise)
    this.#weights = [Float32Array.from(rarities, Math.log), Float32Array.from(rarities, Math.log)]
    this.#vectorSquares = new Float32Array(rarities.length)
    this.#weightSquares = [new Float32Array(rarities.length), new Float32Array(rarities.length)]
  }

  weightOf({ word, side }: Use): number {
    return Math.exp(this.#weights[side][word]!)
  }

  addTo(block: Float32Array, start: number, use: Use): void {
    const weight = this.weightOf(use)
    const from = use.word * this.length
    for (let at = 0; at < this.length; at++) block[start + at]! += weight * this.vectors[from + at]!
  }

  learn(use: Use, gradient: Float32Array, rate: number): void {
    const { word, side } = use
    const weight = this.weightOf(use)
    const start = word * this.length
    let ofWeight = 0
    let square = 0
    for (let at = 0; at < this.length; at++) {
      ofWeight += gradient[at]! * this.vectors[start + at]!
      square += (gradient[at]! * weight) ** 2
    }
    this.#vectorSquares[word]! += square / this.length
    const step = rate / (Math.sqrt(this.#vectorSquares[word]!) + 1e-4)
    for (let at = 0; at < this.length; at++) this.vectors[start + at]! -= step * gradient[at]! * weight
    const squares = this.#weightSquares[side]
    squares[word]! += (ofWeight * weight) ** 2
    this.#weights[side][word]! -= (rate * ofWeight * weight) / (Math.sqrt(squares[word]!) + 1e-3)
  }
}

function near(
  left: Float32Array,
  from: number,
  right: Float32Array,
  other: { start: number; length: number },
): number {
  let [one, two, three, four] = [0, 0, 0, 0]
  for (let at = 0; at < other.length; at += 4) {
    one += left[from + at]! * right[other.start + at]!
    two += left[from + at + 1]! * right[other.start + at + 1]!
    three += left[from + at + 2]! * right[other.start + at + 2]!
    four += left[from + at + 3]! * right[other.start + at + 3]!
  }
  return one + two + three + four
}

/** One step on a batch; the mean loss. */
function learnBatch(batch: readonly Pair[], left: Side, right: Side): number {
  const vectorLength = left.units.length / batchSize
  const row = new Float32Array(batchSize)
  let loss = 0
  for (let i = 0; i < batchSize; i++) {
    let highest = Number.NEGATIVE_INFINITY
    for (let j = 0; j < batchSize; j++) {
      const other = { start: j * vectorLength, length: vectorLength }
      const isSame = i !== j && batch[i]!.tool === batch[j]!.tool
      row[j] = isSame ? -1e9 : near(left.units, i * vectorLength, right.units, other) * sharpness
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
      if (Math.abs(pull) < weakest) continue
      for (let at = 0; at < vectorLength; at++) {
        left.gradients[i * vectorLength + at]! += pull * right.units[j * vectorLength + at]!
        right.gradients[j * vectorLength + at]! += pull * left.units[i * vectorLength + at]!
      }
    }
  }
  return loss / batchSize
}

function train(pairs: Pair[], model: Model, random: () => number): void {
  const left = new Side(0, model.length)
  const right = new Side(1, model.length)
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
      length: { type: 'string', default: '192' },
      fold: { type: 'string' },
      without: { type: 'string' },
    },
  })
  const sets = readSets(values.data)
  if (sets.length === 0) return
  const { texts, documents, offered } = collectTexts(sets, (set, query) =>
    values.without === undefined
      ? values.fold !== undefined && foldOf(query) === Number(values.fold)
      : set === values.without || (values.without === 'retrieval-livemcp' && set === 'retrieval-mcp-large'),
  )
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
    Number(values.length),
    counts.map(([, count]) => Math.log(1 + documents.length / (count + 1))),
    random,
  )
  train(
    pairs.filter((pair) => pair.left.length > 0 && pair.right.length > 0),
    model,
    random,
  )
  const uses = countWords(offered)
  const rows = counts.map(([text], word): [string, WordRow] => [
    text,
    {
      vector: model.vectors.subarray(word * model.length, (word + 1) * model.length),
      asked: model.weightOf({ word, side: 0 }),
      offered: model.weightOf({ word, side: 1 }),
      share: (uses.get(text) ?? 0) / Math.max(1, offered.length),
    },
  ])
  rotateToPrincipal(rows, offered)
  const file = writeWordVectors(rows, model.length)
  writeFileSync(values.out, file)
  console.error(`${rows.length} words, ${file.length} bytes, ${pairs.length} pairs`)
}

main()
