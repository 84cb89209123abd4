import type { ServerId } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import { type EntryRow, firstId, type Pool } from './entry-row.ts'
import type { Bodies } from './event.ts'
import type { Reader } from './read-entries.ts'
import { readTrailRows } from './search-store.ts'

type Trace = { readonly atMs: number; readonly actorId: string; readonly client: string }
/** What people searched for and what they then ran. `hits` are public names, best first. */
export type TrailEvent =
  | (Trace & { readonly kind: 'search'; readonly query: string; readonly hits: readonly string[] })
  | (Trace & { readonly kind: 'run'; readonly serverId: ServerId; readonly tool: string })

/** `isCut`: there was more than was read; the oldest is missing. */
export type SearchTrail = { readonly events: readonly TrailEvent[]; readonly isCut: boolean }

const maxRows = 20_000
const rowsAtOnce = 500

/** Oldest first. Bodies are opened here for figures over everybody; who is shown them is decided by the route. */
export async function readSearchTrail(pool: Pool, reader: Reader, sinceMs: number): Promise<SearchTrail> {
  await reader.land()
  const rows = await readTrailRows(pool, { sinceId: firstId(sinceMs), limit: maxRows + 1 })
  const shown = rows.slice(0, maxRows).reverse()
  const events: TrailEvent[] = []
  for (let at = 0; at < shown.length; at += rowsAtOnce) {
    const some = shown.slice(at, at + rowsAtOnce)
    const searches = some.filter(({ action }) => action === 'tool_searched')
    const bodies = await reader.bodiesOf({ userId: '', everybody: true, bodies: true }, searches)
    for (const row of some) events.push(...eventOf(row, bodies.get(row.id)))
  }
  return { events, isCut: rows.length > maxRows }
}

function eventOf(row: EntryRow, bodies: Bodies | undefined): TrailEvent[] {
  const trace = { atMs: row.time.getTime(), actorId: row.actor_id, client: row.client_name ?? '' }
  if (row.action !== 'tool_searched') {
    if (row.server_id === null || row.tool === null) return []
    return [{ ...trace, kind: 'run', serverId: row.server_id as ServerId, tool: row.tool }]
  }
  const query = memberOf(bodies?.arguments, 'query')
  const hits = memberOf(bodies?.result, 'hits')
  if (typeof query !== 'string' || query.trim() === '' || !Array.isArray(hits)) return []
  return [{ ...trace, kind: 'search', query, hits: hits.filter((name) => typeof name === 'string') }]
}

function memberOf(body: string | undefined, name: string): Json | undefined {
  if (body === undefined) return undefined
  try {
    const value = JSON.parse(body) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined
  } catch {
    return undefined
  }
}
