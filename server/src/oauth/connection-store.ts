import { and, asc, desc, eq, inArray, notInArray, sql } from 'drizzle-orm'
import type { ConnectionId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { connections, grants } from './tables-store.ts'

/** A client somebody connected. */
export type Connection = {
  readonly id: ConnectionId
  readonly userId: UserId
  readonly clientId: string
  readonly clientName: string
  readonly redirectUri: string
  readonly resources: readonly string[]
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
  readonly lastUsedIp: string | undefined
}
export type GrantOwner = {
  readonly connectionId: ConnectionId
  readonly userId: UserId
  readonly clientName: string
}
export type NewConnection = Pick<Connection, 'id' | 'userId' | 'clientId' | 'clientName' | 'redirectUri'> & {
  clientHash: string
  documentHash: string
}

const ofPerson = {
  id: connections.id,
  userId: connections.userId,
  clientId: connections.clientId,
  clientName: connections.clientName,
  redirectUri: connections.redirectUri,
  createdAt: connections.createdAt,
  lastUsedAt: connections.lastUsedAt,
  lastUsedIp: connections.lastUsedIp,
  resources: sql<
    string[]
  >`array(select distinct g.resource from ${grants} g where g.connection_id = ${sql.raw('oauth_connections.id')} order by 1)`,
}

export type ConnectionStore = ReturnType<typeof connectionStore>

export function connectionStore(db: Db) {
  const show = (row: Record<keyof typeof ofPerson, unknown>): Connection => {
    const { lastUsedAt, lastUsedIp, ...rest } = row
    return { ...rest, lastUsedAt: lastUsedAt ?? undefined, lastUsedIp: lastUsedIp ?? undefined } as Connection
  }
  return {
    async ofPerson(userId: UserId): Promise<Connection[]> {
      const rows = await db
        .select(ofPerson)
        .from(connections)
        .where(eq(connections.userId, userId))
        .orderBy(desc(connections.createdAt), asc(connections.id))
      return rows.map(show)
    },
    /** Those that stand on this address: for assertions, their issuer. */
    async idsAt(redirectUri: string): Promise<string[]> {
      const rows = await db
        .select({ id: connections.id })
        .from(connections)
        .where(eq(connections.redirectUri, redirectUri))
      return rows.map(({ id }) => id)
    },
    async find(id: string): Promise<Connection | undefined> {
      const [row] = await db
        .select(ofPerson)
        .from(connections)
        .where(eq(connections.id, id as ConnectionId))
      return row === undefined ? undefined : show(row)
    },
    /** What a person let this client use before; undefined when they never agreed to it as it is now. */
    async agreed(
      wanted: Omit<NewConnection, 'id' | 'clientName' | 'clientHash'>,
    ): Promise<string[] | undefined> {
      const same = and(
        eq(connections.userId, wanted.userId),
        eq(connections.clientId, wanted.clientId),
        eq(connections.redirectUri, wanted.redirectUri),
        eq(connections.documentHash, wanted.documentHash),
      )
      const [row] = await db.select({ resources: ofPerson.resources }).from(connections).where(same)
      return row?.resources.flatMap((each) => each.split(' '))
    },
    connect: (made: NewConnection, grant: NewGrant) => db.transaction((tx) => connect(tx, made, grant)),
    async ownerOfGrant(grantId: string): Promise<GrantOwner | undefined> {
      const [row] = await db
        .select({
          connectionId: connections.id,
          userId: connections.userId,
          clientName: connections.clientName,
        })
        .from(grants)
        .innerJoin(connections, eq(connections.id, grants.connectionId))
        .where(eq(grants.id, grantId))
      return row
    },
    grantsOf: async (connectionIds: readonly string[]): Promise<string[]> => {
      if (connectionIds.length === 0) return []
      const rows = await db
        .select({ id: grants.id })
        .from(grants)
        .where(inArray(grants.connectionId, [...connectionIds]))
      return rows.map(({ id }) => id)
    },
    async remove(id: string): Promise<void> {
      await db.delete(connections).where(eq(connections.id, id as ConnectionId))
    },
    async recordUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void> {
      for (const { id, at, ip } of uses) {
        await db
          .update(connections)
          .set({ lastUsedAt: at, lastUsedIp: ip })
          .where(eq(connections.id, id as ConnectionId))
      }
    },
  }
}

type NewGrant = { id: string; resource: string; at: Date; most: number }

/**
 * Remembers what a person agreed to and adds this sign-in. Answers the sign-ins that had to go: a person keeps so many per
 * client.
 */
async function connect(
  tx: Pick<Db, 'insert' | 'select'>,
  made: NewConnection,
  grant: NewGrant,
): Promise<{ connectionId: string; dropped: string[] }> {
  const [row] = await tx
    .insert(connections)
    .values({ ...made, createdAt: grant.at })
    .onConflictDoUpdate({
      target: [connections.userId, connections.clientId, connections.redirectUri],
      set: {
        clientName: made.clientName,
        clientHash: made.clientHash,
        documentHash: made.documentHash,
      },
    })
    .returning({ id: connections.id })
  const connectionId = row?.id ?? made.id
  await tx
    .insert(grants)
    .values({ id: grant.id, connectionId, resource: grant.resource, createdAt: grant.at })
  const kept = tx
    .select({ id: grants.id })
    .from(grants)
    .where(eq(grants.connectionId, connectionId))
    .orderBy(desc(grants.createdAt), desc(grants.id))
    .limit(grant.most)
  const dropped = await tx
    .select({ id: grants.id })
    .from(grants)
    .where(and(eq(grants.connectionId, connectionId), notInArray(grants.id, kept)))
  return { connectionId, dropped: dropped.map(({ id }) => id) }
}
