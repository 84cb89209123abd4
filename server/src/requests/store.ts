import { and, desc, eq, lt } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

export const requestStatuses = ['pending', 'approved', 'rejected'] as const
export type RequestStatus = (typeof requestStatuses)[number]

export type Request = {
  readonly id: string
  readonly kind: string
  /** What is asked for; one open request per subject. */
  readonly subject: string
  readonly status: RequestStatus
  readonly requestedBy: UserId
  readonly reason: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly decidedAt: Date | undefined
  readonly decidedBy: UserId | undefined
  readonly note: string
}

const stamp = (name: string) => timestamp(name, { withTimezone: true })

const requests = pgTable('requests', {
  id: uuid().primaryKey(),
  kind: text().notNull(),
  subject: text().notNull(),
  status: text().$type<RequestStatus>().notNull(),
  requestedBy: uuid('requested_by').$type<UserId>().notNull(),
  reason: text().notNull(),
  detail: jsonb().$type<Record<string, unknown>>().notNull(),
  createdAt: stamp('created_at').notNull(),
  decidedAt: stamp('decided_at'),
  decidedBy: uuid('decided_by').$type<UserId>(),
  note: text().notNull(),
})

type Row = typeof requests.$inferSelect
const toRequest = (row: Row): Request => ({
  ...row,
  decidedAt: row.decidedAt ?? undefined,
  decidedBy: row.decidedBy ?? undefined,
})

export type RequestFilter = {
  kind: string | undefined
  status: RequestStatus | undefined
  requestedBy: UserId | undefined
}
export type RequestStore = ReturnType<typeof requestStore>

export function requestStore(db: Db) {
  const equal = <Column extends typeof requests.kind | typeof requests.requestedBy | typeof requests.status>(
    column: Column,
    value: string | undefined,
  ) => (value === undefined ? undefined : eq(column, value))
  return {
    async find(id: string): Promise<Request | undefined> {
      const [row] = await db.select().from(requests).where(eq(requests.id, id))
      return row === undefined ? undefined : toRequest(row)
    },
    async newest(kind: string, subject: string): Promise<Request | undefined> {
      const [row] = await db
        .select()
        .from(requests)
        .where(and(eq(requests.kind, kind), eq(requests.subject, subject)))
        .orderBy(desc(requests.id))
        .limit(1)
      return row === undefined ? undefined : toRequest(row)
    },
    async page(filter: RequestFilter, after: string | undefined, limit: number): Promise<Request[]> {
      const wanted = and(
        equal(requests.kind, filter.kind),
        equal(requests.status, filter.status),
        equal(requests.requestedBy, filter.requestedBy),
        after === undefined ? undefined : lt(requests.id, after),
      )
      const rows = await db.select().from(requests).where(wanted).orderBy(desc(requests.id)).limit(limit)
      return rows.map(toRequest)
    },
    /** Open requests of one person, to bound them. */
    openOf: (userId: UserId): Promise<number> =>
      db.$count(requests, and(eq(requests.requestedBy, userId), eq(requests.status, 'pending'))),
    /** False when the subject already has an open request. */
    async insert(request: Request): Promise<boolean> {
      const row = { ...request, detail: { ...request.detail }, decidedAt: null, decidedBy: null }
      const added = await db.insert(requests).values(row).onConflictDoNothing().returning({ id: requests.id })
      return added.length > 0
    },
    /** The decided request, or undefined when it is not open any more. */
    async decide(
      id: string,
      decision: { status: RequestStatus; decidedAt: Date; decidedBy: UserId; note: string },
    ): Promise<Request | undefined> {
      const [row] = await db
        .update(requests)
        .set(decision)
        .where(and(eq(requests.id, id), eq(requests.status, 'pending')))
        .returning()
      return row === undefined ? undefined : toRequest(row)
    },
  }
}
