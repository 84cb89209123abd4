import { BoundedCache } from '../lib/bounded-cache.ts'
import type { FlaggedDefinition, ListGuard } from './judge-definition.ts'
import type { OutsideModels } from './outside-models.ts'

/** A poisoned list may hold thousands; an LLM is asked about the first ones. */
const maxAsked = 20
const maxRemembered = 200
const maxCharacters = 16_000

type Look = Pick<ListGuard, 'lookFor'>

/**
 * With an LLM configured, a definition of medium or high risk gets a category from it, which audit shows before the rules'
 * own reasons. Its answer is one word of a closed list; no text of it is used.
 */
export function categoriseFlagged(list: Look, outside: OutsideModels) {
  const texts = new BoundedCache<{ readonly text: string }>(maxRemembered)
  const keyOf = (connectorId: string, name: string) => `${connectorId} ${name}`
  return {
    lookFor(...given: Parameters<Look['lookFor']>): ReturnType<Look['lookFor']> {
      const look = list.lookFor(...given)
      return (offered) => {
        const judged = look(offered)
        if (
          outside.settings('llm_judge')?.enabled === true &&
          (judged.risk === 'medium' || judged.risk === 'high')
        )
          texts.set(keyOf(given[0].id, offered.name), { text: offered.definition.slice(0, maxCharacters) })
        return judged
      }
    },
    async categorised<T extends FlaggedDefinition>(connectorId: string, tools: readonly T[]): Promise<T[]> {
      const out: T[] = []
      for (const [at, tool] of tools.entries()) {
        const text = at < maxAsked ? texts.get(keyOf(connectorId, tool.name))?.text : undefined
        const opinion =
          text === undefined ? 'down' : await outside.ask('llm_judge', { kind: 'tool_definition', text })
        out.push(opinion === 'down' || opinion.score < 0.5 ? tool : withCategory(tool, opinion.category))
      }
      return out
    },
  }
}

function withCategory<T extends FlaggedDefinition>(tool: T, category: string): T {
  const finding = {
    detector: 'llm-judge',
    category,
    where: '',
    excerpt: '',
    reason: `The language model that is asked about flagged definitions sees ${category.replaceAll('-', ' ')}.`,
  }
  return { ...tool, scan: { ...tool.scan, findings: [finding, ...tool.scan.findings] } }
}
