import { and, eq, inArray, notInArray } from 'drizzle-orm'
import type { GroupId, UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { groups, ssoGroupMembers as members } from './tables-store.ts'

/**
 * Memberships that identity providers gave, each kept with its provider and apart from those entered here or by a
 * directory. Every change is told on the bus before it returns.
 */
export type Memberships = {
  /** The groups a person is in because of this provider. */
  of(providerId: string, userId: UserId): Promise<GroupId[]>
  /** Makes these the groups a person is in because of this provider; those that are no more are left out. */
  set(providerId: string, userId: UserId, groupIds: readonly GroupId[]): Promise<void>
  /** Ends what this provider gave anybody, but for memberships of these groups. */
  end(providerId: string, except: readonly GroupId[]): Promise<void>
}

export function openMemberships(db: Db, bus: Bus): Memberships {
  return {
    async of(providerId, userId) {
      const rows = await db
        .select({ groupId: members.groupId })
        .from(members)
        .where(and(eq(members.providerId, providerId), eq(members.userId, userId)))
        .orderBy(members.groupId)
      return rows.map(({ groupId }) => groupId)
    },
    async set(providerId, userId, groupIds) {
      await db.transaction(async (tx) => {
        await tx.delete(members).where(and(eq(members.providerId, providerId), eq(members.userId, userId)))
        // Locked, so that none of them is deleted between the look and the entry.
        const known = await tx
          .select({ id: groups.id })
          .from(groups)
          .where(inArray(groups.id, [...groupIds]))
          .for('key share')
        const rows = known.map(({ id }) => ({ providerId, groupId: id, userId }))
        if (rows.length > 0) await tx.insert(members).values(rows).onConflictDoNothing()
      })
      await bus.publish('identity', userId)
    },
    async end(providerId, except) {
      const others = except.length === 0 ? undefined : notInArray(members.groupId, [...except])
      await db.delete(members).where(and(eq(members.providerId, providerId), others))
      await bus.publish('identity', '*')
    },
  }
}
