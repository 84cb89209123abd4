import type { Policy } from '../api/shapes.ts'
import { Badge, type Meaning } from '../ui/status.tsx'
import { useNames } from './use-names.ts'

const effects: Record<Policy['effect'], readonly [Meaning, string]> = {
  allow: ['good', 'Allow'],
  deny: ['danger', 'Deny'],
  require_approval: ['warning', 'Ask for approval'],
}

export function EffectChip({ effect }: { effect: Policy['effect'] }) {
  const [meaning, word] = effects[effect]
  return <Badge meaning={meaning}>{word}</Badge>
}

function listed(words: readonly string[]): string {
  return words.length <= 3 ? words.join(', ') : `${words.slice(0, 2).join(', ')} and ${words.length - 2} more`
}

/** A rule as words, without its effect: "Finance to use list_*, read_* on Warehouse". */
export function useRuleWords(): (policy: Pick<Policy, 'principals' | 'scope'>) => string {
  const names = useNames()
  return ({ principals, scope }) => {
    const who = listed(names.principals(principals)) || 'nobody'
    const things = [...(scope.tools ?? []), ...(scope.resources ?? [])]
    const what = scope.tools === null && scope.resources === null ? 'everything' : listed(things) || 'nothing'
    return `${who} to use ${what} on ${names.scope(scope)}`
  }
}
