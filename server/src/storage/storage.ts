import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type pg from 'pg'

export type Db = NodePgDatabase<Record<string, never>>

export type Bus = {
  /** Call after the commit of a change. Local listeners are awaited first, so the change holds from the next request. */
  publish(topic: string, id: string): Promise<void>
  /** `id` '*' means: re-read everything. Returns the unsubscriber. */
  on(topic: string, listener: (id: string) => void | Promise<void>): () => void
  /** undefined while changes are being heard; after 5 s of deafness a promise that re-reads or rejects with busy. */
  ensureFresh(): Promise<void> | undefined
}

export type Storage = {
  readonly kind: 'embedded' | 'postgres'
  readonly db: Db
  readonly pool: pg.Pool
  readonly bus: Bus
  ready(): Promise<boolean>
  close(): Promise<void>
}
