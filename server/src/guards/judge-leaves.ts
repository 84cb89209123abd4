import { detectors } from './detectors.ts'
import type { ContentKind, Detector, Finding, Hit, Leaf } from './finding.ts'
import { hiddenText } from './hidden-text.ts'
import type { RuleSignals } from './model/guard-model.ts'
import { type Inner, normalise, type Reading } from './normalise.ts'
import { talkAboutAttacks } from './talk-about-attacks.ts'

/** What the rules found in a content, and the folded texts the model reads. */
export type Judged = {
  readonly findings: readonly Finding[]
  readonly rules: RuleSignals
  readonly texts: readonly string[]
  readonly hidden: boolean
  readonly hiddenWeight: number
}

/** Texts longer than this are looked at in parts, so that no rule works on more at once. */
const maxFindings = 64
/** What a rule's hit counts when it stands in quotes or code, as examples do. */
const quotedShare = 0.4

/** Looks at every leaf with every rule of its kind. Bounded by the leaves' length; never throws. */
export function judgeLeaves(kind: ContentKind, leaves: Iterable<Leaf>): Judged {
  const judging = new Judging(kind)
  for (const leaf of leaves) judging.leaf(leaf)
  return judging.end()
}

class Judging {
  readonly #detectors: readonly Detector[]
  readonly #findings: Finding[] = []
  readonly #texts: string[] = []
  readonly #all = new Map<string, number>()
  readonly #unquoted = new Map<string, number>()
  #talk = 0
  #length = 0
  #hiddenWeight = 0
  readonly #kind: ContentKind

  constructor(kind: ContentKind) {
    this.#kind = kind
    this.#detectors = detectors.filter(({ kinds }) => kinds.includes(kind))
  }

  leaf(leaf: Leaf): void {
    const reading = normalise(leaf.text)
    this.#hidden(leaf, reading)
    this.#rules(leaf, reading.text, undefined)
    this.#texts.push(reading.text)
    this.#talk += talkAboutAttacks(reading.text) * reading.text.length
    this.#length += reading.text.length
    for (const inner of reading.inner) this.#inner(leaf, inner)
  }

  #inner(leaf: Leaf, inner: Inner): void {
    const text = normalise(inner.text).text
    this.#rules(leaf, text, inner.through)
    if (inner.through === 'an HTML comment') return
    this.#texts.push(text)
  }

  #hidden(leaf: Leaf, reading: Reading): void {
    if (reading.hidden.length === 0) return
    // Many single ones in a row of words are no accident of typesetting any more.
    const highest = Math.max(...reading.hidden.map((hit) => hit.weight))
    const weight = reading.hidden.length >= 4 ? Math.max(0.75, highest) : highest
    this.#hiddenWeight = Math.max(this.#hiddenWeight, weight)
    this.#findings.push({
      ...hiddenText,
      path: leaf.path,
      excerpt: `${reading.hidden.length} hidden run${reading.hidden.length === 1 ? '' : 's'} at ${reading.hidden[0]?.at ?? 0}`,
      weight,
      through: undefined,
    })
  }

  #rules(leaf: Leaf, text: string, through: string | undefined): void {
    for (const detector of this.#detectors) {
      for (const hit of detector.look(text, leaf)) this.#take(detector, { leaf, text, hit, through })
    }
  }

  #take(
    detector: Detector,
    place: { leaf: Leaf; text: string; hit: Hit; through: string | undefined },
  ): void {
    const { leaf, text, hit, through } = place
    const quoted = through === undefined && standsInQuotes(text, hit)
    // What had to be decoded first was put there to be missed.
    const weight = Math.min(0.99, through === undefined ? hit.weight : hit.weight + 0.2)
    const raise = (map: Map<string, number>, to: number) =>
      map.set(detector.id, Math.max(map.get(detector.id) ?? 0, to))
    raise(this.#all, weight)
    raise(this.#unquoted, quoted ? weight * quotedShare : weight)
    if (this.#findings.length >= maxFindings) return
    this.#findings.push({
      detector: detector.id,
      scanner: detector.scanner,
      category: detector.category,
      reason: detector.reason,
      path: leaf.path,
      excerpt: excerptOf(text, hit),
      weight: quoted ? weight * quotedShare : weight,
      through,
    })
  }

  end(): Judged {
    return {
      findings: this.#findings,
      rules: {
        all: together(this.#all),
        unquoted: together(this.#unquoted),
        talk: this.#kind === 'tool_definition' || this.#length === 0 ? 0 : this.#talk / this.#length,
      },
      texts: this.#texts,
      hidden: this.#hiddenWeight > 0,
      hiddenWeight: this.#hiddenWeight,
    }
  }
}

/** The certainty of several rules that agree: one minus the chance that all are wrong. */
function together(weights: ReadonlyMap<string, number>): number {
  let wrong = 1
  for (const weight of weights.values()) wrong *= 1 - weight
  return 1 - wrong
}

function standsInQuotes(text: string, { at, length }: Hit): boolean {
  const before = text.slice(Math.max(0, at - 40), at)
  const after = text.slice(at + length, at + length + 120)
  const opened = /["“”'`«‘]\s{0,2}(?:[a-z,]{1,12}\s){0,4}$/.test(before)
  return opened && /["“”'`»’]/.test(after)
}

/** A short masked part around a hit: enough to find the place, not enough to pass the text on. */
function excerptOf(text: string, { at, length }: Hit): string {
  const part = text.slice(at, at + Math.min(length, 60)).replace(/\s+/g, ' ')
  return `${part.replace(/[\p{L}\p{N}]{16,}/gu, (run) => `${run.slice(0, 4)}…`)}${length > 60 ? '…' : ''}`
}
