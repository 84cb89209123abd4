import {
  type BodyColumns,
  type EntryFilter,
  type EntryRow,
  equalColumns,
  firstId,
  type Pool,
} from './entry-row.ts'
import { entryColumns } from './landing-statement.ts'
import { queryRows } from './query-rows.ts'

/**
 * What is asked of entries, in SQL over `values`: of each entry as `e`, and of each block as `b` that could hold one.
 * A block is only opened when its own conditions hold; they may let through too much, never too little.
 */
export type Conditions = { entry: string[]; block: string[]; values: unknown[] }

const and = (all: readonly string[]) => (all.length === 0 ? 'true' : all.join(' AND '))
const columns = [...entryColumns.map((name) => `e.${name}`), 'e.writer', 'w.demo']
const fromRows = `SELECT ${columns} FROM audit_entries e JOIN audit_writers w ON w.id = e.writer`

/** A line of a block's shared column says exactly this. */
export const holdsLine = (column: string, value: string) => `${value} = ANY(audit_lines(b.${column}))`

export function conditions(filter: EntryFilter): Conditions {
  const { equal, onlyActor, fromMs, toMs, beforeId } = filter
  const found: Conditions = { entry: [], block: [], values: [] }
  const name = (value: unknown) => `$${found.values.push(value)}`
  const add = (entry: string, block: string) => {
    found.entry.push(entry)
    found.block.push(block)
  }
  const equals = (column: string, value: string) => {
    const at = name(value)
    // Each entry has a correlation of its own, its request's where none was given.
    if (column !== 'correlation_id') add(`e.${column} = ${at}`, holdsLine(column, `${at}::text`))
    else
      add(
        `e.${column} = ${at}`,
        `(${[`correlation_id`, `request_id`].map((own) => `strpos(b.${own}, ${at}::text) > 0`).join(' OR ')})`,
      )
  }
  for (const column of equalColumns) if (equal[column] !== undefined) equals(column, equal[column])
  if (onlyActor !== undefined) equals('actor_id', onlyActor)
  const since = fromMs === undefined ? undefined : name(firstId(fromMs))
  if (since !== undefined) add(`e.id >= ${since}`, `b.last_id >= ${since}`)
  for (const below of [toMs === undefined ? undefined : firstId(toMs + 1), beforeId]) {
    if (below === undefined) continue
    const at = name(below)
    add(`e.id < ${at}`, `b.first_id < ${at}`)
  }
  return found
}

/** Newest first. Opens as few blocks as it can: the newest until there is enough. */
export async function newestEntries(pool: Pool, asked: Conditions, limit: number): Promise<EntryRow[]> {
  const read = (sql: string, values: unknown[]) => queryRows<EntryRow>(pool, sql, values)
  const limitAt = `$${asked.values.length + 1}`
  const rows = await read(`${fromRows} WHERE ${and(asked.entry)} ORDER BY e.id DESC LIMIT ${limitAt}`, [
    ...asked.values,
    limit,
  ])
  /** Entries of blocks from `floor` on, block by block from the newest, or in their order. */
  const ofBlocks = (floor: string | undefined, order: string) => {
    const since = floor === undefined ? [] : [floor]
    const floorAt = `$${asked.values.length + 2}`
    const entry = [...asked.entry, ...since.map(() => `e.id >= ${floorAt}`)]
    const block = [...asked.block, ...since.map(() => `b.last_id >= ${floorAt}`)]
    return read(
      `SELECT ${columns} FROM (SELECT * FROM audit_blocks b WHERE ${and(block)} ORDER BY b.last_id DESC OFFSET 0) b
      JOIN audit_writers w ON w.id = b.writer
      CROSS JOIN LATERAL (SELECT * FROM audit_entries_of(b) e WHERE ${and(entry)} ORDER BY e.id DESC) e
      ${order} LIMIT ${limitAt}`,
      [...asked.values, limit, ...since],
    )
  }
  const enough = (found: readonly EntryRow[]) =>
    found.length < limit
      ? undefined
      : found.reduce((least, { id }) => (id < least ? id : least), found[0]?.id ?? '')
  let blocks = await ofBlocks(enough(rows), '')
  // Blocks of several processes lie side by side: one that was not opened may hold a newer entry than these.
  const least = enough(blocks)
  if (least !== undefined) blocks = await ofBlocks(least, 'ORDER BY e.id DESC')
  return [...rows, ...blocks].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit)
}

export async function findEntry(pool: Pool, id: string): Promise<EntryRow | undefined> {
  const [row] = await queryRows<EntryRow>(
    pool,
    `${fromRows} WHERE e.id = $1 UNION ALL
    SELECT ${columns} FROM audit_blocks b JOIN audit_writers w ON w.id = b.writer CROSS JOIN LATERAL audit_entries_of(b) e
    WHERE b.last_id >= $1 AND b.first_id <= $1 AND e.id = $1 LIMIT 1`,
    [id],
  )
  return row
}

export async function findBodies(pool: Pool, ids: readonly string[]): Promise<Map<string, BodyColumns>> {
  const rows = await queryRows<BodyColumns & { id: string }>(
    pool,
    `SELECT e.id, e.open_bodies, e.close_bodies FROM audit_entries e WHERE e.id = ANY($1::uuid[]) UNION ALL
    SELECT e.id, e.open_bodies, e.close_bodies FROM (SELECT * FROM audit_blocks b WHERE EXISTS (
      SELECT FROM unnest($1::uuid[]) one WHERE one BETWEEN b.first_id AND b.last_id) OFFSET 0) b
    CROSS JOIN LATERAL audit_entries_of(b) e WHERE e.id = ANY($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map(({ id, ...bodies }) => [id, bodies]))
}

const isCall = (
  row: string,
) => `${row}.action IN ('tool_call_success', 'security_warning') AND ${row}.outcome = 'success'
  AND ${row}.actor_type = 'user' AND ${row}.server_id IS NOT NULL AND ${row}.tool IS NOT NULL
  AND ($2::text IS NULL OR ${row}.actor_id = $2)`
const countedColumns = ['action', 'outcome', 'actor_type', 'actor_id', 'server_id', 'tool', 'shared_count']

/** Successful calls since an id by server and tool; of one person or of all. Blocks count whole, to the second or so. */
export async function countCalls(
  pool: Pool,
  sinceId: string,
  userId: string | undefined,
): Promise<{ serverId: string; tool: string; calls: number }[]> {
  return await queryRows(
    pool,
    `SELECT server_id AS "serverId", tool, sum(n)::int AS calls FROM (
      SELECT e.server_id, e.tool, 1 AS n FROM audit_entries e WHERE e.id >= $1 AND ${isCall('e')} UNION ALL
      SELECT s.server_id, s.tool, s.shared_count::int FROM audit_blocks b
      CROSS JOIN LATERAL unnest(${countedColumns.map((name) => `audit_lines(b.${name})`)}) AS s(${countedColumns})
      WHERE b.last_id >= $1 AND ${isCall('s')}
    ) calls GROUP BY server_id, tool`,
    [sinceId, userId ?? null],
  )
}
