import { and, desc, eq, ilike, lt, or, sql } from 'drizzle-orm'
import type { AgentId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { PublicKey } from './check-keys.ts'
import { agentAccounts, people } from './tables-store.ts'

/** A program with an identity of its own. */
export type AgentAccount = {
  readonly id: AgentId
  readonly clientId: string
  readonly name: string
  readonly description: string
  readonly status: 'active' | 'disabled'
  /** Who answers for it; undefined once nobody does. */
  readonly ownerId: UserId | undefined
  readonly ownerEmail: string | undefined
  /** It stands still while its owner does not work here. */
  readonly isOwned: boolean
  /** When given, they take the place of a secret. */
  readonly publicKeys: readonly PublicKey[] | undefined
  readonly generation: number
  readonly createdBy: UserId | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly rotatedAt: Date
  readonly lastUsedAt: Date | undefined
  readonly lastUsedIp: string | undefined
}
export type Credential =
  | { secretHash: string; publicKeys: null }
  | { secretHash: null; publicKeys: PublicKey[] }
export type Use = { id: string; at: Date; ip: string }

const columns = {
  id: agentAccounts.id,
  clientId: agentAccounts.clientId,
  name: agentAccounts.name,
  description: agentAccounts.description,
  status: agentAccounts.status,
  ownerId: agentAccounts.ownerId,
  ownerEmail: people.email,
  ownerStatus: people.status,
  publicKeys: agentAccounts.publicKeys,
  generation: agentAccounts.generation,
  createdBy: agentAccounts.createdBy,
  createdAt: agentAccounts.createdAt,
  updatedAt: agentAccounts.updatedAt,
  rotatedAt: agentAccounts.rotatedAt,
  lastUsedAt: agentAccounts.lastUsedAt,
  lastUsedIp: agentAccounts.lastUsedIp,
}
type Row = Omit<typeof agentAccounts.$inferSelect, 'secretHash'> & {
  ownerEmail: string | null
  ownerStatus: string | null
}

function toAccount({ ownerStatus, ...row }: Row): AgentAccount {
  return {
    ...row,
    // Whoever is gone is nobody's owner any more.
    ownerId: ownerStatus === null ? undefined : (row.ownerId ?? undefined),
    ownerEmail: row.ownerEmail ?? undefined,
    isOwned: ownerStatus === 'active',
    publicKeys: row.publicKeys ?? undefined,
    createdBy: row.createdBy ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    lastUsedIp: row.lastUsedIp ?? undefined,
  }
}

const like = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

export type AccountStore = ReturnType<typeof accountStore>

export function accountStore(db: Db) {
  return { ...readsOf(db), ...changesOf(db) }
}

function readsOf(db: Db) {
  const select = () =>
    db.select(columns).from(agentAccounts).leftJoin(people, eq(people.id, agentAccounts.ownerId))
  return {
    async find(id: AgentId): Promise<AgentAccount | undefined> {
      const [row] = await select().where(eq(agentAccounts.id, id))
      return row === undefined ? undefined : toAccount(row)
    },
    /** With the hash of its secret, for whoever checks one. */
    async findClient(
      clientId: string,
    ): Promise<{ account: AgentAccount; secretHash: string | undefined } | undefined> {
      const [row] = await db
        .select({ ...columns, secretHash: agentAccounts.secretHash })
        .from(agentAccounts)
        .leftJoin(people, eq(people.id, agentAccounts.ownerId))
        .where(eq(agentAccounts.clientId, clientId))
      if (row === undefined) return undefined
      const { secretHash, ...rest } = row
      return { account: toAccount(rest), secretHash: secretHash ?? undefined }
    },
    /** Newest first, behind `after`. */
    async page(
      filter: { query?: string | undefined },
      after: AgentId | undefined,
      limit: number,
    ): Promise<AgentAccount[]> {
      const { query } = filter
      const wanted = and(
        after === undefined ? undefined : lt(agentAccounts.id, after),
        query === undefined
          ? undefined
          : or(ilike(agentAccounts.name, like(query)), eq(agentAccounts.clientId, query)),
      )
      return (await select().where(wanted).orderBy(desc(agentAccounts.id)).limit(limit)).map(toAccount)
    },
  }
}

function changesOf(db: Db) {
  return {
    /** False when there are `most` already. */
    async insert(
      account: Omit<typeof agentAccounts.$inferInsert, 'secretHash' | 'publicKeys'>,
      credential: Credential,
      most: number,
    ): Promise<boolean> {
      if ((await db.$count(agentAccounts)) >= most) return false
      await db.insert(agentAccounts).values({ ...account, ...credential })
      return true
    },
    async update(
      id: AgentId,
      change: Partial<Pick<AgentAccount, 'name' | 'description' | 'status'>> & { ownerId?: UserId },
      at: Date,
    ): Promise<boolean> {
      const changed = await db
        .update(agentAccounts)
        .set({ ...change, updatedAt: at })
        .where(eq(agentAccounts.id, id))
        .returning({ id: agentAccounts.id })
      return changed.length > 0
    },
    /** Tokens made with the credential before stop counting. */
    async setCredential(id: AgentId, credential: Credential, at: Date): Promise<boolean> {
      const changed = await db
        .update(agentAccounts)
        .set({
          ...credential,
          updatedAt: at,
          rotatedAt: at,
          generation: sql`${agentAccounts.generation} + 1`,
        })
        .where(eq(agentAccounts.id, id))
        .returning({ id: agentAccounts.id })
      return changed.length > 0
    },
    async remove(id: AgentId): Promise<boolean> {
      const gone = await db
        .delete(agentAccounts)
        .where(eq(agentAccounts.id, id))
        .returning({ id: agentAccounts.id })
      return gone.length > 0
    },
    async handOver(from: UserId, to: UserId, at: Date): Promise<number> {
      const changed = await db
        .update(agentAccounts)
        .set({
          ownerId: to,
          status: 'disabled',
          updatedAt: at,
          generation: sql`${agentAccounts.generation} + 1`,
        })
        .where(eq(agentAccounts.ownerId, from))
        .returning({ id: agentAccounts.id })
      return changed.length
    },
    /** Uses older than what is stored change nothing: another process may have seen a later one. */
    async recordUses(uses: readonly Use[]): Promise<void> {
      if (uses.length === 0) return
      const rows = sql.join(
        uses.map((use) => sql`(${use.id}::uuid, ${use.at.toISOString()}::timestamptz, ${use.ip}::text)`),
        sql`, `,
      )
      await db.execute(sql`
        UPDATE agent_accounts SET last_used_at = used.at, last_used_ip = used.ip
        FROM (VALUES ${rows}) AS used (id, at, ip)
        WHERE agent_accounts.id = used.id
          AND (agent_accounts.last_used_at IS NULL OR agent_accounts.last_used_at < used.at)`)
    },
  }
}
