import {
  joined,
  type Part,
  patternParts,
  type Texts,
  together,
  widthOf,
  wordCodes,
} from './find-pattern-parts.ts'

/** A text, lower case, that stands `from`..`to` characters behind the start of a match. */
export type Anchor = { readonly text: string; readonly from: number; readonly to: number }

/** Where a pattern can match at all. */
export type Anchors = {
  /** Every match has one of these; undefined: nothing rare enough is known of it. */
  readonly texts: readonly Anchor[] | undefined
  /**
   * By ASCII code, the last for all others: 1 where no match starts with it, and where none has it just before. Capitals
   * count as small letters, like everywhere here.
   */
  readonly notFirst: Uint8Array
  readonly notBefore: Uint8Array | undefined
}

/** Longer texts say little more, and every character of them costs memory. */
const longest = 6
/** Among how many places the start of a match may have to be looked for. */
const widest = 64
/** Expected anchors per character of prose, beyond which the pattern is better searched for as it is. */
const tooOften = 0.2

/** What every match of a pattern must hold, worked out from its source, so that none can be forgotten. */
export function anchorsOf(pattern: RegExp): Anchors {
  const isFolded = pattern.flags.includes('i')
  const part = patternParts(pattern.source)
  const best = /[um]/.test(pattern.flags) ? undefined : rarest(part)
  const isUsable =
    best !== undefined && best.cost < tooOften && !(isFolded && best.texts.some(({ text }) => !isAscii(text)))
  const notFirst = notFirstOf(part)
  return {
    texts: isUsable ? withoutLonger(best.texts) : undefined,
    notFirst,
    notBefore: notBeforeOf(part, notFirst),
  }
}

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text)

/** Texts one of which begins whatever these parts match; undefined when it may begin with anything. */
function startsOf(items: readonly Part[], from = 0): Texts {
  let open: readonly string[] = ['']
  const done: string[] = []
  for (let at = from; at < items.length && open.length > 0; at++) {
    const item = items[at] as Part
    const next = joined(open, item.texts ?? startsWithin(item))
    if (next === undefined) break
    const isWhole = item.texts !== undefined
    for (const text of next) if (!isWhole || text.length >= longest) done.push(text.slice(0, longest))
    open = isWhole ? next.filter((text) => text.length < longest) : []
  }
  const out = [...new Set([...done, ...open])]
  return out.includes('') || out.length === 0 ? undefined : out
}

function startsWithin(part: Part): Texts {
  if (part.kind === 'row') return startsOf(part.items)
  if (part.kind === 'either') return together(part.branches.map((branch) => startsOf([branch])))
  if (part.kind !== 'repeat' || part.least === 0) return undefined
  return startsOf(Array.from({ length: Math.min(part.least, longest) }, () => part.item))
}

type Found = { texts: Anchor[]; cost: number }

/** The anchors of a part that ordinary text holds least often. */
function rarest(part: Part): Found | undefined {
  if (part.kind === 'either') {
    const each = part.branches.map(rarest)
    if (each.some((found) => found === undefined)) return undefined
    const texts = each.flatMap((found) => found?.texts ?? [])
    return { texts, cost: each.reduce((sum, found) => sum + (found?.cost ?? 0), 0) }
  }
  if (part.kind === 'repeat') return part.least > 0 ? rarest(part.item) : undefined
  return rarestInRow(part.kind === 'row' ? part.items : [part])
}

function rarestInRow(items: readonly Part[]): Found | undefined {
  let best: Found | undefined
  let place = { from: 0, to: 0 }
  for (const [at, item] of items.entries()) {
    if (place.to - place.from > widest) break
    for (const found of [startingAt(items, at, place), within(item, place)])
      if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found
    const [least, most] = widthOf(item)
    place = { from: place.from + least, to: place.to + most }
  }
  return best
}

type Place = { readonly from: number; readonly to: number }

function startingAt(items: readonly Part[], at: number, place: Place): Found | undefined {
  // Inside a word nothing rarer begins than the word itself.
  const starts = isLetter(items[at - 1]) ? undefined : startsOf(items, at)
  return starts && counted(starts.map((text) => ({ text, ...place })))
}

