import { integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { AgentId, UserId } from '../kernel/ids.ts'
import type { PublicKey } from './check-keys.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

export const agentAccounts = pgTable('agent_accounts', {
  id: uuid().primaryKey().$type<AgentId>(),
  clientId: text('client_id').notNull(),
  name: text().notNull(),
  description: text().notNull(),
  status: text().notNull().$type<'active' | 'disabled'>(),
  ownerId: uuid('owner_id').$type<UserId>(),
  secretHash: text('secret_hash'),
  publicKeys: jsonb('public_keys').$type<PublicKey[]>(),
  generation: integer().notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
  rotatedAt: moment('rotated_at').notNull(),
  lastUsedAt: moment('last_used_at'),
  lastUsedIp: text('last_used_ip'),
})

/** What this noun reads of the people behind its records. */
export const people = pgTable('people', {
  id: uuid().primaryKey().$type<UserId>(),
  email: text().notNull(),
  status: text().notNull(),
})
