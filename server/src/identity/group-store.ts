import { and, eq, gt, ilike, inArray, sql } from 'drizzle-orm'
import type { GroupId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { Group } from './person.ts'
import { clashOf, like, lower, type PageOf, type Sorted } from './store.ts'
import { groupMembers, groups, people, ssoGroupMembers } from './tables-store.ts'

/** Inside a subquery the outer row must be named in full, or `id` would mean the inner table's. */
const outer = sql.raw('groups.id')

const groupColumns = {
  id: groups.id,
  name: groups.name,
  demo: groups.demo,
  createdAt: groups.createdAt,
  updatedAt: groups.updatedAt,
  memberIds: sql<
    UserId[]
  >`array(select m.user_id from ${groupMembers} m where m.group_id = ${outer} order by 1)`,
  ssoMemberIds: sql<
    UserId[]
  >`array(select distinct s.user_id from ${ssoGroupMembers} s where s.group_id = ${outer} order by 1)`,
}

function toGroup(row: Omit<Group, 'demo'> & { demo: boolean | null }): Group {
  return { ...row, demo: row.demo === true }
}

export type GroupStore = ReturnType<typeof groupStore>

export function groupStore(db: Db) {
  return {
    async find(id: GroupId): Promise<Group | undefined> {
      const [row] = await db.select(groupColumns).from(groups).where(eq(groups.id, id))
      return row === undefined ? undefined : toGroup(row)
    },
    async names(): Promise<Map<string, string>> {
      const rows = await db.select({ id: groups.id, name: groups.name }).from(groups)
      return new Map(rows.map((row) => [row.id, row.name]))
    },
    async page({ query, after, limit }: PageOf): Promise<Sorted<Group>[]> {
      const wanted = and(
        after === undefined ? undefined : gt(lower(groups.name), after),
        query === undefined ? undefined : ilike(groups.name, like(query)),
      )
      const rows = await db
        .select({ ...groupColumns, sortKey: lower(groups.name) })
        .from(groups)
        .where(wanted)
        .orderBy(lower(groups.name))
        .limit(limit)
      return rows.map(({ sortKey, ...row }) => ({ ...toGroup(row), sortKey }))
    },
    /** Those of the ids that are people. */
    async existing(ids: readonly UserId[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db
        .select({ id: people.id })
        .from(people)
        .where(inArray(people.id, [...ids]))
      return new Set(rows.map((row) => row.id))
    },
    /** False when the name is taken. */
    insert: (
      group: Omit<Group, 'memberIds' | 'ssoMemberIds'>,
      members: readonly UserId[],
    ): Promise<boolean> =>
      db.transaction(async (tx) => {
        const row = { ...group, demo: group.demo ? true : null }
        const added = await tx.insert(groups).values(row).onConflictDoNothing().returning({ id: groups.id })
        if (added.length === 0) return false
        await addMembers(tx, group.id, members)
        return true
      }),
    async update(
      id: GroupId,
      change: { name?: string; members?: readonly UserId[] },
      at: Date,
    ): Promise<'done' | 'missing' | 'name-taken'> {
      try {
        return await db.transaction(async (tx) => {
          const set = { updatedAt: at, ...(change.name === undefined ? {} : { name: change.name }) }
          const done = await tx.update(groups).set(set).where(eq(groups.id, id)).returning({ id: groups.id })
          if (done.length === 0) return 'missing'
          if (change.members !== undefined) {
            await tx.delete(groupMembers).where(eq(groupMembers.groupId, id))
            await addMembers(tx, id, change.members)
          }
          return 'done'
        })
      } catch (error) {
        if (clashOf(error) === 'groups_name') return 'name-taken'
        throw error
      }
    },
    async remove(id: GroupId): Promise<boolean> {
      return (await db.delete(groups).where(eq(groups.id, id)).returning({ id: groups.id })).length > 0
    },
  }
}

/** In portions, because one statement takes at most 65,535 values. */
async function addMembers(
  tx: Pick<Db, 'insert'>,
  groupId: GroupId,
  members: readonly UserId[],
): Promise<void> {
  const rows = [...new Set(members)].map((userId) => ({ groupId, userId }))
  for (let at = 0; at < rows.length; at += 1000) {
    await tx
      .insert(groupMembers)
      .values(rows.slice(at, at + 1000))
      .onConflictDoNothing()
  }
}
