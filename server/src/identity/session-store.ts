import { and, desc, eq, gt, lte, ne, notInArray, or, sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { ConsoleSession, Device, Person } from './person.ts'
import { personColumns, toPerson } from './store.ts'
import { consoleSessions, people, signInLinks } from './tables-store.ts'

const deviceColumns = {
  id: consoleSessions.id,
  userId: consoleSessions.userId,
  createdAt: consoleSessions.createdAt,
  seenAt: consoleSessions.seenAt,
  ip: consoleSessions.ip,
  userAgent: consoleSessions.userAgent,
  method: consoleSessions.method,
}

export type SessionStore = ReturnType<typeof sessionStore>

export function sessionStore(db: Db) {
  return { ...keptSessions(db), ...seenAndLinks(db) }
}

function keptSessions(db: Db) {
  return {
    async findByHash(hash: string): Promise<{ session: ConsoleSession; person: Person } | undefined> {
      const [row] = await db
        .select({
          session: {
            id: consoleSessions.id,
            userId: consoleSessions.userId,
            createdAt: consoleSessions.createdAt,
            seenAt: consoleSessions.seenAt,
          },
          person: personColumns,
        })
        .from(consoleSessions)
        .innerJoin(people, eq(people.id, consoleSessions.userId))
        .where(eq(consoleSessions.hash, hash))
      return row === undefined ? undefined : { session: row.session, person: toPerson(row.person) }
    },
    /** Keeps the person's newest `most` sessions and forgets everybody's that ended before `endedBefore`. */
    insert: (
      session: Device & { hash: string },
      o: { most: number; idleSince: Date; createdBefore: Date },
    ): Promise<void> =>
      db.transaction(async (tx) => {
        await tx.insert(consoleSessions).values(session)
        const newest = tx
          .select({ id: consoleSessions.id })
          .from(consoleSessions)
          .where(eq(consoleSessions.userId, session.userId))
          .orderBy(desc(consoleSessions.id))
          .limit(o.most)
        await tx
          .delete(consoleSessions)
          .where(and(eq(consoleSessions.userId, session.userId), notInArray(consoleSessions.id, newest)))
        await tx
          .delete(consoleSessions)
          .where(
            or(lte(consoleSessions.seenAt, o.idleSince), lte(consoleSessions.createdAt, o.createdBefore)),
          )
        await tx.update(people).set({ signedInAt: session.createdAt }).where(eq(people.id, session.userId))
      }),
    /** Those that have not ended by age, newest first. */
    async list(userId: UserId, o: { idleSince: Date; createdBefore: Date }): Promise<Device[]> {
      const rows = await db
        .select(deviceColumns)
        .from(consoleSessions)
        .where(
          and(
            eq(consoleSessions.userId, userId),
            gt(consoleSessions.seenAt, o.idleSince),
            gt(consoleSessions.createdAt, o.createdBefore),
          ),
        )
        .orderBy(desc(consoleSessions.id))
      return rows.map((row) => ({ ...row, ip: row.ip ?? undefined, userAgent: row.userAgent ?? undefined }))
    },
    /** Ends the sessions of a person: one, all, or all but one. Answers which. */
    async end(userId: UserId, o: { only?: SessionId; except?: SessionId } = {}): Promise<SessionId[]> {
      const rows = await db
        .delete(consoleSessions)
        .where(
          and(
            eq(consoleSessions.userId, userId),
            o.only === undefined ? undefined : eq(consoleSessions.id, o.only),
            o.except === undefined ? undefined : ne(consoleSessions.id, o.except),
          ),
        )
        .returning({ id: consoleSessions.id })
      return rows.map(({ id }) => id)
    },
  }
}

function seenAndLinks(db: Db) {
  return {
    async recordSeen(seen: readonly { id: string; at: Date }[]): Promise<void> {
      if (seen.length === 0) return
      const rows = sql.join(
        seen.map((one) => sql`(${one.id}::uuid, ${one.at.toISOString()}::timestamptz)`),
        sql`, `,
      )
      await db.execute(sql`
        UPDATE console_sessions SET seen_at = seen.at FROM (VALUES ${rows}) AS seen (id, at)
        WHERE console_sessions.id = seen.id AND console_sessions.seen_at < seen.at`)
    },
    /** The newest link of a person is the only one. */
    async putLink(link: { hash: string; userId: UserId; expiresAt: Date }): Promise<void> {
      const { hash, expiresAt } = link
      await db
        .insert(signInLinks)
        .values(link)
        .onConflictDoUpdate({ target: signInLinks.userId, set: { hash, expiresAt } })
    },
    /** Whose link this is, without using it up. */
    async readLink(hash: string, at: Date): Promise<UserId | undefined> {
      const [row] = await db
        .select({ userId: signInLinks.userId })
        .from(signInLinks)
        .where(and(eq(signInLinks.hash, hash), gt(signInLinks.expiresAt, at)))
      return row?.userId
    },
    /** Uses the link up: of two who come at once, one gets the person. */
    async takeLink(hash: string, at: Date): Promise<UserId | undefined> {
      const [row] = await db
        .delete(signInLinks)
        .where(and(eq(signInLinks.hash, hash), gt(signInLinks.expiresAt, at)))
        .returning({ userId: signInLinks.userId })
      return row?.userId
    },
  }
}
