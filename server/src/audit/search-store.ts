import { entryColumns } from './landing-statement.ts'
import type { EntryRow, Pool } from './store.ts'

/** Searches and successful calls through the Runlayer Plugin since a moment, newest first. */
export async function readTrailRows(pool: Pool, o: { sinceId: string; limit: number }): Promise<EntryRow[]> {
  const { rows } = await pool.query(
    `SELECT ${entryColumns.map((name) => `e.${name}`)}, e.writer, w.demo
    FROM audit_entries e JOIN audit_writers w ON w.id = e.writer
    WHERE e.id >= $1 AND e.via = 'runlayer' AND e.outcome = 'success' AND (e.tool IS NOT NULL OR e.action = 'tool_searched')
    ORDER BY e.id DESC LIMIT $2`,
    [o.sinceId, o.limit],
  )
  return rows as EntryRow[]
}
