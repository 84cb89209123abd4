import { boolean, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Attributes } from '../kernel/attributes.ts'
import type { Role } from '../kernel/caller.ts'
import type { GroupId, KeyId, ServerId, SessionId, UserId } from '../kernel/ids.ts'
import type { OrganizationRole } from '../kernel/key-roles.ts'
import type { ApiKey, PersonStatus, SignInMethod } from './person.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

export const people = pgTable('people', {
  id: uuid().primaryKey().$type<UserId>(),
  email: text().notNull(),
  name: text().notNull(),
  roles: text().array().notNull().$type<Role[]>(),
  status: text().notNull().$type<PersonStatus>(),
  attributes: jsonb().notNull().$type<Attributes>(),
  demo: boolean(),
  signedInAt: moment('signed_in_at'),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
})

export const groups = pgTable('groups', {
  id: uuid().primaryKey().$type<GroupId>(),
  name: text().notNull(),
  demo: boolean(),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
})

export const groupMembers = pgTable('group_members', {
  groupId: uuid('group_id').notNull().$type<GroupId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
})

export const ssoGroupMembers = pgTable('sso_group_members', {
  providerId: uuid('provider_id').notNull(),
  groupId: uuid('group_id').notNull().$type<GroupId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
})

export const apiKeys = pgTable('api_keys', {
  id: uuid().primaryKey().$type<KeyId>(),
  userId: uuid('user_id').$type<UserId>(),
  kind: text().notNull().$type<ApiKey['kind']>(),
  role: text().$type<OrganizationRole>(),
  platformRole: text('platform_role').$type<Role>(),
  name: text().notNull(),
  hash: text().notNull(),
  prefix: text().notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at'),
  lastUsedAt: moment('last_used_at'),
  lastUsedIp: text('last_used_ip'),
})

export const consoleSessions = pgTable('console_sessions', {
  id: uuid().primaryKey().$type<SessionId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  hash: text().notNull(),
  createdAt: moment('created_at').notNull(),
  seenAt: moment('seen_at').notNull(),
  ip: text(),
  userAgent: text('user_agent'),
  method: text().notNull().$type<SignInMethod>(),
})

export const signInLinks = pgTable('sign_in_links', {
  hash: text().primaryKey(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  expiresAt: moment('expires_at').notNull(),
})

export const appliedAdmins = pgTable('applied_admins', {
  hash: text().primaryKey(),
  appliedAt: moment('applied_at').notNull(),
})

export const personNotices = pgTable('person_notices', {
  id: uuid().primaryKey(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  text: text().notNull(),
  createdAt: moment('created_at').notNull(),
})

export const serverAdmins = pgTable('server_admins', {
  serverId: uuid('server_id').notNull().$type<ServerId>(),
  userId: uuid('user_id').notNull().$type<UserId>(),
})
