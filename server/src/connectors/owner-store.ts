import { sql } from 'drizzle-orm'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

/** Whose connectors are whose: the one field of a connector that changes without its settings changing. */
export function ownerStore(db: Db) {
  return {
    async handOver(from: UserId, to: UserId): Promise<number> {
      const { rowCount } = await db.execute(
        sql`UPDATE connectors SET created_by = ${to} WHERE created_by = ${from}`,
      )
      return rowCount ?? 0
    },
  }
}
