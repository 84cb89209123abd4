import { verbs } from './verbs.ts'

/** How a sentence is built, without what it is about: kinds of words, where clauses begin, what carries meaning. */
export type Build = {
  /** The kinds of the first four words. */
  readonly opening: readonly [number, number, number, number]
  readonly startsWithVerb: boolean
  /** What follows verbs that begin a clause. */
  readonly afterVerbs: readonly number[]
  /** Numbers that stand for neighbours, and for verbs that begin a clause. */
  readonly parts: readonly (readonly number[])[]
  readonly content: readonly string[]
}

/** Small words, each a kind of its own. */
const small =
  'the a an all every each any both either no some this that these those it its there here your you yourself my me mine our us we i he him his she her they them their one who whoever whom whose which what whatever when whenever where wherever why how if unless until till while as because since so though although before after during upon once of to in on at by for from with without into onto over under out off up down about above below between through near per via is are was were be been being am has had does did done can could may might must should shall will would ought not never always only also then and or but nor than too very more most less least please first next last again now later soon just even still yet ever whether let'.split(
    ' ',
  )
const firstSmall = 20
const kinds = new Map(small.map((word, at) => [word, at + firstSmall]))
const base: ReadonlySet<string> = new Set(verbs.filter((word) => !kinds.has(word)))

const kind = {
  noun: 1,
  verb: 2,
  verbs: 3,
  plural: 4,
  ing: 5,
  past: 6,
  how: 7,
  number: 8,
  place: 9,
  comma: 10,
  colon: 11,
  mark: 12,
} as const

const wordOrMark = /[\p{L}\p{N}_][\p{L}\p{N}_'’./:@~-]*|[,;:!?()"`<>[\]{}#*]|[~/.][\p{L}\p{N}_./-]+/gu
/** A piece has at most 320 characters; what comes late in a long one says little about how it is built. */
const mostWords = 64

const clauseWords = 'and then but or please never always also first not to must should will shall'.split(' ')
const beforeClause: ReadonlySet<number> = new Set([
  kind.comma,
  kind.colon,
  kind.mark,
  ...clauseWords.flatMap((word) => kinds.get(word) ?? []),
])

function kindOf(word: string): number {
  const known = kinds.get(word)
  if (known !== undefined) return known
  if (word === ',') return kind.comma
  if (word === ':' || word === ';') return kind.colon
  if (word.length === 1 && !/[\p{L}\p{N}]/u.test(word)) return kind.mark
  if (/^\d/.test(word)) return kind.number
  if (/[./:@~_]/.test(word)) return kind.place
  return base.has(word) ? kind.verb : kindByEnding(word)
}

function kindByEnding(word: string): number {
  if (word.endsWith('ly')) return kind.how
  if (word.endsWith('ing') && word.length > 4) return kind.ing
  if (word.endsWith('ed') && word.length > 4) return kind.past
  if (!word.endsWith('s') || word.endsWith('ss') || word.length < 4) return kind.noun
  const isVerb = base.has(word.slice(0, -1)) || (word.endsWith('es') && base.has(word.slice(0, -2)))
  return isVerb ? kind.verbs : kind.plural
}

/** The first letters of a word stand for it and its forms. */
const stemOf = (word: string) => word.slice(0, 5)

/** The words of a text that carry meaning, each by how it begins. */
export const contentOf = (text: string): string[] =>
  [...text.toLowerCase().matchAll(/\p{L}{3,}/gu)].flatMap(([word]) => (kinds.has(word) ? [] : [stemOf(word)]))

function wordsIn(piece: string): { word: string; kind: number }[] {
  const out: { word: string; kind: number }[] = []
  for (const [found] of piece.matchAll(wordOrMark)) {
    if (out.length >= mostWords) break
    const word = found.replace(/[.:'’-]+$/, '') || found
    out.push({ word, kind: kindOf(word) })
  }
  return out
}

/** Reads one folded piece. */
export function buildOf(piece: string): Build {
  const words = wordsIn(piece)
  const kindAt = (at: number) => words[at]?.kind ?? 0
  const parts: number[][] = []
  const afterVerbs: number[] = []
  for (const [at, { word, kind: own }] of words.entries()) {
    const [next, after] = [kindAt(at + 1), kindAt(at + 2)]
    parts.push([20, own, next], [21, own, next, after])
    if (at > 0 && !beforeClause.has(kindAt(at - 1))) continue
    parts.push([22, own, next], [23, own, next, after])
    if (own !== kind.verb) continue
    const verb = hashOf(word)
    parts.push([24, verb], [25, verb, next])
    afterVerbs.push(next)
  }
  return {
    opening: [kindAt(0), kindAt(1), kindAt(2), kindAt(3)],
    startsWithVerb: kindAt(0) === kind.verb,
    afterVerbs,
    parts,
    content: words.flatMap(({ word, kind: own }) =>
      own <= kind.past && word.length > 2 ? [stemOf(word)] : [],
    ),
  }
}

function hashOf(word: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193)
  return hash
}
