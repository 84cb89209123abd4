import { lte } from 'drizzle-orm'
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'

const spent = pgTable('oauth_spent_proofs', {
  hash: text('hash').primaryKey(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
})

export type ProofStore = ReturnType<typeof proofStore>

export function proofStore(db: Db) {
  return {
    /** False when it was spent before, on whichever process. */
    async spend(hash: string, expiresAt: Date): Promise<boolean> {
      const added = await db
        .insert(spent)
        .values({ hash, expiresAt })
        .onConflictDoNothing()
        .returning({ hash: spent.hash })
      return added.length > 0
    },
    async sweep(at: Date): Promise<void> {
      await db.delete(spent).where(lte(spent.expiresAt, at))
    },
  }
}
