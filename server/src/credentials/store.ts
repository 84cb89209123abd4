import { and, eq, sql } from 'drizzle-orm'
import { integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

const connectorSecrets = pgTable('connector_secrets', {
  serverId: uuid('server_id').primaryKey().$type<ServerId>(),
  token: text(),
  headers: text().notNull(),
  env: text().notNull(),
})

const personalValues = pgTable(
  'personal_values',
  {
    serverId: uuid('server_id').notNull().$type<ServerId>(),
    userId: uuid('user_id').notNull().$type<UserId>(),
    sealed: text().notNull(),
    revision: integer().notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.userId] })],
)

/** Each text sealed by the keyring; this file never sees what is inside. */
export type SealedSecrets = { token: string | null; headers: string; env: string }
export type SealedValues = { sealed: string; revision: number; updatedAt: Date }
/** The database or a transaction. */
export type Writer = Pick<Db, 'select' | 'insert' | 'update' | 'delete'>

export type CredentialStore = {
  readSecrets(serverId: ServerId): Promise<SealedSecrets | undefined>
  writeSecrets(writer: Writer, serverId: ServerId, secrets: SealedSecrets): Promise<void>
  readValues(serverId: ServerId, userId: UserId): Promise<SealedValues | undefined>
  writeValues(serverId: ServerId, userId: UserId, sealed: string, at: Date): Promise<void>
  removeValues(serverId: ServerId, userId: UserId): Promise<void>
  /** Everything of one person; answers of which connectors. */
  removeValuesOf(userId: UserId): Promise<ServerId[]>
}

export function credentialStore(db: Db): CredentialStore {
  const pair = (serverId: ServerId, userId: UserId) =>
    and(eq(personalValues.serverId, serverId), eq(personalValues.userId, userId))
  return {
    async readSecrets(serverId) {
      const [row] = await db.select().from(connectorSecrets).where(eq(connectorSecrets.serverId, serverId))
      return row
    },
    async writeSecrets(writer, serverId, secrets) {
      await writer
        .insert(connectorSecrets)
        .values({ serverId, ...secrets })
        .onConflictDoUpdate({ target: connectorSecrets.serverId, set: secrets })
    },
    async readValues(serverId, userId) {
      const [row] = await db.select().from(personalValues).where(pair(serverId, userId))
      return row
    },
    async writeValues(serverId, userId, sealed, at) {
      await db
        .insert(personalValues)
        .values({ serverId, userId, sealed, revision: 1, updatedAt: at })
        .onConflictDoUpdate({
          target: [personalValues.serverId, personalValues.userId],
          // Together with the time never the same again, also after a deletion in between: pools key on it.
          set: { sealed, updatedAt: at, revision: sql`${personalValues.revision} + 1` },
        })
    },
    async removeValues(serverId, userId) {
      await db.delete(personalValues).where(pair(serverId, userId))
    },
    async removeValuesOf(userId) {
      const gone = await db
        .delete(personalValues)
        .where(eq(personalValues.userId, userId))
        .returning({ serverId: personalValues.serverId })
      return gone.map(({ serverId }) => serverId)
    },
  }
}
