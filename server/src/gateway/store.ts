import { sql } from 'drizzle-orm'
import type { Db } from '../storage/storage.ts'

export type SessionRow = { ended: boolean; logLevel: string | undefined }

export type SessionStore = {
  find(hash: string): Promise<SessionRow | undefined>
  end(hash: string, userId: string, expiresAt: Date): Promise<void>
  setLogLevel(hash: string, entry: { userId: string; level: string; expiresAt: Date }): Promise<void>
  /** Removes rows whose token is no longer valid anyway. */
  sweep(now: Date): Promise<void>
}

/** One small row per session that changed, keyed by the token's hash, so that any replica can serve any request. */
export function sessionStore(db: Db): SessionStore {
  return {
    async find(hash) {
      const found = await db.execute<{ ended: boolean; log_level: string | null }>(
        sql`select ended_at is not null as ended, log_level from mcp_sessions where hash = ${hash}`,
      )
      const row = found.rows[0]
      return row === undefined ? undefined : { ended: row.ended, logLevel: row.log_level ?? undefined }
    },
    async end(hash, userId, expiresAt) {
      await db.execute(
        sql`insert into mcp_sessions (hash, user_id, ended_at, expires_at) values (${hash}, ${userId}, now(), ${expiresAt.toISOString()})
            on conflict (hash) do update set ended_at = coalesce(mcp_sessions.ended_at, now())`,
      )
    },
    async setLogLevel(hash, entry) {
      await db.execute(
        sql`insert into mcp_sessions (hash, user_id, log_level, expires_at) values (${hash}, ${entry.userId}, ${entry.level}, ${entry.expiresAt.toISOString()})
            on conflict (hash) do update set log_level = excluded.log_level`,
      )
    },
    async sweep(now) {
      await db.execute(sql`delete from mcp_sessions where expires_at < ${now.toISOString()}`)
    },
  }
}
