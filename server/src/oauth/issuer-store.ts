import { and, asc, eq, lte, sql } from 'drizzle-orm'
import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

/** An identity provider whose assertions count here. */
export type TrustedIssuer = {
  readonly id: string
  readonly issuer: string
  readonly jwksUri: string
  readonly algorithms: readonly string[]
  /** Whether an email may tell whom a subject means that was never seen before. */
  readonly linkByEmail: boolean
  readonly createdBy: UserId | undefined
  readonly createdAt: Date
}

const moment = (name: string) => timestamp(name, { withTimezone: true })

const issuers = pgTable('oauth_trusted_issuers', {
  id: uuid('id').primaryKey(),
  issuer: text('issuer').notNull(),
  jwksUri: text('jwks_uri').notNull(),
  algorithms: text('algorithms').array().notNull(),
  linkByEmail: boolean('link_by_email').notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: moment('created_at').notNull(),
})
const accounts = pgTable('oauth_issuer_accounts', {
  issuerId: uuid('issuer_id').notNull(),
  subject: text('subject').notNull(),
  userId: uuid('user_id').$type<UserId>().notNull(),
  createdAt: moment('created_at').notNull(),
})
const spent = pgTable('oauth_spent_assertions', {
  hash: text('hash').primaryKey(),
  expiresAt: moment('expires_at').notNull(),
})

export type IssuerStore = ReturnType<typeof issuerStore>

export function issuerStore(db: Db) {
  return {
    async all(): Promise<TrustedIssuer[]> {
      const rows = await db.select().from(issuers).orderBy(asc(issuers.createdAt), asc(issuers.id))
      return rows.map((row) => ({ ...row, createdBy: row.createdBy ?? undefined }))
    },
    async insert(made: TrustedIssuer, most: number): Promise<'done' | 'taken' | 'full'> {
      if ((await db.$count(issuers)) >= most) return 'full'
      const row = { ...made, algorithms: [...made.algorithms], createdBy: made.createdBy ?? null }
      const added = await db.insert(issuers).values(row).onConflictDoNothing().returning({ id: issuers.id })
      return added.length > 0 ? 'done' : 'taken'
    },
    async remove(id: string): Promise<boolean> {
      return (await db.delete(issuers).where(eq(issuers.id, id)).returning({ id: issuers.id })).length > 0
    },
    async accountOf(issuerId: string, subject: string): Promise<UserId | undefined> {
      const same = and(eq(accounts.issuerId, issuerId), eq(accounts.subject, subject))
      const [row] = await db.select({ userId: accounts.userId }).from(accounts).where(same)
      return row?.userId
    },
    /** False when this person is known there by another subject already. */
    async link(issuerId: string, subject: string, userId: UserId, at: Date): Promise<boolean> {
      const added = await db
        .insert(accounts)
        .values({ issuerId, subject, userId, createdAt: at })
        .onConflictDoNothing()
        .returning({ userId: accounts.userId })
      return added.length > 0
    },
    /** False when it was spent before. */
    async spend(hash: string, expiresAt: Date, now: Date): Promise<boolean> {
      await db.delete(spent).where(lte(spent.expiresAt, now))
      const added = await db
        .insert(spent)
        .values({ hash, expiresAt })
        .onConflictDoNothing()
        .returning({ hash: sql<string>`hash` })
      return added.length > 0
    },
  }
}
