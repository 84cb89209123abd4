import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ConnectionId, UserId } from '../kernel/ids.ts'

const stamp = (name: string) => timestamp(name, { withTimezone: true })

export const connections = pgTable('oauth_connections', {
  id: uuid().$type<ConnectionId>().primaryKey(),
  userId: uuid('user_id').$type<UserId>().notNull(),
  clientId: text('client_id').notNull(),
  /** As the client's own row is named, so that clients in use are kept. */
  clientHash: text('client_hash').notNull(),
  clientName: text('client_name').notNull(),
  redirectUri: text('redirect_uri').notNull(),
  documentHash: text('document_hash').notNull(),
  createdAt: stamp('created_at').notNull(),
  lastUsedAt: stamp('last_used_at'),
  lastUsedIp: text('last_used_ip'),
})

export const grants = pgTable('oauth_grants', {
  id: text().primaryKey(),
  connectionId: uuid('connection_id').notNull(),
  resource: text().notNull(),
  createdAt: stamp('created_at').notNull(),
})
