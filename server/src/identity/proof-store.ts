import { and, asc, desc, eq, ilike, lt, or, sql } from 'drizzle-orm'
import type { KeyId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { ApiKey, Person } from './person.ts'
import { like, personColumns, toPerson } from './store.ts'
import { apiKeys, appliedAdmins, people } from './tables-store.ts'

export type KeyFilter = { userId?: UserId | undefined; query?: string | undefined }
export type KeyUse = { id: string; at: Date; ip: string }

const keyColumns = {
  id: apiKeys.id,
  userId: apiKeys.userId,
  userEmail: people.email,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  createdBy: apiKeys.createdBy,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  lastUsedAt: apiKeys.lastUsedAt,
  lastUsedIp: apiKeys.lastUsedIp,
}
type Loose<T> = {
  [Field in keyof T]: undefined extends T[Field] ? Exclude<T[Field], undefined> | null : T[Field]
}

function toKey(row: Loose<ApiKey>): ApiKey {
  return {
    ...row,
    createdBy: row.createdBy ?? undefined,
    expiresAt: row.expiresAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    lastUsedIp: row.lastUsedIp ?? undefined,
  }
}

export type KeyStore = ReturnType<typeof keyStore>

export function keyStore(db: Db) {
  return {
    async find(id: KeyId): Promise<ApiKey | undefined> {
      const [row] = await db
        .select(keyColumns)
        .from(apiKeys)
        .innerJoin(people, eq(people.id, apiKeys.userId))
        .where(eq(apiKeys.id, id))
      return row === undefined ? undefined : toKey(row)
    },
    /** The key a hash belongs to and its owner, whatever state both are in. */
    async findByHash(
      hash: string,
    ): Promise<{ id: KeyId; expiresAt: Date | undefined; person: Person } | undefined> {
      const [row] = await db
        .select({ id: apiKeys.id, expiresAt: apiKeys.expiresAt, person: personColumns })
        .from(apiKeys)
        .innerJoin(people, eq(people.id, apiKeys.userId))
        .where(eq(apiKeys.hash, hash))
      return row === undefined
        ? undefined
        : { id: row.id, expiresAt: row.expiresAt ?? undefined, person: toPerson(row.person) }
    },
    /** Newest first, behind `after`. */
    async page({ userId, query }: KeyFilter, after: KeyId | undefined, limit: number): Promise<ApiKey[]> {
      const wanted = and(
        userId === undefined ? undefined : eq(apiKeys.userId, userId),
        after === undefined ? undefined : lt(apiKeys.id, after),
        query === undefined
          ? undefined
          : or(ilike(apiKeys.name, like(query)), ilike(people.email, like(query))),
      )
      const rows = await db
        .select(keyColumns)
        .from(apiKeys)
        .innerJoin(people, eq(people.id, apiKeys.userId))
        .where(wanted)
        .orderBy(desc(apiKeys.id))
        .limit(limit)
      return rows.map(toKey)
    },
    /** 'full' when the person already has `most` keys. */
    async insert(key: Omit<ApiKey, 'userEmail'>, hash: string, most: number): Promise<'done' | 'full'> {
      if ((await db.$count(apiKeys, eq(apiKeys.userId, key.userId))) >= most) return 'full'
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
