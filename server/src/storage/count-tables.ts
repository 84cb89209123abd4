import type { PGlite } from '@electric-sql/pglite'
import type { TableCounts } from './engine-worker-words.ts'

/** Rows of every table in the public schema. Reads every table once. */
export async function countTables(db: PGlite): Promise<TableCounts> {
  const tables = await db.query<{ name: string }>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  )
  const counts: Record<string, number> = {}
  for (const { name } of tables.rows) {
    const { rows } = await db.query<{ n: number }>(`SELECT count(*)::float8 AS n FROM public.${name}`)
    counts[name] = rows[0]?.n ?? 0
  }
  return counts
}
