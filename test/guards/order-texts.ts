/** What the model of orders learns from: honest definitions, and orders drawn from the project's own grammars. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import { partOfLeaf } from '../../server/src/guards/find-orders.ts'
import type { OrderModel } from '../../server/src/guards/model/order-model.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'
import { normalise } from '../../server/src/guards/normalise.ts'
import { seeded } from './learn.ts'
import { orderFrames, orderSlots } from './order-slots.ts'
import { honest as honestSentences } from './own-definitions.ts'
import { orderKinds } from './own-orders.ts'
import { honestDescriptions, honestSlots, honestTexts, moreOrderKinds } from './own-orders-more.ts'
import { injectionRows, type Piece } from './rows.ts'

type Part = keyof OrderModel
/** A text of an honest definition, piece by piece. */
type Text = { readonly part: Part; readonly text: string; readonly pieces: readonly Piece[] }
type Honest = { readonly fold: number; readonly set: string; readonly texts: readonly Text[] }
/** `text`: the order alone; `pieces`: with what stands around it. */
type Order = {
  readonly fold: number
  readonly kind: string
  readonly text: string
  readonly pieces: readonly Piece[]
}
export type OrderMaterial = {
  readonly honest: readonly Honest[]
  readonly orders: readonly Order[]
  /** Honest sentences for descriptions and schemas alike, what tools say of themselves, and notes of schemas. */
  readonly sentences: readonly Piece[]
  readonly descriptions: readonly Piece[]
  readonly notes: readonly Piece[]
  readonly injected: readonly Piece[]
}

export const orderFolds = 5
const ordersOfKind = 400
const honestDrawn = 4_000
const reader = new FeatureReader()

function piecesOf(text: string): Piece[] {
  const out: Piece[] = []
  reader.read(normalise(text).text, (features, count) => {
    const copy = features.slice(0, count)
    out.push({
      features: copy,
      key: copy.reduce((hash, feature) => Math.imul(hash ^ feature, 0x01000193), 7),
    })
  })
  return out
}

function dealt(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return ((hash ^ (hash >>> 15)) >>> 0) % orderFolds
}

/** The fold of a server: it is left out with all its tools. */
export const foldOf = (server: string) => dealt(server.split('/').at(-1) ?? '')

type Line = {
  server?: string
  name: string
  description: string
  inputSchema: unknown
  label?: number
  attack?: string
  source?: string
}
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

const corpora = ['livemcp', 'mcp-large', 'toolbench', 'bfcl', 'sealtools', 'metatool']

/** Honest definitions of all sets, each once; a server is left out with all its tools. Twins of attacks are not among them. */
function readHonest(data: string): Honest[] {
  const seen = new Set<string>()
  const of = (set: string, server: string, { name, description, inputSchema }: Line): Honest[] => {
    const text = JSON.stringify({ name, description, inputSchema })
    if (seen.has(text)) return []
    seen.add(text)
    const texts = definitionLeaves(text).map((leaf) => ({
      part: partOfLeaf(leaf),
      text: leaf.text,
      pieces: piecesOf(leaf.text),
    }))
    return [{ fold: foldOf(server), set, texts }]
  }
  return [
    ...corpora.flatMap((set) =>
      lines(join(data, `retrieval-${set}/corpus.jsonl`)).flatMap((line) =>
        of(set, line.server || line.name, line),
      ),
    ),
    ...lines(join(data, 'tools/dev/tools.jsonl'))
      .filter(({ label, attack }) => label === 0 && attack !== 'none-matched')
      .flatMap((line) => of(`tools ${line.attack}`, line.source ?? '', line)),
  ]
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Fills braces from the inside out: either of `a|b`, or one of what a name stands for. */
function filled(
  template: string,
  slots: Readonly<Record<string, string>>,
  pick: <T>(list: readonly T[]) => T,
) {
  let text = template
  for (let round = 0; round < 12 && text.includes('{'); round++)
    text = text.replace(/\{([^{}]*)\}/g, (_, inner: string) => {
      if (inner.includes('|')) return pick(inner.split('|'))
      const list = slots[inner === 'Bad' ? 'bad' : inner]
      if (list === undefined) return inner
      const one = pick(list.split('|'))
      return inner === 'Bad' ? capital(one) : one
    })
  return capital(
    text
      .replace(/ +/g, ' ')
      .replace(/ ([.,])/g, '$1')
      .trim(),
  )
}

const drawn = (seed: number) => {
  const random = seeded(seed)
  return { random, pick: <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T }
}

function drawOrders(): Order[] {
  const { random, pick } = drawn(21)
  return Object.entries({ ...orderKinds, ...moreOrderKinds }).flatMap(([kind, templates], at) =>
    Array.from({ length: ordersOfKind }, () => {
      const order = filled(pick(templates), orderSlots, pick)
      const text = random() < 0.2 ? order.replace(/\.$/, '') : order
      const around = random() < 0.35 ? pick(orderFrames).replace('{}', text) : text
      return { fold: at % orderFolds, kind, text, pieces: piecesOf(around) }
    }),
  )
}

function drawHonest(templates: readonly string[], count: number): Piece[] {
  const { pick } = drawn(22)
  const texts = Array.from({ length: count }, () => filled(pick(templates), honestSlots, pick))
  return texts.flatMap(piecesOf)
}

/** Longer pieces of attacks on documents and prompts that no ordinary text has. */
function readInjected(data: string): Piece[] {
  const rows = injectionRows(data)
  const ordinary = new Set(
    rows.filter(({ label }) => label === 0).flatMap(({ text }) => piecesOf(text).map(({ key }) => key)),
  )
  return rows
    .filter(({ label }) => label === 1)
    .flatMap(({ text }) => piecesOf(text))
    .filter(({ key, features }) => features.length > 12 && !ordinary.has(key))
}

export const readOrderMaterial = (data: string): OrderMaterial => ({
  honest: readHonest(data),
  orders: drawOrders(),
  sentences: honestSentences.flatMap(piecesOf),
  descriptions: drawHonest(honestDescriptions, 600),
  notes: drawHonest(honestTexts, honestDrawn),
  injected: readInjected(data),
})
