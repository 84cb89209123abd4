/** What the model of orders learns from: honest definitions, and orders drawn from the project's own grammars. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionLeaves, wordsOf } from '../../server/src/guards/definition-leaves.ts'
import { isLabel, partOfLeaf } from '../../server/src/guards/find-orders.ts'
import { type Around, OrderFeatures, stemsOf } from '../../server/src/guards/model/order-features.ts'
import type { OrderModel } from '../../server/src/guards/model/order-model.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'
import { normalise } from '../../server/src/guards/normalise.ts'
import { aroundLeaves } from '../../server/src/guards/order-context.ts'
import { capital, type Draw, drawn, filled } from './fill-grammar.ts'
import { domainNotes } from './honest-domains.ts'
import { valueNotes, valueSlots } from './honest-notes.ts'
import { orderFrames, orderSlots } from './order-slots.ts'
import { orderTongues } from './order-tongues.ts'
import { openOrders } from './order-words.ts'
import { honest as honestSentences } from './own-definitions.ts'
import { orderKinds } from './own-orders.ts'
import { honestDescriptions, honestSlots, honestTexts, moreOrderKinds } from './own-orders-more.ts'
import { injectionRows, type Piece } from './rows.ts'

type Part = keyof OrderModel
/** A text of an honest definition, piece by piece. */
type Text = { readonly part: Part; readonly pieces: readonly Piece[] }
type Honest = {
  readonly fold: number
  readonly set: string
  readonly texts: readonly Text[]
  /** What it speaks of, what its description does, and words of its name and its parameters. */
  readonly said: ReadonlySet<string>
  readonly description: ReadonlySet<string>
  readonly words: readonly string[]
  /** The same texts, in a definition that says nothing else but its name; of every other definition. */
  readonly thin: readonly Text[]
}
/** `alone`: the order by itself; `pieces`: with what stands around it. */
type Order = {
  readonly fold: number
  readonly kind: string
  readonly alone: readonly Piece[]
  readonly pieces: readonly Piece[]
}
export type OrderMaterial = {
  readonly honest: readonly Honest[]
  readonly orders: readonly Order[]
  /** Honest sentences for descriptions and schemas alike, what tools say of themselves, and notes of schemas. */
  readonly sentences: readonly Piece[]
  readonly descriptions: readonly Piece[]
  readonly notes: readonly Piece[]
  /** Notes of trades and of other languages, of which the sets have few. */
  readonly scarce: readonly Piece[]
  readonly injected: readonly Piece[]
}

export const orderFolds = 5
const ordersOfKind = 400
/** Orders about anything, in each fold; every verb and every thing is in one fold only. */
const ordersOfAnyKind = 2_400
const honestDrawn = 4_000
const valuesDrawn = 8_000
const features = new OrderFeatures(new FeatureReader())

/** Pieces are the same when they read the same, whatever stands around them. */
function piecesOf(text: string, around: Around): Piece[] {
  const folded = normalise(text).text
  const out: Piece[] = []
  features.read(folded, around, (read, count, from, to) => {
    out.push({ features: read.slice(0, count), key: hashOf(folded.slice(from, to).trim()) })
  })
  return out
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

const dealt = (text: string) => hashOf(text) % orderFolds

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
  let count = 0
  const of = (set: string, server: string, { name, description, inputSchema }: Line): Honest[] => {
    const text = JSON.stringify({ name, description, inputSchema })
    if (seen.has(text)) return []
    seen.add(text)
    const leaves = definitionLeaves(text)
    const around = aroundLeaves(leaves)
    const read = (places: readonly (Around | undefined)[]) =>
      leaves.flatMap((leaf, at) => {
        const place = places[at]
        if (place === undefined || isLabel(leaf)) return []
        return [{ part: partOfLeaf(leaf), pieces: piecesOf(leaf.text, place) }]
      })
    const names = stemsOf(wordsOf(name))
    const alone = leaves.map((leaf) => ({
      field: leaf.name,
      knows: (stem: string) => names.has(stem),
      size: names.size,
    }))
    const said = stemsOf(leaves.map((leaf) => leaf.text).join(' '))
    const words = wordsOf([name, ...parameters(inputSchema)].join(' '))
      .toLowerCase()
      .match(/[a-z]{3,}/g)
    return [
      {
        fold: foldOf(server),
        set,
        texts: read(around),
        thin: count++ % 2 === 0 ? read(alone) : [],
        said,
        description: stemsOf(description ?? ''),
        words: [...new Set(words ?? [])],
      },
    ]
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

const parameters = (schema: unknown) =>
  Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})

const fieldsDrawn = [
  ...Array.from({ length: 4 }, () => 'description'),
  ...['title', 'enum', 'default', 'examples', 'const', '$comment', 'note'],
]

/** A definition that says little, one that speaks of half of what the order does, or one of something else. */
function place({ said, words }: Honest, { random }: Draw): Pick<Around, 'knows' | 'size'> {
  const kind = random()
  if (kind < 0.3) {
    const names = stemsOf(words.slice(0, 3).join(' '))
    return { knows: (stem) => names.has(stem), size: names.size }
  }
  if (kind < 0.55) return { knows: (stem) => said.has(stem) || random() < 0.5, size: said.size }
  return { knows: (stem) => said.has(stem), size: said.size }
}

