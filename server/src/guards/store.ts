import { eq } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'

const guardSettings = pgTable('guard_settings', {
  scope: text().primaryKey(),
  settings: jsonb().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})

export const everywhere = 'global'

export type GuardStore = {
  /** The stored settings by scope, as they are: `global`, and connectors by id. */
  readAll(): Promise<ReadonlyMap<string, unknown>>
  write(scope: string, settings: object, at: Date): Promise<void>
  /** Whether there was something. */
  remove(scope: string): Promise<boolean>
}

export function guardStore(db: Db): GuardStore {
  return {
    async readAll() {
      const rows = await db.select().from(guardSettings)
      return new Map(rows.map(({ scope, settings }) => [scope, settings]))
    },
    async write(scope, settings, at) {
      await db
        .insert(guardSettings)
        .values({ scope, settings, updatedAt: at })
        .onConflictDoUpdate({ target: guardSettings.scope, set: { settings, updatedAt: at } })
    },
    async remove(scope) {
      const gone = await db.delete(guardSettings).where(eq(guardSettings.scope, scope)).returning()
      return gone.length > 0
    },
  }
}
