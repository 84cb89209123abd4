import type { Postings, SearchIndex } from './search-index.ts'
import type { AskedWord, Part, ReadQuery } from './search-query.ts'
import type { Seen } from './search-sight.ts'
import type { Synonyms } from './search-synonyms.ts'

/** Tuned on the development queries of the retrieval sets (npm run search:eval). */
const tuning = { saturation: 1.2, synonym: 0.45, most: 6, usual: 500 }

/** What every visible document takes from one asked word. */
export type Takings = {
  readonly asked: AskedWord
  /** The most a document may take: the rarity of the word times its weight. */
  readonly worth: number
  readonly documents: Int32Array
  readonly amounts: Float32Array
  /** Share of the tool's name that this word is. */
  readonly shares: Float32Array
  readonly isKnown: boolean
}

/** What one search works with. Invisible tools do not even make a word common. */
type Room = {
  readonly index: SearchIndex
  /** 1 for every document that is seen. */
  readonly visible: Uint8Array
  readonly synonyms: Synonyms
  readonly live: number
  readonly amounts: Float32Array
  readonly shares: Float32Array
}
/** Where a form of an asked word stands, and how much it counts. */
type Form = { readonly postings: Postings; readonly factor: number; readonly rarity: number }

/**
 * Rarity is that among the visible tools and `usual` tools of the kind seen in training: who sees three tools is not
 * told that every word of theirs is common.
 */
function formOf({ index, visible, live }: Room, word: string, factor: number): Form | undefined {
  const postings = index.postings(word)
  if (postings === undefined) return undefined
  let seen = 0
  const { documents } = postings
  for (let at = 0; at < documents.length; at++) seen += visible[documents[at] as number] as number
  if (seen === 0) return undefined
  const uses = seen + tuning.usual * index.knowledge.vectors.shareOf(word)
  const all = live + tuning.usual
  return { postings, factor, rarity: Math.log(1 + (all - uses + 0.5) / (uses + 0.5)) }
}

function formsOf(room: Room, stem: string): Form[] {
  const forms: Form[] = []
  const own = formOf(room, stem, 1)
  if (own !== undefined) forms.push(own)
  const most = tuning.most + forms.length
  for (const { word, factor } of room.synonyms.get(stem) ?? []) {
    const form = formOf(room, word, factor * tuning.synonym)
    if (form !== undefined) forms.push(form)
    if (forms.length === most) break
  }
  return forms
}

function takingsOf(room: Room, asked: AskedWord): Takings {
  const forms = formsOf(room, asked.stem)
  const [first] = forms
  const own = first?.factor === 1 ? first : undefined
  const touched: number[] = []
  let worth = 0
  for (const form of forms) {
    const weight = asked.weight * Math.min(form.rarity, own?.rarity ?? form.rarity)
    worth = Math.max(worth, weight)
    gather(room, form, { weight: weight * form.factor, touched })
  }
  return { asked, worth, ...taken(room, touched), isKnown: own !== undefined }
}

/** The best form counts where a document has several. */
function gather(
  { amounts, shares, visible }: Room,
  { postings, factor }: Form,
  { weight, touched }: { weight: number; touched: number[] },
): void {
  const { documents, strengths } = postings
  for (let at = 0; at < documents.length; at++) {
    const document = documents[at] as number
    if (visible[document] === 0) continue
    const strength = strengths[at] as number
    const amount = (weight * strength) / (strength + tuning.saturation)
    const before = amounts[document] as number
    if (before === 0) touched.push(document)
    if (amount > before) amounts[document] = amount
    const share = factor * (postings.shares[at] as number)
    if (share > (shares[document] as number)) shares[document] = share
  }
}

/** What was gathered about some documents; the room is empty again afterwards. */
function taken(
  { amounts, shares }: Room,
  touched: readonly number[],
): Pick<Takings, 'documents' | 'amounts' | 'shares'> {
  const gathered = {
    documents: new Int32Array(touched),
    amounts: new Float32Array(touched.length),
    shares: new Float32Array(touched.length),
  }
  for (let at = 0; at < touched.length; at++) {
    const document = touched[at] as number
    gathered.amounts[at] = amounts[document] as number
    gathered.shares[at] = shares[document] as number
    amounts[document] = 0
    shares[document] = 0
  }
  return gathered
}

/** Every document's score for a part, and how much of its name the part speaks of. */
export type PartScores = {
  readonly part: Part
  /** What a document would score that took everything. */
  readonly worth: number
  readonly scores: Float32Array
  readonly shares: Float32Array
}

export type LexicalScores = {
  readonly takings: readonly Takings[]
  readonly parts: readonly PartScores[]
  /** How many tools are visible. */
  readonly live: number
}

/**
 * Scores of the whole request and of each step, the whole first. They hold until the next search begins, which works in
 * the same room.
 */
export function scoreWords(index: SearchIndex, seen: Seen, query: ReadQuery): LexicalScores {
  index.room.clear(index.size)
  const room: Room = {
    index,
    visible: seen.visible,
    synonyms: index.knowledge.synonyms,
    live: seen.count,
    amounts: index.room.take(),
    shares: index.room.take(),
  }
  const known = new Map<string, Takings>()
  const takings = (asked: AskedWord): Takings => {
    const key = `${asked.stem} ${asked.weight}`
    const found = known.get(key) ?? takingsOf(room, asked)
    known.set(key, found)
    return found
  }
  return {
    live: room.live,
    takings: query.whole.words.map(takings),
    parts: [query.whole, ...query.steps].map((part) => scorePart(index, part, part.words.map(takings))),
  }
}

function scorePart({ room }: SearchIndex, part: Part, takings: readonly Takings[]): PartScores {
  const scores = room.take()
  const shares = room.take()
  let worth = 0
  for (const taken of takings) {
    worth += taken.worth
    for (let at = 0; at < taken.documents.length; at++) {
      const document = taken.documents[at] as number
      scores[document] = (scores[document] as number) + (taken.amounts[at] as number)
      shares[document] = (shares[document] as number) + (taken.shares[at] as number)
    }
  }
  return { part, worth, scores, shares }
}