function within(item: Part, { from, to }: Place): Found | undefined {
  const found = item.kind === 'char' || item.kind === 'edge' ? undefined : rarest(item)
  return found && shifted(found, from, to)
}

const isLetter = (part: Part | undefined) => part?.kind === 'char' && part.texts?.length === 1

function shifted({ texts }: Found, from: number, to: number): Found | undefined {
  const moved = texts.map((each) => ({ text: each.text, from: each.from + from, to: each.to + to }))
  return moved.some((each) => each.to - each.from > widest) ? undefined : counted(moved)
}

const counted = (texts: Anchor[]): Found => ({
  texts,
  cost: texts.reduce((sum, { text, from, to }) => sum + often(text) * (1 + (to - from) * 0.2), 0),
})

/** Shares of characters in prose, thousandths, roughly. */
const shares: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    Array.from('etaoinshrdlcumwfgypbvk', (letter, rank) => [letter, 90 / (1 + rank * 0.35)]),
  ),
  ' ': 170,
}

function often(text: string): number {
  let share = 1
  for (const letter of text) share *= (shares[letter] ?? (isAscii(letter) ? 6 : 0.5)) / 1_000
  return share
}

/** A text that begins with another one of the same place is found with it. */
function withoutLonger(anchors: readonly Anchor[]): Anchor[] {
  const kept = new Map<string, Anchor>()
  const keyOf = (text: string, { from, to }: Anchor) => `${from} ${to} ${text}`
  for (const anchor of anchors) kept.set(keyOf(anchor.text, anchor), anchor)
  return [...kept.values()].filter((anchor) => {
    for (let length = 1; length < anchor.text.length; length++)
      if (kept.has(keyOf(anchor.text.slice(0, length), anchor))) return false
    return true
  })
}

/** What a match can begin with, as a table of what it cannot. */
function notFirstOf(part: Part): Uint8Array {
  const first = new Uint8Array(129)
  if (addFirst(part, first)) first.fill(1)
  for (const [capital, small] of letters) {
    const may = first[capital] === 1 || first[small] === 1 ? 1 : 0
    first[capital] = may
    first[small] = may
  }
  return first.map((may) => 1 - may)
}

const letters = Array.from({ length: 26 }, (_, letter) => [0x41 + letter, 0x61 + letter] as const)

/** Adds the characters a part may begin with; answers whether it may be empty. */
function addFirst(part: Part, first: Uint8Array): boolean {
  switch (part.kind) {
    case 'edge':
      return true
    case 'char':
      for (const code of part.codes) first[Math.min(code, 128)] = 1
      if (part.any) first[128] = 1
      return false
    case 'either':
      return part.branches.map((branch) => addFirst(branch, first)).includes(true)
    case 'repeat':
      return addFirst(part.item, first) || part.least === 0
    case 'row':
      return part.items.every((item) => addFirst(item, first))
  }
}

/** What may not stand before a match: the other side of `\b`, or of a look behind. */
function notBeforeOf(part: Part, notFirst: Uint8Array): Uint8Array | undefined {
  const edge = part.kind === 'row' ? part.items[0] : undefined
  if (edge?.kind !== 'edge' || edge.refused === undefined) return undefined
  // Characters beyond ASCII are let through: the pattern itself decides.
  if (edge.refused !== 'word') return refusing(new Set(edge.refused.codes))
  const beginsWord = notFirst.every((not, code) => not === 1 || wordCodes.has(code))
  return beginsWord ? refusing(wordCodes) : undefined
}

function refusing(codes: ReadonlySet<number>): Uint8Array {
  const table = Uint8Array.from({ length: 129 }, (_, code) => (code < 128 && codes.has(code) ? 1 : 0))
  for (const [capital, small] of letters) {
    const not = table[capital] === 1 && table[small] === 1 ? 1 : 0
    table[capital] = not
    table[small] = not
  }
  return table
}
