import { asc, count, eq } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'
import type { DenyPattern } from './deny-patterns.ts'

const guardPatterns = pgTable('guard_patterns', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  pattern: text().notNull(),
  looksAt: text('looks_at').notNull().$type<DenyPattern['looksAt']>(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
})

const outsideModels = pgTable('guard_outside_models', {
  slot: text().primaryKey(),
  settings: jsonb().notNull(),
  sealedKey: text('sealed_key'),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})

export type StoredPattern = DenyPattern & { readonly createdAt: Date }
export type StoredModel = {
  readonly slot: string
  readonly settings: unknown
  readonly sealedKey: string | null
}

/** Patterns of administrators and the models outside. */
export function outsideStore(db: Db) {
  return {
    patterns: (): Promise<StoredPattern[]> => db.select().from(guardPatterns).orderBy(asc(guardPatterns.id)),
    async countPatterns(): Promise<number> {
      const [row] = await db.select({ rows: count() }).from(guardPatterns)
      return row?.rows ?? 0
    },
    async addPattern(pattern: StoredPattern): Promise<void> {
      await db.insert(guardPatterns).values(pattern)
    },
    /** What was there, or undefined. */
    async removePattern(id: string): Promise<StoredPattern | undefined> {
      const [gone] = await db.delete(guardPatterns).where(eq(guardPatterns.id, id)).returning()
      return gone
    },
    models: (): Promise<StoredModel[]> => db.select().from(outsideModels),
    async writeModel(model: StoredModel, at: Date): Promise<void> {
      const { settings, sealedKey } = model
      await db
        .insert(outsideModels)
        .values({ ...model, updatedAt: at })
        .onConflictDoUpdate({ target: outsideModels.slot, set: { settings, sealedKey, updatedAt: at } })
    },
    async removeModel(slot: string): Promise<void> {
      await db.delete(outsideModels).where(eq(outsideModels.slot, slot))
    },
  }
}
