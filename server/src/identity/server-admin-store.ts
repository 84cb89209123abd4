import { eq } from 'drizzle-orm'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { serverAdmins } from './tables-store.ts'

/** Who administers one connector without a role over the others. */
export type ServerAdmins = {
  of(serverId: ServerId): Promise<UserId[]>
  /** Holds from the next request on. */
  replace(serverId: ServerId, userIds: readonly UserId[]): Promise<void>
}

export function openServerAdmins(db: Db, bus: Bus): ServerAdmins {
  return {
    async of(serverId) {
      const rows = await db
        .select({ userId: serverAdmins.userId })
        .from(serverAdmins)
        .where(eq(serverAdmins.serverId, serverId))
        .orderBy(serverAdmins.userId)
      return rows.map(({ userId }) => userId)
    },
    async replace(serverId, userIds) {
      await db.transaction(async (tx) => {
        await tx.delete(serverAdmins).where(eq(serverAdmins.serverId, serverId))
        const rows = [...new Set(userIds)].map((userId) => ({ serverId, userId }))
        if (rows.length > 0) await tx.insert(serverAdmins).values(rows)
      })
      await bus.publish('identity', '*')
    },
  }
}
