import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { ProviderId } from './provider.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const kept = pgTable('sso_kept_sign_ins', {
  userId: uuid('user_id').primaryKey().$type<UserId>(),
  providerId: uuid('provider_id').notNull().$type<ProviderId>(),
  sealed: text().notNull(),
  revision: integer().notNull(),
  leasedUntil: moment('leased_until'),
  keptAt: moment('kept_at').notNull(),
})

export type KeptRow = Omit<typeof kept.$inferSelect, 'leasedUntil'>
export type KeptStore = ReturnType<typeof keptStore>

/** What providers gave at sign-ins, sealed: the last one of each person. */
export function keptStore(db: Db) {
  const same = ({ userId, revision }: Pick<KeptRow, 'userId' | 'revision'>) =>
    and(eq(kept.userId, userId), eq(kept.revision, revision))
  return {
    async find(userId: UserId): Promise<KeptRow | undefined> {
      const [row] = await db.select().from(kept).where(eq(kept.userId, userId))
      return row
    },
    async put(row: Omit<KeptRow, 'revision'>): Promise<void> {
      const { userId: _, ...set } = row
      await db
        .insert(kept)
        .values({ ...row, revision: 1 })
        .onConflictDoUpdate({
          target: kept.userId,
          set: { ...set, revision: sql`${kept.revision} + 1`, leasedUntil: null },
        })
    },
    /** The right to renew it, by the database's clock; false when another holds it or was there first. */
    async lease(row: KeptRow, seconds: number): Promise<boolean> {
      const isFree = or(isNull(kept.leasedUntil), lt(kept.leasedUntil, sql`now()`))
      const taken = await db
        .update(kept)
        .set({ leasedUntil: sql`now() + make_interval(secs => ${seconds})` })
        .where(and(same(row), isFree))
        .returning({ userId: kept.userId })
      return taken.length > 0
    },
    async release(row: KeptRow): Promise<void> {
      await db.update(kept).set({ leasedUntil: null }).where(same(row))
    },
    async renew(row: KeptRow, sealed: string, at: Date): Promise<void> {
      await db
        .update(kept)
        .set({ sealed, revision: row.revision + 1, leasedUntil: null, keptAt: at })
        .where(same(row))
    },
    /** Only this one: a newer sign-in stays. */
    async end(row: KeptRow): Promise<void> {
      await db.delete(kept).where(same(row))
    },
    async endOf(userId: UserId): Promise<void> {
      await db.delete(kept).where(eq(kept.userId, userId))
    },
    async endAt(providerId: ProviderId): Promise<void> {
      await db.delete(kept).where(eq(kept.providerId, providerId))
    },
  }
}
