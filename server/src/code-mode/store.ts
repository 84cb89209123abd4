import { eq } from 'drizzle-orm'
import { boolean, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'

const settings = pgTable('code_mode_settings', {
  scope: text().primaryKey(),
  enabled: boolean().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true, mode: 'date' }).notNull(),
})

const runlayerPlugin = 'runlayer'

export type CodeModeStore = {
  isEnabled(): Promise<boolean>
  setEnabled(enabled: boolean, at: Date): Promise<void>
}

export function codeModeStore(db: Db): CodeModeStore {
  return {
    async isEnabled() {
      const [row] = await db.select().from(settings).where(eq(settings.scope, runlayerPlugin))
      return row?.enabled ?? false
    },
    async setEnabled(enabled, at) {
      await db
        .insert(settings)
        .values({ scope: runlayerPlugin, enabled, updatedAt: at })
        .onConflictDoUpdate({ target: settings.scope, set: { enabled, updatedAt: at } })
    },
  }
}
