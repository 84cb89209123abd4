import { asc, eq } from 'drizzle-orm'
import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

export type RedirectRule = {
  readonly id: string
  readonly effect: 'allow' | 'block'
  readonly pattern: string
  readonly note: string
  readonly createdBy: UserId | undefined
  readonly createdAt: Date
}

const rules = pgTable('oauth_redirect_rules', {
  id: uuid().primaryKey(),
  effect: text().$type<'allow' | 'block'>().notNull(),
  pattern: text().notNull(),
  note: text().notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
})

export type RuleStore = ReturnType<typeof ruleStore>

export function ruleStore(db: Db) {
  return {
    async all(): Promise<RedirectRule[]> {
      const rows = await db.select().from(rules).orderBy(asc(rules.createdAt), asc(rules.id))
      return rows.map((row) => ({ ...row, createdBy: row.createdBy ?? undefined }))
    },
    /** False when the list already has this pattern, or holds `most`. */
    async insert(rule: RedirectRule, most: number): Promise<'done' | 'taken' | 'full'> {
      if ((await db.$count(rules)) >= most) return 'full'
      const row = { ...rule, createdBy: rule.createdBy ?? null }
      const added = await db.insert(rules).values(row).onConflictDoNothing().returning({ id: rules.id })
      return added.length > 0 ? 'done' : 'taken'
    },
    async remove(id: string): Promise<boolean> {
      return (await db.delete(rules).where(eq(rules.id, id)).returning({ id: rules.id })).length > 0
    },
  }
}
