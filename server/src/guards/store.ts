import { eq } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'

const guardSettings = pgTable('guard_settings', {
  scope: text().primaryKey(),
  settings: jsonb().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})

const everywhere = 'global'

export type GuardStore = {
  /** The stored settings as they are, or undefined before anyone changed them. */
  read(): Promise<unknown>
  write(settings: object, at: Date): Promise<void>
}

export function guardStore(db: Db): GuardStore {
  return {
    async read() {
      const [row] = await db.select().from(guardSettings).where(eq(guardSettings.scope, everywhere))
      return row?.settings
    },
    async write(settings, at) {
      await db
        .insert(guardSettings)
        .values({ scope: everywhere, settings, updatedAt: at })
        .onConflictDoUpdate({ target: guardSettings.scope, set: { settings, updatedAt: at } })
    },
  }
}
