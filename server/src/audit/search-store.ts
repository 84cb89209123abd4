import type { EntryRow, Pool } from './entry-row.ts'
import { holdsLine, newestEntries } from './find-entries.ts'

/** Searches and successful calls through the Runlayer Plugin since a moment, newest first. */
export function readTrailRows(pool: Pool, o: { sinceId: string; limit: number }): Promise<EntryRow[]> {
  const entry = `e.via = 'runlayer' AND e.outcome = 'success' AND (e.tool IS NOT NULL OR e.action = 'tool_searched')`
  const asked = {
    entry: ['e.id >= $1', entry],
    block: ['b.last_id >= $1', holdsLine('via', `'runlayer'`)],
    values: [o.sinceId],
  }
  return newestEntries(pool, asked, o.limit)
}
