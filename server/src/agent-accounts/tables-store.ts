import { integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { AgentId, DelegationId, ServerId, UserId } from '../kernel/ids.ts'
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

/**
 * What this noun reads of the people behind its records. Columns are named in words: names taken from keys are cached by
 * table, and this one has another definition.
 */
export const people = pgTable('people', {
  id: uuid('id').primaryKey().$type<UserId>(),
  email: text('email').notNull(),
  status: text('status').notNull(),
})

export const delegations = pgTable('delegations', {
  id: uuid().primaryKey().$type<DelegationId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  agentId: uuid('agent_id').notNull().$type<AgentId>(),
  servers: uuid().array().$type<ServerId[]>(),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at').notNull(),
  revokedAt: moment('revoked_at'),
  lastUsedAt: moment('last_used_at'),
  lastUsedIp: text('last_used_ip'),
})

export const sessionGrants = pgTable('session_grants', {
  id: uuid().primaryKey(),
  delegationId: uuid('delegation_id').notNull().$type<DelegationId>(),
  serverId: uuid('server_id').notNull().$type<ServerId>(),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at').notNull(),
  lastUsedAt: moment('last_used_at'),
})
