import { and, eq } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Connector, ConnectorAuth, Health, OAuthSettings, PinnedPackage } from '../kernel/connector.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'

/** A connector as stored. Demo connectors are removed together. */
export type ConnectorRecord = Connector & { readonly demo: boolean }

/** A transaction, for the secrets that are written with their connector. */
export type Transaction = Pick<Db, 'select' | 'insert' | 'update' | 'delete'>

const connectors = pgTable('connectors', {
  id: uuid().primaryKey().$type<ServerId>(),
  name: text().notNull(),
  slug: text().notNull(),
  description: text().notNull(),
  kind: text().notNull().$type<Connector['kind']>(),
  transport: text().notNull().$type<Connector['transport']>(),
  url: text(),
  headers: jsonb().notNull().$type<Connector['headers']>(),
  command: text(),
  args: jsonb().notNull().$type<Connector['args']>(),
  env: jsonb().notNull().$type<Connector['env']>(),
  oauth: jsonb().$type<OAuthSettings>(),
  authType: text('auth_type').notNull().$type<ConnectorAuth['type']>(),
  status: text().notNull().$type<Connector['status']>(),
  protocol: text().notNull().$type<Connector['protocol']>(),
  toolReview: text('tool_review').notNull().$type<Connector['toolReview']>(),
  skipInputValidation: boolean('skip_input_validation').notNull(),
  toolOutputOffloading: boolean('tool_output_offloading').notNull(),
  sensitive: boolean().notNull(),
  network: text().notNull().$type<Connector['network']>(),
  mounts: jsonb().notNull().$type<Connector['mounts']>(),
  personalValues: jsonb('personal_values').notNull().$type<Connector['personalValues']>(),
  secretRefs: jsonb('secret_refs').notNull().$type<NonNullable<Connector['secretRefs']>>(),
  pinned: jsonb().$type<PinnedPackage>(),
  healthState: text('health_state').notNull().$type<Health['state']>(),
  healthMessage: text('health_message'),
  healthCheckedAt: timestamp('health_checked_at', { withTimezone: true }),
  demo: boolean().notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  revision: integer().notNull(),
})
type Row = typeof connectors.$inferSelect

export type ConnectorStore = {
  all(): Promise<ConnectorRecord[]>
  find(id: ServerId): Promise<ConnectorRecord | undefined>
  /** False when the slug is taken. `alongside` commits or fails together with the row. */
  insert(record: ConnectorRecord, alongside: (tx: Transaction) => Promise<void>): Promise<boolean>
  /** False when the stored revision is no longer `expected`. Identity, slug, kind, health and demo stay. */
  update(
    record: ConnectorRecord,
    expected: number,
    alongside: (tx: Transaction) => Promise<void>,
  ): Promise<boolean>
  /** Only while the stored revision is `expected`: a package pinned for older settings is dropped. */
  setPinned(id: ServerId, pinned: PinnedPackage, expected: number): Promise<boolean>
  setHealth(id: ServerId, health: Health): Promise<void>
  remove(id: ServerId): Promise<boolean>
}

export function connectorStore(db: Db): ConnectorStore {
  return {
    async all() {
      return (await db.select().from(connectors)).map(toRecord)
    },
    async find(id) {
      const [row] = await db.select().from(connectors).where(eq(connectors.id, id))
      return row === undefined ? undefined : toRecord(row)
    },
    insert: (record, alongside) =>
      db.transaction(async (tx) => {
        const added = await tx
          .insert(connectors)
          .values(toRow(record))
          .onConflictDoNothing({ target: connectors.slug })
          .returning({ id: connectors.id })
        if (added.length === 0) return false
        await alongside(tx)
        return true
      }),
    update: (record, expected, alongside) =>
      db.transaction(async (tx) => {
        const {
          id,
          slug,
          kind,
          demo,
          createdBy,
          createdAt,
          healthState,
          healthMessage,
          healthCheckedAt,
          ...changed
        } = toRow(record)
        const updated = await tx
          .update(connectors)
          .set(changed)
          .where(at(id, expected))
          .returning({ id: connectors.id })
        if (updated.length === 0) return false
        await alongside(tx)
        return true
      }),
    async setPinned(id, pinned, expected) {
      const updated = await db
        .update(connectors)
        .set({ pinned, revision: expected + 1 })
        .where(at(id, expected))
        .returning({ id: connectors.id })
      return updated.length > 0
    },
    async setHealth(id, health) {
      await db.update(connectors).set(healthColumns(health)).where(eq(connectors.id, id))
    },
    async remove(id) {
      return (
        (await db.delete(connectors).where(eq(connectors.id, id)).returning({ id: connectors.id })).length > 0
      )
    },
  }
}

function at(id: ServerId, revision: number) {
  return and(eq(connectors.id, id), eq(connectors.revision, revision))
}

function healthColumns(health: Health): Pick<Row, 'healthState' | 'healthMessage' | 'healthCheckedAt'> {
  return {
    healthState: health.state,
    healthMessage: health.message ?? null,
    healthCheckedAt: health.checkedAt === undefined ? null : new Date(health.checkedAt),
  }
}

function toRow(record: ConnectorRecord): Row {
  const { auth, health, url, command, pinned, createdBy, createdAt, updatedAt, ...same } = record
  return {
    ...same,
    secretRefs: record.secretRefs ?? {},
    ...healthColumns(health),
    authType: auth.type,
    oauth: oauthOf(auth),
    url: url ?? null,
    command: command ?? null,
    pinned: pinned ?? null,
    createdBy: createdBy ?? null,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  }
}

function oauthOf(auth: ConnectorAuth): OAuthSettings | null {
  if (auth.type !== 'oauth') return null
  const { type: _type, ...settings } = auth
  return settings
}

function toRecord(row: Row): ConnectorRecord {
  const {
    authType,
    oauth,
    healthState,
    healthMessage,
    healthCheckedAt,
    url,
    command,
    pinned,
    createdBy,
    createdAt,
    updatedAt,
    ...same
  } = row
  return {
    ...same,
    url: url ?? undefined,
    command: command ?? undefined,
    auth: authType === 'oauth' ? { type: authType, ...oauth } : { type: authType },
    pinned: pinned ?? undefined,
    health: {
      state: healthState,
      ...(healthMessage === null ? {} : { message: healthMessage }),
      ...(healthCheckedAt === null ? {} : { checkedAt: healthCheckedAt.toISOString() }),
    },
    createdBy: createdBy ?? undefined,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
