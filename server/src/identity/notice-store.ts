import { and, desc, eq, notInArray } from 'drizzle-orm'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { personNotices } from './tables-store.ts'

export type Notice = { readonly id: string; readonly text: string; readonly createdAt: Date }

/** What others did that a person should know of; the newest few are kept until the person has read them. */
export type Notices = {
  add(userId: UserId, text: string): Promise<void>
  list(userId: UserId): Promise<Notice[]>
  remove(userId: UserId, id: string): Promise<boolean>
}

const most = 50

export function openNotices(db: Db, now: () => number): Notices {
  const newest = (userId: UserId) =>
    db
      .select({ id: personNotices.id, text: personNotices.text, createdAt: personNotices.createdAt })
      .from(personNotices)
      .where(eq(personNotices.userId, userId))
      .orderBy(desc(personNotices.id))
      .limit(most)
  return {
    async add(userId, text) {
      const at = now()
      await db.insert(personNotices).values({ id: newId(at), userId, text, createdAt: new Date(at) })
      const kept = (await newest(userId)).map(({ id }) => id)
      await db
        .delete(personNotices)
        .where(and(eq(personNotices.userId, userId), notInArray(personNotices.id, kept)))
    },
    list: newest,
    async remove(userId, id) {
      const gone = await db
        .delete(personNotices)
        .where(and(eq(personNotices.userId, userId), eq(personNotices.id, id)))
        .returning({ id: personNotices.id })
      return gone.length > 0
    },
  }
}
