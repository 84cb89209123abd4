/** What the model of orders learns from: honest definitions, and orders drawn from the project's own grammars. */
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import { type Around, stemsOf } from '../../server/src/guards/model/order-features.ts'
import { aroundLeaves } from '../../server/src/guards/order-context.ts'
import { capital, type Draw, drawn, filled } from './fill-grammar.ts'
import { domainNotes } from './honest-domains.ts'
import { valueNotes, valueSlots } from './honest-notes.ts'
import { drawOpenNotes } from './open-notes.ts'
import { type Honest, readHonest } from './order-honest.ts'
import { orderFolds, type Part, piecesOf } from './order-pieces.ts'
import { orderFrames, orderSlots } from './order-slots.ts'
import { orderTongues } from './order-tongues.ts'
import { openOrders } from './order-words.ts'
import { honest as honestSentences } from './own-definitions.ts'
import { orderKinds } from './own-orders.ts'
import { honestDescriptions, honestSlots, honestTexts, moreOrderKinds } from './own-orders-more.ts'
import { injectionRows, type Piece } from './rows.ts'
import { definitionOf, type WrittenRow, writtenRows } from './written-texts.ts'

/** `alone`: the order by itself; `pieces`: with what stands around it. */
type Order = {
  readonly fold: number
  readonly kind: string
  readonly alone: readonly Piece[]
  readonly pieces: readonly Piece[]
}
/** A text written by hand, in its definition and in one that says nothing else. Which piece of it is the order is not marked. */
export type Written = {
  readonly fold: number
  readonly writer: number
  readonly label: 0 | 1
  readonly part: Part
  readonly pieces: readonly Piece[]
  readonly thin: readonly Piece[]
  /** Whether the writer put it elsewhere: such texts are learned from, figures are about the others. */
  readonly isMoved: boolean
}
export type OrderMaterial = {
  readonly honest: readonly Honest[]
  readonly orders: readonly Order[]
  readonly written: readonly Written[]
  /** Descriptions of anything, in the words that orders of the same fold are made of. */
  readonly open: readonly { readonly fold: number; readonly pieces: readonly Piece[] }[]
  /** Honest sentences for descriptions and schemas alike, what tools say of themselves, and notes of schemas. */
  readonly sentences: readonly Piece[]
  readonly descriptions: readonly Piece[]
  readonly notes: readonly Piece[]
  /** Notes of trades and of other languages, of which the sets have few. */
  readonly scarce: readonly Piece[]
  readonly injected: readonly Piece[]
}

const ordersOfKind = 400
/** Orders about anything, in each fold; every verb and every thing is in one fold only. */
const ordersOfAnyKind = 2_400
const honestDrawn = 4_000
const valuesDrawn = 8_000
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

/** Writers are left out whole, some of them together. What a schema says may as well stand behind what its tool says of itself. */
const readByHand = (rows: readonly WrittenRow[]): Written[] =>
  rows.flatMap((row): Written[] => {
    const read = (definition: string, text: string) => {
      const leaves = definitionLeaves(definition)
      const around = aroundLeaves(leaves)[leaves.findIndex((leaf) => leaf.text === text)]
      return around === undefined ? [] : piecesOf(text, around)
    }
    const known = { fold: row.writer % orderFolds, writer: row.writer, label: row.label }
    const pieces = read(definitionOf(row), row.text)
    if (row.field === 'tool') return [{ ...known, part: 'description', pieces, thin: [], isMoved: false }]
    const behind = { ...row, field: 'tool' as const, text: `${row.description} ${row.text}` }
    return [
      { ...known, part: 'schema', pieces, thin: read(definitionOf(row, true), row.text), isMoved: false },
      {
        ...known,
        part: 'description',
        pieces: read(definitionOf(behind), behind.text),
        thin: [],
        isMoved: true,
      },
    ]
  })

function drawOpen(): OrderMaterial['open'] {
  const draw = drawn(40)
  return Array.from({ length: orderFolds }, (_, fold) =>
    drawOpenNotes(ordersOfAnyKind, { fold, folds: orderFolds }, draw).map((text) => ({
      fold,
      pieces: piecesOf(text, somewhere(draw, draw.pick(fieldsDrawn))),
    })),
  ).flat()
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
    written: readByHand(writtenRows()),
    open: drawOpen(),
    sentences: [...honestSentences, ...frames].flatMap((text) =>
      piecesOf(text, somewhere(draw, 'description')),
    ),
    descriptions: [
      ...drawHonest({ templates: honestDescriptions, slots: honestSlots, count: 600 }, 22, inDescription),
      ...drawHonest({ templates: valueNotes, slots: valueSlots, count: honestDrawn }, 41, inDescription),
    ],
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
