import type { Audit } from '../audit/audit.ts'
import type { UserId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'

/** How often a person ran each tool lately: the order in which an empty search lists them. */
export type ToolUsage = { of(userId: UserId): Promise<(tool: PinnedTool) => number> }

type Counted = { counts: ReadonlyMap<string, number>; until: number }

const maxPeople = 1_000
const keptForMs = 5 * 60_000

export function toolUsage(audit: Pick<Audit, 'usageCounts'>, now: () => number): ToolUsage {
  const cache = new BoundedCache<Counted>(maxPeople)
  const count = async (userId: UserId): Promise<Counted> => {
    const rows = await audit.usageCounts(userId)
    const counts = new Map(rows.map((row) => [`${row.serverId} ${row.tool}`, row.calls]))
    const counted = { counts, until: now() + keptForMs }
    cache.set(userId, counted)
    return counted
  }
  return {
    async of(userId) {
      const kept = cache.get(userId)
      const { counts } = kept !== undefined && kept.until > now() ? kept : await count(userId)
      return (tool) => counts.get(`${tool.serverId} ${tool.name}`) ?? 0
    },
  }
}
