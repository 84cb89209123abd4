import { leafFinder, ruled, talkAt, type Wanted, wantedIn } from './find-in-leaf.ts'
import { readSecrets } from './find-secrets.ts'
import type { ContentKind, Detector, Finding, Hit, Leaf } from './finding.ts'
import { hiddenText } from './hidden-text.ts'
import { excerptOf } from './mask-excerpt.ts'
import type { RuleSignals } from './model/guard-model.ts'
import { type Inner, normalise, type Reading } from './normalise.ts'
import { mostTalk, talkAboutAttacks, talkOf, talkRead } from './talk-about-attacks.ts'

/** What the rules found in a content, and the folded texts the model reads. */
export type Judged = {
  readonly findings: readonly Finding[]
  readonly rules: RuleSignals
  readonly texts: readonly string[]
  readonly hidden: boolean
  readonly hiddenWeight: number
  readonly secrets: readonly FoundSecret[]
}

export type FoundSecret = { readonly kind: string; readonly path: string }

/** More say nothing new. */
const maxFindings = 64
const maxSecrets = 64
/** What a rule's hit counts when it stands in quotes or code, as examples do. */
const quotedShare = 0.4

/** Looks at every leaf with every rule of its kind. Bounded by the leaves' length; never throws. */
export function judgeLeaves(kind: ContentKind, leaves: Iterable<Leaf>): Judged {
  const judging = new Judging(kind)
  for (const leaf of leaves) judging.leaf(leaf)
  return judging.end()
}

class Judging {
  readonly #wanted: Wanted
  readonly #secrets: FoundSecret[] = []
  readonly #findings: Finding[] = []
  readonly #texts: string[] = []
  /** Of texts in which rules find nothing, which are most, there is nothing to keep. */
  #all: Map<string, number> | undefined
  #unquoted: Map<string, number> | undefined
  #talk = 0
  #length = 0
  #hiddenWeight = 0
  readonly #kind: ContentKind

  constructor(kind: ContentKind) {
    this.#kind = kind
    this.#wanted = wantedIn(kind)
  }

  leaf(leaf: Leaf): void {
    const traits = leafFinder.read(leaf.text, this.#wanted.all)
    const reading = normalise(leaf.text, traits)
    this.#takeSecrets(leaf)
    this.#hidden(leaf, reading)
    // In a text that stands as it was given, one pass finds secrets and rules.
    if (!reading.isPlain) leafFinder.read(reading.text, this.#wanted.rulesAndTalk)
    this.#rules(leaf, reading.text, undefined)
    this.#texts.push(reading.text)
    this.#talk += this.#talkOf(reading.text) * reading.text.length
    this.#length += reading.text.length
    for (const inner of reading.inner) this.#inner(leaf, inner)
  }

  #takeSecrets(leaf: Leaf): void {
    if (this.#kind === 'tool_definition') return
    for (const { kind } of readSecrets(leaf.text, leaf.name))
      if (this.#secrets.length < maxSecrets) this.#secrets.push({ kind, path: leaf.path })
  }

  #inner(leaf: Leaf, inner: Inner): void {
    const text = normalise(inner.text).text
    leafFinder.read(text, this.#wanted.rules)
    this.#rules(leaf, text, inner.through)
    if (inner.through === 'an HTML comment') return
    this.#texts.push(text)
  }

  #hidden(leaf: Leaf, reading: Reading): void {
    if (reading.hidden.length === 0) return
    // Many single ones in a row of words are no accident of typesetting any more.
    const highest = Math.max(...reading.hidden.map((hit) => hit.weight))
    const inWords = reading.hidden.filter((hit) => hit.weight >= 0.1).length
    const weight = inWords >= 4 ? Math.max(0.75, highest) : highest
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
    let detector: Detector | undefined
    let left = 0
    for (let each = 0; each < leafFinder.touchedCount; each++) {
      const at = leafFinder.touched[each] as number
      const one = ruled[at]
      if (one === undefined) return
      if (one.detector !== detector) {
        detector = one.detector
        left = detector.most
      }
      if (one.rule.under?.(leaf.name) !== false) left = this.#rule(one, at, { leaf, text, through, left })
    }
  }

  /** Takes the hits of one rule; answers how many more its detector may have. */
  #rule(
    { detector, rule }: (typeof ruled)[number],
    at: number,
    place: { leaf: Leaf; text: string; through: string | undefined; left: number },
  ): number {
    let { left } = place
    while (left > 0) {
      const found = leafFinder.next(at, place.text)
      if (found === null) return left
      // A gate says the same of the whole text for every rule of its detector.
      if (left === detector.most && detector.gate?.test(place.text) === false) return 0
      left--
      const hit = { at: found.index, length: found[0].length, weight: rule.weight }
      this.#take(detector, { leaf: place.leaf, text: place.text, through: place.through, hit })
    }
    return left
  }

  /** Counted in the text that the finder read last. */
  #talkOf(text: string): number {
    if (this.#kind === 'tool_definition') return 0
    if (text.length > talkRead) return talkAboutAttacks(text)
    let found = 0
    while (found < mostTalk && leafFinder.next(talkAt, text) !== null) found++
    return talkOf(found, text.length)
  }

  #take(
    detector: Detector,
    place: { leaf: Leaf; text: string; hit: Hit; through: string | undefined },
  ): void {
    const { leaf, text, hit, through } = place
    const quoted = through === undefined && standsInQuotes(text, hit)
    // What had to be decoded first was put there to be missed.
    const weight = Math.min(0.99, through === undefined ? hit.weight : hit.weight + 0.2)
    if (!detector.alone) {
      this.#all = raised(this.#all, detector.id, weight)
      this.#unquoted = raised(this.#unquoted, detector.id, quoted ? weight * quotedShare : weight)
    }
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
      secrets: this.#secrets,
    }
  }
}

function raised(map = new Map<string, number>(), id: string, to: number): Map<string, number> {
  return map.set(id, Math.max(map.get(id) ?? 0, to))
}

/** The certainty of several rules that agree: one minus the chance that all are wrong. */
function together(weights: ReadonlyMap<string, number> | undefined): number {
  if (weights === undefined) return 0
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