/** Each order stands in an honest definition, that speaks of something else, and half of them behind its description. */
function drawOrders(hosts: readonly Honest[]): Order[] {
  const draw = drawn(21)
  const { random, pick } = draw
  const put = (order: string, kind: string, fold: number): Order => {
    const text = random() < 0.2 ? order.replace(/\.$/, '') : order
    const whole = random() < 0.35 ? pick(orderFrames).replace('{}', text) : text
    const host = pick(hosts)
    const known = place(host, draw)
    const first = random() < 0.5 ? 0 : random() < 0.5 ? 1 : 2
    const around: Around = {
      field: pick(fieldsDrawn),
      ...known,
      first,
      ...(first === 0 ? {} : { before: host.description }),
    }
    return { fold, kind, alone: piecesOf(text, around), pieces: piecesOf(whole, around) }
  }
  const ofKinds = Object.entries({ ...orderKinds, ...moreOrderKinds }).flatMap(([kind, templates], at) =>
    Array.from({ length: ordersOfKind }, () =>
      put(filled(pick(templates), orderSlots, pick), kind, at % orderFolds),
    ),
  )
  const ofAny = Array.from({ length: orderFolds }, (_, fold) =>
    openOrders(ordersOfAnyKind, { fold, folds: orderFolds }, draw).map((order) =>
      put(`${capital(order)}.`, 'anything', fold),
    ),
  ).flat()
  const ofTongues = Object.entries(orderTongues).flatMap(([tongue, { orders }]) =>
    Array.from({ length: ordersOfKind }, (_, at) => {
      const template = at % orders.length
      return put(filled(orders[template] ?? '', {}, pick), `in ${tongue}`, template % orderFolds)
    }),
  )
  return [...ofKinds, ...ofAny, ...ofTongues]
}

/** Of a definition that speaks of none, some or all of its words. */
const somewhere = ({ random, pick }: Draw, field: string): Around => {
  const share = pick([0, 0.4, 0.8, 1])
  return { field, knows: () => random() < share, first: pick([0, 0, 1]), size: pick([2, 4, 15, 40, 80]) }
}

type Grammar = { templates: readonly string[]; slots: Readonly<Record<string, string>>; count: number }

function drawHonest({ templates, slots, count }: Grammar, seed: number, fields: readonly string[]): Piece[] {
  const draw = drawn(seed)
  return Array.from({ length: count }, () => filled(draw.pick(templates), slots, draw.pick)).flatMap((text) =>
    piecesOf(text, somewhere(draw, draw.pick(fields))),
  )
}

/** Imperatives about what a definition speaks of itself, in every third. */
function drawOfHosts(hosts: readonly Honest[]): Piece[] {
  const { pick } = drawn(25)
  const deeds = (valueSlots['do'] ?? '').split('|')
  return hosts
    .filter(({ words }, at) => at % 3 === 0 && words.length > 2)
    .flatMap(({ words, said }) => {
      const [deed, one, other] = [pick(deeds), pick(words), pick(words)]
      const text = pick([
        `${deed} the ${one}.`,
        `${deed} the ${one} of the ${other}.`,
        `${deed} ${one} ${other} if set.`,
        `If true, ${deed.toLowerCase()} the ${one} ${other}.`,
        `${deed} the ${one} after the ${other}.`,
        `${deed} the ${one} to the ${other}.`,
      ])
      return piecesOf(text, { field: pick(fieldsDrawn), knows: (stem) => said.has(stem), size: said.size })
    })
}

/** Longer pieces of attacks on documents and prompts that no ordinary text has. */
function readInjected(data: string): Piece[] {
  const rows = injectionRows(data)
  const read = (text: string) => piecesOf(text, { field: 'description', knows: () => false, size: 0 })
  const ordinary = new Set(
    rows.filter(({ label }) => label === 0).flatMap(({ text }) => read(text).map(({ key }) => key)),
  )
  return rows
    .filter(({ label }) => label === 1)
    .flatMap(({ text }) => read(text))
    .filter((piece) => piece.features.length > 40 && !ordinary.has(piece.key))
}

export function readOrderMaterial(data: string): OrderMaterial {
  const honest = readHonest(data)
  const draw = drawn(26)
  const inDescription = ['description']
  const frames = orderFrames.map((frame) => frame.replace('{}', ''))
  return {
    honest,
    orders: drawOrders(honest),
    sentences: [...honestSentences, ...frames].flatMap((text) =>
      piecesOf(text, somewhere(draw, 'description')),
    ),
    descriptions: drawHonest(
      { templates: honestDescriptions, slots: honestSlots, count: 600 },
      22,
      inDescription,
    ),
    notes: [
      ...drawHonest({ templates: honestTexts, slots: honestSlots, count: honestDrawn }, 23, fieldsDrawn),
      ...drawHonest({ templates: valueNotes, slots: valueSlots, count: valuesDrawn }, 24, fieldsDrawn),
      ...drawOfHosts(honest),
    ],
    scarce: [
      ...drawHonest({ templates: domainNotes, slots: honestSlots, count: valuesDrawn }, 27, fieldsDrawn),
      ...Object.values(orderTongues).flatMap(({ notes }, at) =>
        drawHonest({ templates: notes, slots: {}, count: 2 * ordersOfKind }, 28 + at, fieldsDrawn),
      ),
    ],
    injected: readInjected(data),
  }
}
