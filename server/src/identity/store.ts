import { and, arrayContains, asc, eq, gt, ilike, ne, or, type SQL, sql } from 'drizzle-orm'
import type { GroupId, ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { Person } from './person.ts'
import {
  apiKeys,
  consoleSessions,
  groupMembers,
  groups,
  people,
  serverAdmins,
  signInLinks,
  ssoGroupMembers,
} from './tables-store.ts'

/** Page of a list sorted by a text key: at most `limit` items behind `after`, narrowed by `query`. */
export type PageOf = { query: string | undefined; after: string | undefined; limit: number }
/** With the key it is sorted by, which only the database can tell: lower case is a matter of its locale. */
export type Sorted<Item> = Item & { readonly sortKey: string }
export type PersonChange = Partial<Pick<Person, 'email' | 'name' | 'roles' | 'status' | 'attributes'>>

export const lower = (column: unknown): SQL<string> => sql`lower(${column})`
export const like = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`
/** The name of the unique index a write ran into, if that is why it failed. */
export const clashOf = (error: unknown): string | undefined => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, constraint } = at as { code?: string; constraint?: string }
    if (code === '23505') return constraint
  }
  return undefined
}

const ownColumns = {
  id: people.id,
  email: people.email,
  name: people.name,
  roles: people.roles,
  status: people.status,
  attributes: people.attributes,
  demo: people.demo,
  signedInAt: people.signedInAt,
  createdAt: people.createdAt,
  updatedAt: people.updatedAt,
}

/** Inside a subquery the outer row must be named in full, or `id` would mean the inner table's. */
const outer = sql.raw('people.id')

/** What it takes to make a Caller. */
export const personColumns = {
  ...ownColumns,
  groupIds: sql<
    GroupId[]
  >`array(select m.group_id from ${groupMembers} m where m.user_id = ${outer} union select s.group_id from ${ssoGroupMembers} s where s.user_id = ${outer} order by 1)`,
  adminOf: sql<
    ServerId[]
  >`array(select a.server_id from ${serverAdmins} a where a.user_id = ${outer} order by 1)`,
}

const lastSeen = sql<Date | null>`greatest(${people.signedInAt},
  (select max(s.seen_at) from ${consoleSessions} s where s.user_id = ${outer}),
  (select max(k.last_used_at) from ${apiKeys} k where k.user_id = ${outer}))`.mapWith(people.signedInAt)

type PersonRow = Omit<Person, 'demo' | 'signedInAt' | 'lastSeenAt'> & {
  demo: boolean | null
  signedInAt: Date | null
  lastSeenAt?: Date | null
}

export function toPerson(row: PersonRow): Person {
  return {
    ...row,
    demo: row.demo === true,
    signedInAt: row.signedInAt ?? undefined,
    lastSeenAt: row.lastSeenAt ?? undefined,
  }
}

export type PeopleStore = ReturnType<typeof peopleStore>

export function peopleStore(db: Db) {
  const one = async (where: SQL | undefined): Promise<Person | undefined> => {
    const [row] = await db
      .select({ ...personColumns, lastSeenAt: lastSeen })
      .from(people)
      .where(where)
    return row === undefined ? undefined : toPerson(row)
  }
  return {
    find: (id: UserId) => one(eq(people.id, id)),
    findByEmail: (email: string) => one(eq(lower(people.email), email.toLowerCase())),
    async page({ query, after, limit }: PageOf): Promise<Sorted<Person>[]> {
      const wanted = and(
        after === undefined ? undefined : gt(lower(people.email), after),
        query === undefined
          ? undefined
          : or(ilike(people.email, like(query)), ilike(people.name, like(query))),
      )
      const rows = await db
        .select({ ...personColumns, lastSeenAt: lastSeen, sortKey: lower(people.email) })
        .from(people)
        .where(wanted)
        .orderBy(lower(people.email))
        .limit(limit)
      return rows.map(({ sortKey, ...row }) => ({ ...toPerson(row), sortKey }))
    },
    /** False when somebody has this email. */
    async insert(
      person: Omit<Person, 'groupIds' | 'adminOf' | 'signedInAt' | 'lastSeenAt'>,
    ): Promise<boolean> {
      const row = { ...person, roles: [...person.roles], demo: person.demo ? true : null }
      const added = await db.insert(people).values(row).onConflictDoNothing().returning({ id: people.id })
      return added.length > 0
    },
    /**
     * Changes a person unless that would leave nobody who is an active Super Admin. Deactivation ends keys, sessions
     * and links in the same transaction.
     */
    async update(
      id: UserId,
      change: PersonChange,
      at: Date,
    ): Promise<'done' | 'missing' | 'last-super-admin' | 'email-taken'> {
      try {
        return await db.transaction(async (tx) => {
          if (losesPower(change) && (await isLastSuperAdmin(tx, id))) return 'last-super-admin'
          const done = await tx
            .update(people)
            .set(columnsOf(change, at))
            .where(eq(people.id, id))
            .returning({ id: people.id })
          if (done.length === 0) return 'missing'
          if (change.status === 'deactivated') await endProofs(tx, id)
          return 'done'
        })
      } catch (error) {
        if (clashOf(error) === 'people_email') return 'email-taken'
        throw error
      }
    },
    remove: (id: UserId) =>
      db.transaction(async (tx): Promise<'done' | 'missing' | 'last-super-admin'> => {
        if (await isLastSuperAdmin(tx, id)) return 'last-super-admin'
        const done = await tx.delete(people).where(eq(people.id, id)).returning({ id: people.id })
        return done.length > 0 ? 'done' : 'missing'
      }),
    /** Active, and not this person. */
    firstSuperAdmin: (besides?: UserId) => firstSuperAdmin(db, besides),
    superAdminCount: (): Promise<number> => db.$count(people, superAdmins()),
    async removeDemo(): Promise<number> {
      await db.delete(groups).where(eq(groups.demo, true))
      return (await db.delete(people).where(eq(people.demo, true)).returning({ id: people.id })).length
    },
  }
}

/** The one who has been it longest. */
async function firstSuperAdmin(db: Db, besides?: UserId): Promise<Person | undefined> {
  const [row] = await db
    .select(personColumns)
    .from(people)
    .where(and(superAdmins(), besides === undefined ? undefined : ne(people.id, besides)))
    .orderBy(asc(people.createdAt), asc(people.id))
    .limit(1)
  return row === undefined ? undefined : toPerson(row)
}

const superAdmins = () => and(arrayContains(people.roles, ['super_admin']), eq(people.status, 'active'))

function losesPower(change: PersonChange): boolean {
  return change.status === 'deactivated' || change.roles?.includes('super_admin') === false
}

function columnsOf({ roles, ...rest }: PersonChange, at: Date) {
  return { ...rest, ...(roles === undefined ? {} : { roles: [...roles] }), updatedAt: at }
}

async function endProofs(tx: Pick<Db, 'delete'>, id: UserId): Promise<void> {
  for (const table of [apiKeys, consoleSessions, signInLinks])
    await tx.delete(table).where(eq(table.userId, id))
}

/** Locks every Super Admin, so that two who demote each other at once do not both succeed. */
async function isLastSuperAdmin(tx: Pick<Db, 'select'>, id: UserId): Promise<boolean> {
  const rows = await tx
    .select({ id: people.id })
    .from(people)
    .where(superAdmins())
    .orderBy(asc(people.id))
    .for('update')
  return rows.length === 1 && rows[0]?.id === id
}
