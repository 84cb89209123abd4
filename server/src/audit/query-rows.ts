import type { Pool } from './entry-row.ts'

/**
 * The rows of one query. A failure says that it was a query's, in the way of the query builder, so that a database nobody
 * reaches is told from anything else nobody reaches.
 */
export async function queryRows<Out>(pool: Pool, text: string, values: unknown[]): Promise<Out[]> {
  try {
    return (await pool.query(text, values)).rows as Out[]
  } catch (cause) {
    throw new Error('Failed query: of the audit', { cause })
  }
}
