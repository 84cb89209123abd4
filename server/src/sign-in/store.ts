import { and, count, desc, eq, gt, isNull, lt } from 'drizzle-orm'
import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const passwords = pgTable('person_passwords', {
  userId: uuid('user_id').primaryKey().$type<UserId>(),
  hash: text().notNull(),
  changedAt: moment('changed_at').notNull(),
})

const totps = pgTable('person_totp', {
  userId: uuid('user_id').primaryKey().$type<UserId>(),
  sealed: text().notNull(),
  createdAt: moment('created_at').notNull(),
  confirmedAt: moment('confirmed_at'),
  lastStep: bigint('last_step', { mode: 'number' }).notNull(),
})

const recoveryCodes = pgTable('recovery_codes', {
  userId: uuid('user_id').notNull().$type<UserId>(),
  hash: text().notNull(),
})

const passkeys = pgTable('passkeys', {
  id: uuid().primaryKey(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  credentialId: text('credential_id').notNull(),
  publicKey: text('public_key').notNull(),
  counter: bigint({ mode: 'number' }).notNull(),
  transports: text().array().notNull(),
  name: text().notNull(),
  createdAt: moment('created_at').notNull(),
  lastUsedAt: moment('last_used_at'),
})

const recoveryLinks = pgTable('recovery_links', {
  hash: text().primaryKey(),
  expiresAt: moment('expires_at').notNull(),
})

const answeredChallenges = pgTable('answered_challenges', {
  id: text().primaryKey(),
  expiresAt: moment('expires_at').notNull(),
})

export type Passkey = typeof passkeys.$inferSelect

export type SignInStore = ReturnType<typeof signInStore>

/** What people prove themselves with besides keys and links. */
export function signInStore(db: Db) {
  return {
    ...passwordStore(db),
    ...totpStore(db),
    ...codeStore(db),
    ...passkeyStore(db),
    ...recoveryStore(db),
  }
}

function passwordStore(db: Db) {
  return {
    async password(userId: UserId): Promise<{ hash: string; changedAt: Date } | undefined> {
      const [row] = await db.select().from(passwords).where(eq(passwords.userId, userId))
      return row
    },
    async putPassword(userId: UserId, hash: string, changedAt: Date): Promise<void> {
      await db
        .insert(passwords)
        .values({ userId, hash, changedAt })
        .onConflictDoUpdate({ target: passwords.userId, set: { hash, changedAt } })
    },
  }
}

function totpStore(db: Db) {
  return {
    async totp(userId: UserId): Promise<{ sealed: string; isConfirmed: boolean } | undefined> {
      const [row] = await db.select().from(totps).where(eq(totps.userId, userId))
      return row === undefined ? undefined : { sealed: row.sealed, isConfirmed: row.confirmedAt !== null }
    },
    /** Starts over, unless codes are asked for already. False then. */
    async draftTotp(userId: UserId, sealed: string, createdAt: Date): Promise<boolean> {
      await db.delete(totps).where(and(eq(totps.userId, userId), isNull(totps.confirmedAt)))
      const made = await db
        .insert(totps)
        .values({ userId, sealed, createdAt, lastStep: 0 })
        .onConflictDoNothing()
        .returning({ userId: totps.userId })
      return made.length > 0
    },
    /** Uses a step up. Of two who come with one code, one gets in; so does nobody with an older one. */
    async takeStep(userId: UserId, step: number): Promise<boolean> {
      const done = await db
        .update(totps)
        .set({ lastStep: step })
        .where(and(eq(totps.userId, userId), lt(totps.lastStep, step)))
        .returning({ userId: totps.userId })
      return done.length > 0
    },
    async confirmTotp(userId: UserId, at: Date, codes: readonly string[]): Promise<void> {
      await db.transaction(async (tx) => {
        await tx.update(totps).set({ confirmedAt: at }).where(eq(totps.userId, userId))
        await putCodes(tx, userId, codes)
      })
    },
    /** Every way to sign in that the person made. */
    removeWays: (userId: UserId): Promise<void> =>
      db.transaction(async (tx) => {
        for (const table of [passwords, totps, recoveryCodes, passkeys])
          await tx.delete(table).where(eq(table.userId, userId))
      }),
    async removeTotp(userId: UserId): Promise<boolean> {
      return db.transaction(async (tx) => {
        await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
        const gone = await tx
          .delete(totps)
          .where(eq(totps.userId, userId))
          .returning({ userId: totps.userId })
        return gone.length > 0
      })
    },
  }
}

function codeStore(db: Db) {
  return {
    putCodes: (userId: UserId, codes: readonly string[]) =>
      db.transaction((tx) => putCodes(tx, userId, codes)),
    async takeCode(userId: UserId, hash: string): Promise<boolean> {
      const gone = await db
        .delete(recoveryCodes)
        .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.hash, hash)))
        .returning({ hash: recoveryCodes.hash })
      return gone.length > 0
    },
    async codesLeft(userId: UserId): Promise<number> {
      const [row] = await db
        .select({ left: count() })
        .from(recoveryCodes)
        .where(eq(recoveryCodes.userId, userId))
      return row?.left ?? 0
    },
  }
}

function passkeyStore(db: Db) {
  return {
    passkeys: (userId: UserId): Promise<Passkey[]> =>
      db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(desc(passkeys.id)),
    async passkey(credentialId: string): Promise<Passkey | undefined> {
      const [row] = await db.select().from(passkeys).where(eq(passkeys.credentialId, credentialId))
      return row
    },
    /** False when this authenticator is known already. */
    async addPasskey(passkey: Passkey): Promise<boolean> {
      const added = await db
        .insert(passkeys)
        .values(passkey)
        .onConflictDoNothing()
        .returning({ id: passkeys.id })
      return added.length > 0
    },
    async usePasskey(id: string, counter: number, at: Date): Promise<void> {
      await db.update(passkeys).set({ counter, lastUsedAt: at }).where(eq(passkeys.id, id))
    },
    async removePasskey(userId: UserId, id: string): Promise<boolean> {
      const gone = await db
        .delete(passkeys)
        .where(and(eq(passkeys.userId, userId), eq(passkeys.id, id)))
        .returning({ id: passkeys.id })
      return gone.length > 0
    },
    /** True once per challenge. Those that have expired are forgotten here: they are refused by their date. */
    async answerChallenge(id: string, expiresAt: Date, at: Date): Promise<boolean> {
      await db.delete(answeredChallenges).where(lt(answeredChallenges.expiresAt, at))
      const added = await db
        .insert(answeredChallenges)
        .values({ id, expiresAt })
        .onConflictDoNothing()
        .returning({ id: answeredChallenges.id })
      return added.length > 0
    },
  }
}

function recoveryStore(db: Db) {
  return {
    /** Those that have expired are forgotten here. */
    async keepRecoveryLink(hash: string, expiresAt: Date, at: Date): Promise<void> {
      await db.delete(recoveryLinks).where(lt(recoveryLinks.expiresAt, at))
      await db.insert(recoveryLinks).values({ hash, expiresAt }).onConflictDoNothing()
    },
    async isRecoveryLink(hash: string, at: Date): Promise<boolean> {
      return (
        (await db.$count(recoveryLinks, and(eq(recoveryLinks.hash, hash), gt(recoveryLinks.expiresAt, at)))) >
        0
      )
    },
  }
}

async function putCodes(tx: Pick<Db, 'insert' | 'delete'>, userId: UserId, codes: readonly string[]) {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await tx.insert(recoveryCodes).values(codes.map((hash) => ({ userId, hash })))
}
