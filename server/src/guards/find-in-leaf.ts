import { detectors } from './detectors.ts'
import { MatchFinder } from './find-matches.ts'
import { secretReaders } from './find-secret-values.ts'
import type { ContentKind, Detector, Rule } from './finding.ts'
import { talkWords } from './talk-about-attacks.ts'

/** Every rule with its detector, in the order in which findings are told. */
export const ruled: readonly { readonly detector: Detector; readonly rule: Rule }[] = detectors.flatMap(
  (detector) => detector.rules.map((rule) => ({ detector, rule })),
)
export const talkAt = ruled.length
export const firstSecret = talkAt + 1

/** All that is looked for in a leaf, in one pass: rules, words about attacks, secrets. */
export const leafFinder = new MatchFinder([
  ...ruled.map(({ rule }) => rule.pattern),
  talkWords,
  ...secretReaders.map(({ find }) => find),
])

type Parts = { kind?: ContentKind; talk?: boolean; secrets?: boolean }

function wantedOf({ kind, talk = false, secrets = false }: Parts): Uint8Array {
  const rules = ruled.map(({ detector }) => kind !== undefined && detector.kinds.includes(kind))
  return Uint8Array.from([...rules, talk, ...secretReaders.map(() => secrets)], Number)
}

function wantedOfKind(kind: ContentKind) {
  // What a definition says about attacks does not count, nor do examples of keys in it.
  const more = kind !== 'tool_definition'
  return {
    rules: wantedOf({ kind }),
    rulesAndTalk: wantedOf({ kind, talk: more }),
    all: wantedOf({ kind, talk: more, secrets: more }),
  }
}

export type Wanted = ReturnType<typeof wantedOfKind>

const [output, input] = [wantedOfKind('tool_output'), wantedOfKind('tool_input')]
const [definition, skill] = [wantedOfKind('tool_definition'), wantedOfKind('skill_file')]

/** Compared, not looked up: members by a name that changes from call to call are slow to find. */
export function wantedIn(kind: ContentKind): Wanted {
  if (kind === 'tool_output') return output
  if (kind === 'tool_input') return input
  return kind === 'tool_definition' ? definition : skill
}

export const secretsOnly = wantedOf({ secrets: true })
