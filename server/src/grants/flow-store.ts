import { and, eq, gt, lt } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { AuthFacts } from './facts.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const flows = pgTable('grant_flows', {
  stateHash: text('state_hash').primaryKey(),
  serverId: uuid('server_id').notNull().$type<ServerId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  sealed: text().notNull(),
  expiresAt: moment('expires_at').notNull(),
})

const discoveries = pgTable('grant_discoveries', {
  serverId: uuid('server_id').primaryKey().$type<ServerId>(),
  url: text().notNull(),
  facts: jsonb().notNull().$type<AuthFacts>(),
  foundAt: moment('found_at').notNull(),
})

export type FlowRow = typeof flows.$inferSelect
export type FlowStore = ReturnType<typeof flowStore>

/** Sign-ins that have begun, and what was found out before them. Flows arrive sealed. */
export function flowStore(db: Db) {
  return {
    async beginFlow(flow: FlowRow, now: Date): Promise<void> {
      await db.delete(flows).where(lt(flows.expiresAt, now))
      await db.insert(flows).values(flow)
    },
    /** Gone with this: a flow ends once. Somebody else's is as unknown as one that never was. */
    async takeFlow(stateHash: string, userId: UserId, now: Date): Promise<FlowRow | undefined> {
      const [row] = await db
        .delete(flows)
        .where(and(eq(flows.stateHash, stateHash), eq(flows.userId, userId), gt(flows.expiresAt, now)))
        .returning()
      return row
    },
    async discoveries(serverId?: ServerId) {
      const all = db.select().from(discoveries)
      return serverId === undefined ? await all : await all.where(eq(discoveries.serverId, serverId))
    },
    async keepDiscovery(serverId: ServerId, facts: AuthFacts, foundAt: Date): Promise<void> {
      const row = { url: facts.serverUrl, facts, foundAt }
      await db
        .insert(discoveries)
        .values({ serverId, ...row })
        .onConflictDoUpdate({ target: discoveries.serverId, set: row })
    },
  }
}
