/** What a guard looks at. The kind decides which detectors apply and which model scores. */
export type ContentKind = 'tool_definition' | 'tool_input' | 'tool_output' | 'skill_file'

/** Scanners are what an administrator sets: an action each. A detector belongs to one scanner. */
export const scanners = [
  'injection',
  'hidden',
  'exfiltration',
  'commands',
  'secrets',
  'definitions',
  'questions',
  'intent',
  'flow',
  'trajectory',
  'personal',
  'patterns',
] as const
export type Scanner = (typeof scanners)[number]

export type Category =
  | 'prompt-injection'
  | 'hidden-text'
  | 'concealment'
  | 'data-exfiltration'
  | 'command-injection'
  | 'secret'
  | 'tool-poisoning'
  | 'secret-question'
  | 'departure'
  | 'toxic-flow'
  | 'personal-data'
  | 'denied-pattern'
  | 'privilege-escalation'
  | 'unjudged'

/** One string of what is scanned. `path` is like `content[0].text`; `name` the member it stands under. */
export type Leaf = { readonly text: string; readonly path: string; readonly name: string }

/** A place in a leaf's text. `weight` 0..1: how sure the rule alone is. `secret`: what to write instead. */
export type Hit = { readonly at: number; readonly length: number; readonly weight: number }

/** What a detector said about one place. `excerpt` is masked and short: it may stand in answers to administrators. */
export type Finding = {
  readonly detector: string
  readonly scanner: Scanner
  readonly category: Category
  readonly reason: string
  readonly path: string
  readonly excerpt: string
  readonly weight: number
  /** Found only after decoding or unveiling: `base64`, `tag characters`… */
  readonly through: string | undefined
}

export type Sample = { readonly text: string; readonly name?: string; readonly kind?: ContentKind }

/** A pattern without flag u or m, whose every repeat is bounded, so that time is linear (T38); with its own certainty. */
export type Rule = {
  readonly pattern: RegExp
  readonly weight: number
  /** Which members it is looked for under; all, when absent. */
  readonly under?: (name: string) => boolean
}

export type Detector = {
  readonly id: string
  readonly scanner: Scanner
  readonly category: Category
  readonly kinds: readonly ContentKind[]
  /** A sentence a person understands, with no part of the attack in it. */
  readonly reason: string
  /** Looked for in the leaf as read by `normalise`: folded and in lower case where letters allow. */
  readonly rules: readonly Rule[]
  /** Without a match of it nothing counts. Looked at last, because it is rarely needed. */
  readonly gate: RegExp | undefined
  /** Its sure hits decide by themselves; the model does not learn from it. */
  readonly alone: boolean
  /** At most this many hits of it in one leaf: more say nothing new. */
  readonly most: number
  /** Texts that must be found, and near ones that must not. */
  readonly caught: readonly Sample[]
  readonly spared: readonly Sample[]
}

const everyKind: readonly ContentKind[] = ['tool_definition', 'tool_input', 'tool_output', 'skill_file']

type PatternDetector = Omit<Detector, 'rules' | 'kinds' | 'gate' | 'most' | 'alone'> & {
  alone?: boolean
  kinds?: readonly ContentKind[]
  gate?: RegExp
  patterns: readonly (readonly [RegExp, number])[]
}

export function patternDetector({
  kinds = everyKind,
  alone = false,
  gate,
  patterns,
  ...rest
}: PatternDetector): Detector {
  return {
    ...rest,
    kinds,
    alone,
    gate,
    most: 8,
    rules: patterns.map(([pattern, weight]) => ({ pattern, weight })),
  }
}
