import { and, eq, or, type SQL, sql } from 'drizzle-orm'
import type { GroupId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { type Comparison, type Wanted, wordFor } from './read-filter.ts'
import { directoryGroups, directoryPeople } from './tables-store.ts'

export type PersonLink = typeof directoryPeople.$inferSelect
export type GroupLink = typeof directoryGroups.$inferSelect
export type Found<Id> = { total: number; ids: Id[] }
export type Slice = { wanted: Wanted; offset: number; limit: number }

/** What a directory may ask of a person, as columns; texts are compared without regard to case (RFC 7643 §2.2). */
const ofPeople: Readonly<Record<string, SQL>> = {
  id: sql`p.id::text`,
  username: sql`lower(coalesce(d.user_name, p.email))`,
  externalid: sql`d.external_id`,
  'emails.value': sql`lower(p.email)`,
  displayname: sql`lower(p.name)`,
  active: sql`(p.status = 'active')::text`,
  'name.givenname': sql`lower(d.given_name)`,
  'name.familyname': sql`lower(d.family_name)`,
}
const ofGroups: Readonly<Record<string, SQL>> = {
  id: sql`g.id::text`,
  displayname: sql`lower(g.name)`,
  externalid: sql`d.external_id`,
}
/** Ids of the directory's own making are compared to the letter. */
const exact: ReadonlySet<string> = new Set(['externalid', 'id'])

export type DirectoryStore = ReturnType<typeof directoryStore>

export function directoryStore(db: Db) {
  return {
    /** People but those of the demo, oldest first. */
    async people({ wanted, offset, limit }: Slice): Promise<Found<UserId>> {
      const where = and(sql`p.demo IS NOT TRUE`, conditionOf(wanted, ofPeople))
      const from = sql`FROM people p LEFT JOIN directory_people d ON d.user_id = p.id WHERE ${where}`
      return found<UserId>(db, from, { by: sql`p.id`, offset, limit })
    },
    /** Groups the directory made; those made by hand are not its business. */
    async groups({ wanted, offset, limit }: Slice): Promise<Found<GroupId>> {
      const condition = conditionOf(wanted, ofGroups)
      const where = condition === undefined ? sql`` : sql`WHERE ${condition}`
      const from = sql`FROM groups g JOIN directory_groups d ON d.group_id = g.id ${where}`
      return found<GroupId>(db, from, { by: sql`g.id`, offset, limit })
    },
    async personLink(id: UserId): Promise<PersonLink | undefined> {
      const [row] = await db.select().from(directoryPeople).where(eq(directoryPeople.userId, id))
      return row
    },
    async groupLink(id: GroupId): Promise<GroupLink | undefined> {
      const [row] = await db.select().from(directoryGroups).where(eq(directoryGroups.groupId, id))
      return row
    },
    async linkPerson(link: PersonLink): Promise<void> {
      const { userId: _id, ...set } = link
      await db
        .insert(directoryPeople)
        .values(link)
        .onConflictDoUpdate({ target: directoryPeople.userId, set })
    },
    async linkGroup(link: GroupLink): Promise<void> {
      const { groupId: _id, ...set } = link
      await db
        .insert(directoryGroups)
        .values(link)
        .onConflictDoUpdate({ target: directoryGroups.groupId, set })
    },
    async counts(): Promise<{ people: number; groups: number }> {
      const [people, groups] = await Promise.all([db.$count(directoryPeople), db.$count(directoryGroups)])
      return { people, groups }
    },
  }
}

async function found<Id>(
  db: Db,
  from: SQL,
  { by, offset, limit }: { by: SQL; offset: number; limit: number },
): Promise<Found<Id>> {
  const counted = await db.execute(sql`SELECT count(*)::int AS total ${from}`)
  const total = Number((counted.rows[0] as { total: number } | undefined)?.total ?? 0)
  if (limit === 0) return { total, ids: [] }
  const { rows } = await db.execute(
    sql`SELECT ${by} AS id ${from} ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}`,
  )
  return { total, ids: rows.map((row) => (row as { id: Id }).id) }
}

function conditionOf(wanted: Wanted, columns: Readonly<Record<string, SQL>>): SQL | undefined {
  if (wanted.length === 0) return undefined
  return or(...wanted.map((all) => and(...all.map((one) => comparison(one, columns)))))
}

function comparison(one: Comparison, columns: Readonly<Record<string, SQL>>): SQL {
  const column = Object.hasOwn(columns, one.attribute) ? columns[one.attribute] : undefined
  if (column === undefined) throw wordFor(one.attribute, Object.keys(columns))
  const value = exact.has(one.attribute) ? one.value : one.value.toLowerCase()
  const like = value.replace(/[\\%_]/g, '\\$&')
  switch (one.operator) {
    case 'eq':
      return sql`${column} = ${value}`
    case 'ne':
      return sql`${column} IS DISTINCT FROM ${value}`
    case 'co':
      return sql`${column} LIKE ${`%${like}%`}`
    case 'sw':
      return sql`${column} LIKE ${`${like}%`}`
    case 'ew':
      return sql`${column} LIKE ${`%${like}`}`
    case 'pr':
      return sql`coalesce(${column}, '') <> ''`
    default:
      return one.operator satisfies never
  }
}
