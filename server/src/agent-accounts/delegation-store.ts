import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { AgentId, DelegationId, ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { Use } from './store.ts'
import { agentAccounts, delegations, sessionGrants } from './tables-store.ts'

/** Leave a person gave an agent to act for them. */
export type Delegation = {
  readonly id: DelegationId
  readonly userId: UserId
  readonly agentId: AgentId
  readonly agentName: string
  /** undefined: every connector that both may use. */
  readonly servers: readonly ServerId[] | undefined
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly lastUsedIp: string | undefined
}
/** A connector at which the agent may use the person's own credential. */
export type SessionGrant = {
  readonly id: string
  readonly delegationId: DelegationId
  readonly serverId: ServerId
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | undefined
}

type Row = typeof delegations.$inferSelect & { agentName: string }
const toDelegation = (row: Row): Delegation => ({
  ...row,
  servers: row.servers ?? undefined,
  revokedAt: row.revokedAt ?? undefined,
  lastUsedAt: row.lastUsedAt ?? undefined,
  lastUsedIp: row.lastUsedIp ?? undefined,
})
const toGrant = (row: typeof sessionGrants.$inferSelect): SessionGrant => ({
  ...row,
  lastUsedAt: row.lastUsedAt ?? undefined,
})

export type DelegationStore = ReturnType<typeof delegationStore>

export function delegationStore(db: Db) {
  return { ...readsOf(db), ...changesOf(db), ...usesOf(db), grants: grantsOf(db) }
}

function readsOf(db: Db) {
  const select = () =>
    db
      .select({
        id: delegations.id,
        userId: delegations.userId,
        agentId: delegations.agentId,
        agentName: agentAccounts.name,
        servers: delegations.servers,
        createdAt: delegations.createdAt,
        expiresAt: delegations.expiresAt,
        revokedAt: delegations.revokedAt,
        lastUsedAt: delegations.lastUsedAt,
        lastUsedIp: delegations.lastUsedIp,
      })
      .from(delegations)
      .innerJoin(agentAccounts, eq(agentAccounts.id, delegations.agentId))
  return {
    async find(id: DelegationId): Promise<Delegation | undefined> {
      const [row] = await select().where(eq(delegations.id, id))
      return row === undefined ? undefined : toDelegation(row)
    },
    async between(userId: UserId, agentId: AgentId): Promise<Delegation | undefined> {
      const [row] = await select().where(
        and(eq(delegations.userId, userId), eq(delegations.agentId, agentId)),
      )
      return row === undefined ? undefined : toDelegation(row)
    },
    /** Newest first. */
    async ofPerson(userId: UserId): Promise<Delegation[]> {
      const rows = await select().where(eq(delegations.userId, userId)).orderBy(desc(delegations.id))
      return rows.map(toDelegation)
    },
  }
}

function changesOf(db: Db) {
  return {
    /** Takes the place of an ended one between the same two; false while one is in force. */
    async insert(made: typeof delegations.$inferInsert): Promise<boolean> {
      const hasEnded = or(isNotNull(delegations.revokedAt), lte(delegations.expiresAt, made.createdAt))
      return db.transaction(async (tx) => {
        await tx
          .delete(delegations)
          .where(and(eq(delegations.userId, made.userId), eq(delegations.agentId, made.agentId), hasEnded))
        const added = await tx
          .insert(delegations)
          .values(made)
          .onConflictDoNothing()
          .returning({ id: delegations.id })
        return added.length > 0
      })
    },
    async renew(id: DelegationId, expiresAt: Date): Promise<void> {
      await db
        .update(delegations)
        .set({ expiresAt })
        .where(and(eq(delegations.id, id), isNull(delegations.revokedAt)))
    },
    async setServers(id: DelegationId, servers: readonly ServerId[] | undefined): Promise<void> {
      await db
        .update(delegations)
        .set({ servers: servers === undefined ? null : [...servers] })
        .where(eq(delegations.id, id))
    },
    async revoke(id: DelegationId, at: Date): Promise<void> {
      await db
        .update(delegations)
        .set({ revokedAt: at })
        .where(and(eq(delegations.id, id), isNull(delegations.revokedAt)))
    },
    /** Answers which of them were not revoked before. */
    async revokeOf(userId: UserId, at: Date): Promise<DelegationId[]> {
      const ended = await db
        .update(delegations)
        .set({ revokedAt: at })
        .where(and(eq(delegations.userId, userId), isNull(delegations.revokedAt)))
        .returning({ id: delegations.id })
      return ended.map(({ id }) => id)
    },
  }
}

function grantsOf(db: Db) {
  return {
    async of(delegationIds: readonly DelegationId[]): Promise<SessionGrant[]> {
      if (delegationIds.length === 0) return []
      const rows = await db
        .select()
        .from(sessionGrants)
        .where(inArray(sessionGrants.delegationId, [...delegationIds]))
        .orderBy(asc(sessionGrants.id))
      return rows.map(toGrant)
    },
    async find(id: string): Promise<SessionGrant | undefined> {
      const [row] = await db.select().from(sessionGrants).where(eq(sessionGrants.id, id))
      return row === undefined ? undefined : toGrant(row)
    },
    /** Lending again what is lent renews it. */
    async put(made: typeof sessionGrants.$inferInsert): Promise<SessionGrant> {
      const [row] = await db
        .insert(sessionGrants)
        .values(made)
        .onConflictDoUpdate({
          target: [sessionGrants.delegationId, sessionGrants.serverId],
          set: { expiresAt: made.expiresAt },
        })
        .returning()
      if (row === undefined) throw new Error('an upsert answered no row')
      return toGrant(row)
    },
    async remove(id: string): Promise<void> {
      await db.delete(sessionGrants).where(eq(sessionGrants.id, id))
    },
  }
}

function usesOf(db: Db) {
  const values = (uses: readonly Use[]) =>
    sql.join(
      uses.map((use) => sql`(${use.id}::uuid, ${use.at.toISOString()}::timestamptz, ${use.ip}::text)`),
      sql`, `,
    )
  return {
    /** Of delegations by their ids, and of the agents that used them. Other ids change nothing. */
    async recordUses(uses: readonly Use[]): Promise<void> {
      if (uses.length === 0) return
      await db.execute(sql`
        UPDATE delegations SET last_used_at = used.at, last_used_ip = used.ip
        FROM (VALUES ${values(uses)}) AS used (id, at, ip)
        WHERE delegations.id = used.id AND (delegations.last_used_at IS NULL OR delegations.last_used_at < used.at)`)
      await db.execute(sql`
        UPDATE agent_accounts SET last_used_at = used.at, last_used_ip = used.ip
        FROM (VALUES ${values(uses)}) AS used (id, at, ip) JOIN delegations ON delegations.id = used.id
        WHERE agent_accounts.id = delegations.agent_id
          AND (agent_accounts.last_used_at IS NULL OR agent_accounts.last_used_at < used.at)`)
    },
    async recordLent(uses: readonly { delegationId: string; serverId: string; at: Date }[]): Promise<void> {
      for (const { delegationId, serverId, at } of uses)
        await db
          .update(sessionGrants)
          .set({ lastUsedAt: at })
          .where(
            and(
              eq(sessionGrants.delegationId, delegationId as DelegationId),
              eq(sessionGrants.serverId, serverId as ServerId),
            ),
          )
    },
  }
}
