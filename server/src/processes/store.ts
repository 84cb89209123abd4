import { sql } from 'drizzle-orm'
import type { Db } from '../storage/storage.ts'

export type ProcessStore = {
  /** Says that this process lives, and where; the clock is the database's, so that all agree. */
  beat(id: string, internalUrl: string): Promise<void>
  /** The address of a process that gave a sign of life within `withinMs`. */
  find(id: string, withinMs: number): Promise<string | undefined>
  remove(id: string): Promise<void>
  /** Forgets processes that ended without saying so. */
  sweep(olderThanMs: number): Promise<void>
}

export function processStore(db: Db): ProcessStore {
  return {
    async beat(id, internalUrl) {
      await db.execute(
        sql`insert into processes (id, internal_url) values (${id}, ${internalUrl})
            on conflict (id) do update set seen_at = now(), internal_url = excluded.internal_url`,
      )
    },
    async find(id, withinMs) {
      const { rows } = await db.execute<{ internal_url: string }>(
        sql`select internal_url from processes
            where id = ${id} and seen_at > now() - ${withinMs} * interval '1 millisecond'`,
      )
      return rows[0]?.internal_url
    },
    async remove(id) {
      await db.execute(sql`delete from processes where id = ${id}`)
    },
    async sweep(olderThanMs) {
      await db.execute(
        sql`delete from processes where seen_at < now() - ${olderThanMs} * interval '1 millisecond'`,
      )
    },
  }
}
