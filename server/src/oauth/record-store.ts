import { and, eq, isNull, lt, notExists, sql } from 'drizzle-orm'
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'
import { connections, grants } from './tables-store.ts'

const stamp = (name: string) => timestamp(name, { withTimezone: true })

const records = pgTable(
  'oauth_records',
  {
    kind: text().notNull(),
    id: text().notNull(),
    sealed: text().notNull(),
    grantId: text('grant_id'),
    uid: text(),
    userCode: text('user_code'),
    consumedAt: stamp('consumed_at'),
    createdAt: stamp('created_at').notNull(),
    expiresAt: stamp('expires_at'),
  },
  (table) => [primaryKey({ columns: [table.kind, table.id] })],
)

const keys = pgTable('oauth_keys', {
  id: text().primaryKey(),
  sealed: text().notNull(),
  createdAt: stamp('created_at').notNull(),
})

export type StoredRecord = {
  readonly id: string
  readonly sealed: string
  readonly consumedAt: Date | null
  readonly expiresAt: Date | null
}
export type RecordNames = {
  grantId: string | undefined
  uid: string | undefined
  userCode: string | undefined
  expiresAt: Date | undefined
}

export type RecordStore = ReturnType<typeof recordStore>

/** Rows of the authorization server. Nothing here knows what a row says: it is sealed. */
export function recordStore(db: Db) {
  const one = async (kind: string, by: 'id' | 'uid' | 'userCode', value: string) => {
    const columns = {
      id: records.id,
      sealed: records.sealed,
      consumedAt: records.consumedAt,
      expiresAt: records.expiresAt,
    }
    const [row] = await db
      .select(columns)
      .from(records)
      .where(and(eq(records.kind, kind), eq(records[by], value)))
    return row as StoredRecord | undefined
  }
  return {
    find: one,
    async put(kind: string, id: string, row: RecordNames & { sealed: string; at: Date }): Promise<void> {
      const { at, ...rest } = row
      await db
        .insert(records)
        .values({ kind, id, ...rest, createdAt: at })
        .onConflictDoUpdate({ target: [records.kind, records.id], set: rest })
    },
    /** False when there is one already: of two at once, the second gets false. */
    async putFirst(
      kind: string,
      id: string,
      row: RecordNames & { sealed: string; at: Date },
    ): Promise<boolean> {
      const { at, ...rest } = row
      const added = await db
        .insert(records)
        .values({ kind, id, ...rest, createdAt: at })
        .onConflictDoNothing()
        .returning({ id: records.id })
      return added.length > 0
    },
    /** True for the one that consumed it: of two at once, the other gets false. */
    async consume(kind: string, id: string, at: Date): Promise<boolean> {
      const done = await db
        .update(records)
        .set({ consumedAt: at })
        .where(and(eq(records.kind, kind), eq(records.id, id), isNull(records.consumedAt)))
        .returning({ id: records.id })
      return done.length > 0
    },
    /** A grant takes its tokens and its place among the connected clients with it. */
    remove: (kind: string, id: string) =>
      db.transaction(async (tx) => {
        await tx.delete(records).where(and(eq(records.kind, kind), eq(records.id, id)))
        if (kind !== 'Grant') return
        await tx.delete(records).where(eq(records.grantId, id))
        await tx.delete(grants).where(eq(grants.id, id))
      }),
    async removeOfGrant(kind: string, grantId: string): Promise<void> {
      await db.delete(records).where(and(eq(records.kind, kind), eq(records.grantId, grantId)))
    },
    /** What expired, and clients that registered and were never connected by anybody. */
    async removeExpired(at: Date, unusedSince: Date): Promise<void> {
      await db.delete(records).where(lt(records.expiresAt, at))
      const connected = db
        .select({ one: sql`1` })
        .from(connections)
        .where(eq(connections.clientHash, records.id))
      await db
        .delete(records)
        .where(and(eq(records.kind, 'Client'), lt(records.createdAt, unusedSince), notExists(connected)))
    },
  }
}

export type SigningKeyStore = ReturnType<typeof signingKeyStore>

export function signingKeyStore(db: Db) {
  const load = async (): Promise<{ id: string; sealed: string }[]> =>
    db.select({ id: keys.id, sealed: keys.sealed }).from(keys).orderBy(sql`${keys.createdAt} desc`, keys.id)
  return {
    load,
    /** Two processes may make the first key at once: one wins and both use it. */
    async insertFirst(key: { id: string; sealed: string; createdAt: Date }) {
      await db.transaction(async (tx) => {
        await tx.execute(sql`lock table oauth_keys in exclusive mode`)
        if ((await tx.$count(keys)) === 0) await tx.insert(keys).values(key)
      })
      return await load()
    },
  }
}
