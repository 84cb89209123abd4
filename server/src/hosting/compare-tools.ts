import type { Json } from '../kernel/json.ts'

export type ToolDifference = {
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Definitions as the server sent them; null where there is none. */
  readonly before: string | null
  readonly after: string | null
}

/** What another version of a package would change about the tools, by name. Definitions are JSON texts. */
export function compareTools(before: readonly string[], after: readonly string[]): ToolDifference[] {
  const [old, next] = [byName(before), byName(after)]
  const names = [...new Set([...old.keys(), ...next.keys()])].sort()
  return names.flatMap((name): ToolDifference[] => {
    const [was, is] = [old.get(name), next.get(name)]
    if (was === undefined) return [{ name, change: 'added', before: null, after: is ?? null }]
    if (is === undefined) return [{ name, change: 'removed', before: was, after: null }]
    const same = canonical(JSON.parse(was)) === canonical(JSON.parse(is))
    return same ? [] : [{ name, change: 'changed', before: was, after: is }]
  })
}

function byName(definitions: readonly string[]): Map<string, string> {
  return new Map(
    definitions.flatMap((text): [string, string][] => {
      const parsed: Json = JSON.parse(text)
      const named = parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
      const name = named ? parsed['name'] : undefined
      return typeof name === 'string' ? [[name, text]] : []
    }),
  )
}

/** The order of members is not part of a definition. */
function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
