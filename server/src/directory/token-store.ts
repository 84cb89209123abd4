import { and, asc, eq, isNull, lt, or } from 'drizzle-orm'
import type { Db } from '../storage/storage.ts'
import { type TokenId, tokens } from './tables-store.ts'

export type TokenRow = typeof tokens.$inferSelect

export type TokenStore = ReturnType<typeof tokenStore>

export function tokenStore(db: Db) {
  return {
    list: (limit: number): Promise<TokenRow[]> =>
      db.select().from(tokens).orderBy(asc(tokens.id)).limit(limit),
    count: (): Promise<number> => db.$count(tokens),
    async findByHash(hash: string): Promise<TokenRow | undefined> {
      const [row] = await db.select().from(tokens).where(eq(tokens.hash, hash))
      return row
    },
    async insert(
      row: Pick<TokenRow, 'id' | 'name' | 'hash' | 'prefix' | 'createdBy' | 'createdAt'>,
    ): Promise<void> {
      await db.insert(tokens).values(row)
    },
    async remove(id: TokenId): Promise<TokenRow | undefined> {
      const [row] = await db.delete(tokens).where(eq(tokens.id, id)).returning()
      return row
    },
    /** Not more than once a minute, so that reading costs no writing. */
    async noteUse(id: TokenId, at: Date, ip: string): Promise<void> {
      const stale = or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, new Date(at.getTime() - 60_000)))
      await db
        .update(tokens)
        .set({ lastUsedAt: at, lastUsedIp: ip })
        .where(and(eq(tokens.id, id), stale))
    },
    async noteEnd(id: TokenId, at: Date, said: { change: string } | { error: string }): Promise<void> {
      const set =
        'change' in said
          ? { lastChangeAt: at, lastChange: said.change.slice(0, 300) }
          : { lastErrorAt: at, lastError: said.error.slice(0, 300) }
      await db.update(tokens).set(set).where(eq(tokens.id, id))
    },
  }
}
