import { sql } from 'drizzle-orm'
import type { Db } from '../storage/storage.ts'

type Row = { wrapped_key: string }

/** The one row that holds the wrapped data key. */
export function keyringStore(db: Db) {
  const load = async (): Promise<string | undefined> => {
    const { rows } = await db.execute<Row>(sql`SELECT wrapped_key FROM keyring WHERE id = 1`)
    return rows[0]?.wrapped_key
  }
  return {
    load,
    /** Stores the first wrapped key; answers the one that is stored, which is another's when two processes start at once. */
    async insert(wrapped: string): Promise<string> {
      await db.execute(
        sql`INSERT INTO keyring (id, wrapped_key) VALUES (1, ${wrapped}) ON CONFLICT (id) DO NOTHING`,
      )
      const stored = await load()
      if (stored === undefined) throw new Error('the wrapped data key could not be stored')
      return stored
    },
    /** Replaces `before`; does nothing when another process was faster. */
    async rewrap(wrapped: string, before: string): Promise<void> {
      await db.execute(
        sql`UPDATE keyring SET wrapped_key = ${wrapped}, rewrapped_at = now() WHERE id = 1 AND wrapped_key = ${before}`,
      )
    },
  }
}
