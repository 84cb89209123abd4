import { and, asc, desc, eq, ilike, isNull, lt, ne, or, sql } from 'drizzle-orm'
import type { Role } from '../kernel/caller.ts'
import type { KeyId, UserId } from '../kernel/ids.ts'
import type { KeyRole } from '../kernel/key-roles.ts'
import type { Db } from '../storage/storage.ts'
import type { ApiKey, Person } from './person.ts'
import { like, personColumns, toPerson } from './store.ts'
import { apiKeys, appliedAdmins, people } from './tables-store.ts'

/** `mine`: also everything of this person. The rest says which keys of others are seen. */
export type KeyFilter = {
  mine?: UserId | undefined
  people: boolean
  organization: boolean
  deploy: boolean
  userId?: UserId | undefined
  query?: string | undefined
}
export type KeyUse = { id: string; at: Date; ip: string }

const keyColumns = {
  id: apiKeys.id,
  userId: apiKeys.userId,
  userEmail: people.email,
  kind: apiKeys.kind,
  role: apiKeys.role,
  platformRole: apiKeys.platformRole,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  createdBy: apiKeys.createdBy,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  lastUsedAt: apiKeys.lastUsedAt,
  lastUsedIp: apiKeys.lastUsedIp,
}
type KeyRow = {
  [Field in Exclude<keyof ApiKey, 'kind'>]: undefined extends ApiKey[Field]
    ? Exclude<ApiKey[Field], undefined> | null
    : ApiKey[Field]
} & { kind: ApiKey['kind'] }

function toKey(row: KeyRow): ApiKey {
  const loose = {
    ...row,
    userId: row.userId ?? undefined,
    userEmail: row.userEmail ?? undefined,
    role: row.role ?? undefined,
    platformRole: row.platformRole ?? undefined,
    createdBy: row.createdBy ?? undefined,
    expiresAt: row.expiresAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    lastUsedIp: row.lastUsedIp ?? undefined,
  }
  // The table's own checks see to it that kind, owner and role fit each other.
  return loose as ApiKey
}

/** What a hash leads to: a person, or the power of a key that belongs to nobody. */
export type FoundKey = {
  id: KeyId
  expiresAt: Date | undefined
  person: Person | undefined
  name: string
  role: KeyRole | undefined
  platformRole: Role | undefined
}

/** Distributes over the kinds, which Omit alone would mix up. */
type WithoutEmail<Key> = Key extends unknown ? Omit<Key, 'userEmail'> : never
export type NewKey = WithoutEmail<ApiKey>

/** The keys a reader may see, by construction. */
function visible(filter: KeyFilter) {
  const shown = [
    filter.mine === undefined ? undefined : eq(apiKeys.userId, filter.mine),
    filter.people ? eq(apiKeys.kind, 'personal') : undefined,
    filter.organization ? ne(apiKeys.kind, 'personal') : undefined,
    filter.deploy ? eq(apiKeys.role, 'deploy') : undefined,
  ].filter((one) => one !== undefined)
  return shown.length === 0 ? sql`false` : or(...shown)
}

export type KeyStore = ReturnType<typeof keyStore>

export function keyStore(db: Db) {
  return {
    async find(id: KeyId): Promise<ApiKey | undefined> {
      const [row] = await db
        .select(keyColumns)
        .from(apiKeys)
        .leftJoin(people, eq(people.id, apiKeys.userId))
        .where(eq(apiKeys.id, id))
      return row === undefined ? undefined : toKey(row)
    },
    /** The key a hash belongs to and its owner, whatever state both are in. */
    async findByHash(hash: string): Promise<FoundKey | undefined> {
      const { id, name, kind, role, platformRole, expiresAt } = keyColumns
      const [row] = await db
        .select({ id, name, kind, role, platformRole, expiresAt, person: personColumns })
        .from(apiKeys)
        .leftJoin(people, eq(people.id, apiKeys.userId))
        .where(eq(apiKeys.hash, hash))
      if (row === undefined) return undefined
      const isPersons = row.kind === 'personal'
      return {
        id: row.id,
        name: row.name,
        expiresAt: row.expiresAt ?? undefined,
        person: isPersons ? toPerson(row.person as Parameters<typeof toPerson>[0]) : undefined,
        role: row.kind === 'enrollment' ? row.kind : (row.role ?? undefined),
        platformRole: row.platformRole ?? undefined,
      }
    },
    /** Newest first, behind `after`. */
    async page(filter: KeyFilter, after: KeyId | undefined, limit: number): Promise<ApiKey[]> {
      const { userId, query } = filter
      const wanted = and(
        visible(filter),
        userId === undefined ? undefined : eq(apiKeys.userId, userId),
        after === undefined ? undefined : lt(apiKeys.id, after),
        query === undefined
          ? undefined
          : or(ilike(apiKeys.name, like(query)), ilike(people.email, like(query))),
      )
      const rows = await db
        .select(keyColumns)
        .from(apiKeys)
        .leftJoin(people, eq(people.id, apiKeys.userId))
        .where(wanted)
        .orderBy(desc(apiKeys.id))
        .limit(limit)
      return rows.map(toKey)
    },
    /** 'full' when the person already has `most` keys. */
    async insert(key: NewKey, hash: string, most: number): Promise<'done' | 'full'> {
      const alike = key.userId === undefined ? isNull(apiKeys.userId) : eq(apiKeys.userId, key.userId)
      if ((await db.$count(apiKeys, alike)) >= most) return 'full'
      await db.insert(apiKeys).values({ ...key, hash })
      return 'done'
    },
    async remove(id: KeyId): Promise<boolean> {
      return (await db.delete(apiKeys).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id })).length > 0
    },
    /** Uses older than what is stored change nothing: another process may have seen a later one. */
    async recordUses(uses: readonly KeyUse[]): Promise<void> {
      if (uses.length === 0) return
      const rows = sql.join(
        uses.map((use) => sql`(${use.id}::uuid, ${use.at.toISOString()}::timestamptz, ${use.ip}::text)`),
        sql`, `,
      )
      await db.execute(sql`
        UPDATE api_keys SET last_used_at = used.at, last_used_ip = used.ip
        FROM (VALUES ${rows}) AS used (id, at, ip)
        WHERE api_keys.id = used.id AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at < used.at)`)
    },
  }
}

/** What the environment set up at earlier starts. */
export type SetupStore = {
  /** Runs alone over all processes. */
  alone<T>(run: (tx: Db) => Promise<T>): Promise<T>
}

const setupLock = 7_265_110_010

export function setupStore(db: Db): SetupStore {
  return {
    alone: (run) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(${setupLock})`)
        return run(tx as unknown as Db)
      }),
  }
}

/** False when this was applied before. */
export async function markApplied(tx: Db, hash: string, at: Date): Promise<boolean> {
  const added = await tx
    .insert(appliedAdmins)
    .values({ hash, appliedAt: at })
    .onConflictDoNothing()
    .returning({ hash: appliedAdmins.hash })
  return added.length > 0
}

/** Nobody signed in and no key was made since `email` was created, so its first link may be shown again. */
export async function isUntouched(tx: Db, person: Person): Promise<boolean> {
  if (person.signedInAt !== undefined) return false
  const [anyKey] = await tx.select({ id: apiKeys.id }).from(apiKeys).orderBy(asc(apiKeys.id)).limit(1)
  return anyKey === undefined
}
