import type { Change } from './compare-definitions.ts'

/** How far a changed definition may lead: wording, form, or what a call can do. */
export type ChangeJudgement = {
  readonly severity: 'none' | 'low' | 'medium' | 'high'
  /** Sentences for a reviewer, most severe first. */
  readonly reasons: readonly string[]
}

type Rule = { severity: 'low' | 'medium' | 'high'; reason: string; fits(change: Change): boolean }

const addresses = /\bhttps?:\/\/[^\s"'<>)\]]+|\b[\w.+-]+@[\w-]+\.[\w.]+/gi
const isText = (field: string) =>
  /(?:^|\.)(?:description|title|const|default|examples?|enum)(?:\.|$)/.test(field)

function namesNewAddress({ field, before = '', after = '' }: Change): boolean {
  if (/(?:^|\.)\$(?:schema|ref|id)$/.test(field)) return false
  const known = new Set(before.match(addresses))
  return (after.match(addresses) ?? []).some((address) => !known.has(address))
}

const grown = ({ before = '', after = '' }: Change) => after.length > 2 * before.length + 200

/** From worst to least; every rule that fits gives its reason once. */
const rules: readonly Rule[] = [
  {
    severity: 'high',
    reason: 'It was read-only and no longer says so.',
    fits: ({ field, before, after }) =>
      field === 'annotations.readOnlyHint' && before === 'true' && after !== 'true',
  },
  {
    severity: 'high',
    reason: 'It may now destroy.',
    fits: ({ field, before, after }) =>
      field === 'annotations.destructiveHint' && before === 'false' && after !== 'false',
  },
  {
    severity: 'high',
    reason: 'It names an address that was not there before.',
    fits: namesNewAddress,
  },
  {
    severity: 'medium',
    reason: 'It may now reach the world outside.',
    fits: ({ field, before, after }) =>
      field === 'annotations.openWorldHint' && before === 'false' && after !== 'false',
  },
  {
    severity: 'medium',
    reason: 'It takes arguments that it did not take before.',
    fits: ({ field, before }) =>
      before === undefined && /^inputSchema\.(?:.*\.)?properties(?:\.|$)/.test(field),
  },
  {
    severity: 'medium',
    reason: 'It demands other arguments.',
    fits: ({ field }) => /^inputSchema\.(?:.*\.)?required(?:\.|$)/.test(field),
  },
  {
    severity: 'medium',
    reason: 'A text became much longer.',
    fits: (change) => isText(change.field) && grown(change),
  },
  { severity: 'low', reason: 'The wording changed.', fits: ({ field }) => isText(field) },
  { severity: 'low', reason: 'The form changed.', fits: ({ field }) => !isText(field) },
]

/** Annotations that came or went as a whole are looked at one by one. */
function memberChanges(change: Change): Change[] {
  if (change.field !== 'annotations') return [change]
  const before = membersOf(change.before)
  const after = membersOf(change.after)
  return [...new Set([...before.keys(), ...after.keys()])].map((name) => {
    const [one, other] = [before.get(name), after.get(name)]
    return {
      field: `annotations.${name}`,
      ...(one === undefined ? {} : { before: one }),
      ...(other === undefined ? {} : { after: other }),
    }
  })
}

function membersOf(text: string | undefined): Map<string, string> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    if (typeof value !== 'object' || value === null) return new Map()
    return new Map(Object.entries(value).map(([name, member]) => [name, String(member)]))
  } catch {
    return new Map()
  }
}

/** What a person should know first about a change (T22). Pure. */
export function judgeChange(changes: readonly Change[]): ChangeJudgement {
  const each = changes.flatMap(memberChanges)
  const fitting = rules.filter((rule) => each.some(rule.fits))
  return { severity: fitting[0]?.severity ?? 'none', reasons: fitting.map(({ reason }) => reason) }
}
