import { and, eq, gt, lt } from 'drizzle-orm'
import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'
import type { ProviderId } from './provider.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const answers = pgTable('sso_answers', {
  id: text().primaryKey(),
  expiresAt: moment('expires_at').notNull(),
})

const arrivals = pgTable('sso_arrivals', {
  flowId: text('flow_id').primaryKey(),
  providerId: uuid('provider_id').notNull().$type<ProviderId>(),
  sealed: text().notNull(),
  expiresAt: moment('expires_at').notNull(),
})

/** What comes back from providers, each once: answers that were used, and people who wait to be let in. */
export function arrivalStore(db: Db) {
  return {
    /** True once per answer. Those that have expired are forgotten here: they are refused by their date. */
    async use(id: string, expiresAt: Date, at: Date): Promise<boolean> {
      await db.delete(answers).where(lt(answers.expiresAt, at))
      const added = await db
        .insert(answers)
        .values({ id, expiresAt })
        .onConflictDoNothing()
        .returning({ id: answers.id })
      return added.length > 0
    },
    async keepArrival(
      arrival: { flowId: string; providerId: ProviderId; sealed: string; expiresAt: Date },
      at: Date,
    ): Promise<void> {
      await db.delete(arrivals).where(lt(arrivals.expiresAt, at))
      await db.insert(arrivals).values(arrival)
    },
    /** Of two who come at once, one gets it. */
    async takeArrival(flowId: string, providerId: ProviderId, at: Date): Promise<string | undefined> {
      const [row] = await db
        .delete(arrivals)
        .where(
          and(eq(arrivals.flowId, flowId), eq(arrivals.providerId, providerId), gt(arrivals.expiresAt, at)),
        )
        .returning({ sealed: arrivals.sealed })
      return row?.sealed
    },
  }
}
