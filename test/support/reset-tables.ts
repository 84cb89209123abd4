import type pg from 'pg'

type Table = { name: string; columns: string }

/** What a freshly migrated database holds, so that a used one can be brought back to it. */
export type Baseline = { readonly tables: readonly Table[]; readonly rows: ReadonlyMap<string, string> }

const listTables = `
  SELECT quote_ident(c.relname) AS name,
         string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  GROUP BY c.relname, c.relispartition ORDER BY c.relispartition, c.relname`

export async function takeBaseline(pool: pg.Pool): Promise<Baseline> {
  const { rows: tables } = await pool.query<Table>(listTables)
  const rows = new Map<string, string>()
  for (const { name } of tables.filter((table) => table.name !== 'schema_migrations')) {
    const { rows: found } = await pool.query<{ all: string | null }>(
      `SELECT jsonb_agg(to_jsonb(t))::text AS all FROM ONLY ${name} t`,
    )
    if (found[0]?.all != null) rows.set(name, found[0].all)
  }
  return { tables, rows }
}

/**
 * Empties every table, drops those that came later, and puts back the rows that migrations had made. False when the
 * schema itself was changed, or a connection was never given back: then only a new database will do.
 */
export async function resetTo(baseline: Baseline, pool: pg.Pool): Promise<boolean> {
  if (pool.ended || pool.idleCount !== pool.totalCount || pool.waitingCount > 0) return false
  const { rows: present } = await pool.query<Table>(listTables)
  const known = new Map(baseline.tables.map(({ name, columns }) => [name, columns]))
  const kept = present.filter((table) => known.has(table.name))
  if (kept.length !== known.size || kept.some(({ name, columns }) => known.get(name) !== columns))
    return false
  const later = present.filter((table) => !known.has(table.name)).map((table) => table.name)
  const emptied = kept.map((table) => table.name).filter((name) => name !== 'schema_migrations')
  const statements = [
    'BEGIN',
    // Triggers that keep history from being changed are for the product, not for this.
    'SET LOCAL session_replication_role = replica',
    later.length > 0 ? `DROP TABLE IF EXISTS ${later.join(', ')} CASCADE` : '',
    emptied.length > 0 ? `TRUNCATE ${emptied.join(', ')} RESTART IDENTITY CASCADE` : '',
    ...[...baseline.rows].map(([name, rows]) => refill(name, known.get(name) ?? '', rows)),
    'COMMIT',
  ]
  await pool.query(statements.filter((statement) => statement !== '').join(';\n'))
  return true
}

function refill(name: string, columns: string, rows: string): string {
  const literal = `'${rows.replaceAll("'", "''")}'`
  return `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM jsonb_populate_recordset(NULL::${name}, ${literal}::jsonb)`
}
