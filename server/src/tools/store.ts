import { and, eq, inArray, sql } from 'drizzle-orm'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { applyList, type KnownList, type ListPlan, lockTools, type Transaction } from './list-store.ts'
import {
  type ListRow,
  lists,
  type ToolRow,
  tools,
  type VersionRow,
  versionOf,
  versions,
} from './tables-store.ts'

/** A tool that may be served, with the text of its approved definition. */
export type ServedRow = Pick<ToolRow, 'serverId' | 'name' | 'publicName'> & {
  hash: string
  definition: string
}

/** All that a reviewer sees of one tool. */
export type ReviewRow = ToolRow & { readonly offered: VersionRow | undefined }

function decide(
  tx: Transaction,
  at: { serverId: ServerId; name: string; hash: string },
  to: Partial<VersionRow>,
): Promise<unknown> {
  return tx
    .update(versions)
    .set(to)
    .where(and(eq(versions.serverId, at.serverId), eq(versions.name, at.name), eq(versions.hash, at.hash)))
}

export type ReviewDecision = {
  serverId: ServerId
  name: string
  hash: string
  approve: boolean
  userId: UserId
  when: Date
}

async function review(tx: Transaction, at: ReviewDecision): Promise<'done' | 'unknown' | 'changed'> {
  await lockTools(tx)
  const here = and(eq(tools.serverId, at.serverId), eq(tools.name, at.name))
  const [tool] = await tx.select().from(tools).where(here)
  if (tool === undefined) return 'unknown'
  if (tool.offeredHash !== at.hash) return 'changed'
  const decision = at.approve ? 'approved' : 'rejected'
  await decide(tx, at, { decision, decidedBy: at.userId, decidedAt: at.when })
  const held = tool.approvedHash === at.hash ? null : tool.approvedHash
  const outcome = at.approve
    ? { state: 'active' as const, approvedHash: at.hash, note: null }
    : { state: 'quarantined' as const, approvedHash: held, note: 'this definition was rejected' }
  const state = tool.state === 'gone' ? 'gone' : outcome.state
  await tx
    .update(tools)
    .set({ ...outcome, state, updatedAt: at.when })
    .where(here)
  return 'done'
}

export type ToolStore = ReturnType<typeof toolStore>

/** Learned tools of all connectors. Holds no viewer: who may see what is policy's word, asked by the callers of the door. */
export function toolStore(db: Db) {
  return {
    /** Tools that may be served, of one connector or all. */
    served(serverId?: ServerId): Promise<ServedRow[]> {
      return db
        .select({
          serverId: tools.serverId,
          name: tools.name,
          publicName: tools.publicName,
          hash: versions.hash,
          definition: versions.definition,
        })
        .from(tools)
        .innerJoin(versions, versionOf('approvedHash'))
        .where(
          and(eq(tools.state, 'active'), serverId === undefined ? undefined : eq(tools.serverId, serverId)),
        )
    },

    /** When and by whose credential each connector's tools were learned. */
    lists(serverId?: ServerId): Promise<ListRow[]> {
      return db
        .select()
        .from(lists)
        .where(serverId === undefined ? undefined : eq(lists.serverId, serverId))
    },

    /** Everything a reviewer sees of one connector's tools, by name. */
    async forReview(serverId: ServerId): Promise<ReviewRow[]> {
      const rows = await db
        .select({ tool: tools, offered: versions })
        .from(tools)
        .leftJoin(versions, versionOf('offeredHash'))
        .where(eq(tools.serverId, serverId))
        .orderBy(tools.name)
      return rows.map((row) => ({ ...row.tool, offered: row.offered ?? undefined }))
    },

    /** The kept versions of one tool, newest first. */
    history(serverId: ServerId, name: string): Promise<VersionRow[]> {
      return db
        .select()
        .from(versions)
        .where(and(eq(versions.serverId, serverId), eq(versions.name, name)))
        .orderBy(sql`${versions.seenAt} DESC`)
    },

    /** Reads what is known, lets `plan` decide and writes that, alone among all processes. */
    apply<P extends ListPlan>(
      origin: { serverId: ServerId; slug: string },
      plan: (known: KnownList) => P,
    ): Promise<P> {
      return applyList(db, origin, plan)
    },

    /**
     * Approves or rejects exactly this definition. Gives 'unknown' for no such tool and 'changed' when another
     * definition is offered by now: nobody approves what they did not read.
     */
    review(at: ReviewDecision): Promise<'done' | 'unknown' | 'changed'> {
      return db.transaction((tx) => review(tx, at))
    },

    /** Removes all that is known of these connectors. */
    async forget(serverIds: readonly ServerId[]): Promise<void> {
      if (serverIds.length > 0) await db.delete(lists).where(inArray(lists.serverId, [...serverIds]))
    },
  }
}
