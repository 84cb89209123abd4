import type { Json } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { wordsOf } from './definition-leaves.ts'

/** What a call of a tool can do to the world, as its approved definition and its name say. */
export type Reach = 'reads' | 'writes' | 'destroys'

const destroying =
  /^(?:delete|remove|drop|destroy|purge|wipe|erase|truncate|revoke|terminate|kill|uninstall|format)$/i
const writing =
  /^(?:create|update|write|send|post|put|add|insert|comment|reply|publish|push|upload|share|forward|email|mail|message|notify|invite|merge|commit|edit|set|move|rename|copy|submit|transfer|pay|order|book|run|execute|exec|deploy|install|save|append|tweet|dispatch|trigger|webhook)$/i
const reading =
  /^(?:get|list|read|search|find|query|describe|show|count|view|look|lookup|fetch|check|status|whoami|echo|ping|explain|summarize|summarise|compare|validate|parse|convert|calculate|add|sum)$/i

/** Reads each tool once: its approved definition does not change. */
export function oncePerTool<Read extends string>(
  read: (tool: PinnedTool) => Read,
): (tool: PinnedTool) => Read {
  const known = new WeakMap<PinnedTool, Read>()
  return (tool) => {
    const before = known.get(tool)
    if (before !== undefined) return before
    const now = read(tool)
    known.set(tool, now)
    return now
  }
}

export function reachOf(tool: Pick<PinnedTool, 'name' | 'annotations'>): Reach {
  const words = wordsOf(tool.name).split(/[^A-Za-z0-9]+/)
  const says = (hint: string): Json | undefined => tool.annotations?.[hint]
  if (says('readOnlyHint') === true) return 'reads'
  if (words.some((word) => destroying.test(word))) return 'destroys'
  if (words.some((word) => writing.test(word)))
    return says('destructiveHint') === true ? 'destroys' : 'writes'
  if (words.some((word) => reading.test(word))) return 'reads'
  // Unknown and not declared read-only: the protocol's own default is that it may write.
  return 'writes'
}
