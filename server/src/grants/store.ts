import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { AuthFacts } from './facts.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const grants = pgTable(
  'grants',
  {
    serverId: uuid('server_id').notNull().$type<ServerId>(),
    owner: text().notNull(),
    userId: uuid('user_id').$type<UserId>(),
    state: text().notNull().$type<'connected' | 'ended'>(),
    reason: text(),
    issuer: text().notNull(),
    clientId: text('client_id').notNull(),
    scope: text(),
    wantedScope: text('wanted_scope'),
    facts: jsonb().notNull().$type<AuthFacts>(),
    tokens: text().notNull(),
    expiresAt: moment('expires_at'),
    generation: bigint({ mode: 'number' }).notNull(),
    refreshes: integer().notNull(),
    leasedBy: text('leased_by'),
    leasedUntil: moment('leased_until'),
    connectedAt: moment('connected_at').notNull(),
    refreshedAt: moment('refreshed_at'),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.owner] })],
)

export type GrantRow = Omit<typeof grants.$inferSelect, 'leasedBy' | 'leasedUntil'>
export type NewGrant = Omit<
  GrantRow,
  'generation' | 'refreshes' | 'refreshedAt' | 'state' | 'reason' | 'wantedScope'
>
/** What a refresh changes. */
export type Renewed = Pick<GrantRow, 'tokens' | 'expiresAt' | 'scope' | 'refreshedAt'>

/** Tokens arrive sealed: this file never sees what is inside. */
export type GrantStore = ReturnType<typeof grantStore>

export function grantStore(db: Db) {
  const at = (serverId: ServerId, owner: string) =>
    and(eq(grants.serverId, serverId), eq(grants.owner, owner))
  return {
    ...ofPeople(db),
    async find(serverId: ServerId, owner: string): Promise<GrantRow | undefined> {
      const [row] = await db.select().from(grants).where(at(serverId, owner))
      return row
    },
    /** A new consent. The generation is a time, so that it never comes again, also after a deletion. */
    async put(grant: NewGrant): Promise<void> {
      const generation = grant.connectedAt.getTime()
      const row = { ...grant, generation, refreshes: 0, state: 'connected' as const, reason: null }
      const fresh = { wantedScope: null, refreshedAt: null, leasedBy: null, leasedUntil: null }
      await db
        .insert(grants)
        .values({ ...row, ...fresh })
        .onConflictDoUpdate({
          target: [grants.serverId, grants.owner],
          set: { ...row, ...fresh, generation: sql`greatest(${grants.generation} + 1, ${generation})` },
        })
    },
    async remove(serverId: ServerId, owner: string): Promise<GrantRow | undefined> {
      const [row] = await db.delete(grants).where(at(serverId, owner)).returning()
      return row
    },
    /** Takes the right to refresh, by the database's clock; false when another holds it or was there first. */
    async lease(grant: GrantRow, by: string, seconds: number): Promise<boolean> {
      const taken = await db
        .update(grants)
        .set({ leasedBy: by, leasedUntil: sql`now() + make_interval(secs => ${seconds})` })
        .where(
          and(
            at(grant.serverId, grant.owner),
            eq(grants.generation, grant.generation),
            eq(grants.refreshes, grant.refreshes),
            eq(grants.state, 'connected'),
            or(isNull(grants.leasedUntil), lt(grants.leasedUntil, sql`now()`)),
          ),
        )
        .returning({ owner: grants.owner })
      return taken.length > 0
    },
    /** Only by who holds the lease: a refresh that took too long must not overwrite a newer one. */
    async renew(grant: GrantRow, by: string, renewed: Renewed): Promise<GrantRow | undefined> {
      const [row] = await db
        .update(grants)
        .set({ ...renewed, refreshes: grant.refreshes + 1, leasedBy: null, leasedUntil: null })
        .where(and(at(grant.serverId, grant.owner), eq(grants.leasedBy, by)))
        .returning()
      return row
    },
    async release(grant: GrantRow, by: string): Promise<void> {
      await db
        .update(grants)
        .set({ leasedBy: null, leasedUntil: null })
        .where(and(at(grant.serverId, grant.owner), eq(grants.leasedBy, by)))
    },
    /** The consent is over. The row stays, without its tokens, to say why. */
    async end(grant: GrantRow, reason: string, emptied: string): Promise<void> {
      await db
        .update(grants)
        .set({ state: 'ended', reason, tokens: emptied, leasedBy: null, leasedUntil: null })
        .where(and(at(grant.serverId, grant.owner), eq(grants.generation, grant.generation)))
    },
    async wantScope(grant: GrantRow, wantedScope: string): Promise<void> {
      await db.update(grants).set({ wantedScope }).where(at(grant.serverId, grant.owner))
    },
  }
}

function ofPeople(db: Db) {
  return {
    ofPerson(userId: UserId): Promise<GrantRow[]> {
      return db
        .select()
        .from(grants)
        .where(or(eq(grants.userId, userId), isNull(grants.userId)))
        .limit(2_000)
    },
    /** Everything this person was granted; answers at which servers. */
    async removeOf(userId: UserId): Promise<ServerId[]> {
      const rows = await db.delete(grants).where(eq(grants.userId, userId)).returning({ id: grants.serverId })
      return rows.map(({ id }) => id)
    },
  }
}
