import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { GroupId, Id, UserId } from '../kernel/ids.ts'

export type TokenId = Id<'provisioning_token'>

const moment = (name: string) => timestamp(name, { withTimezone: true })

export const tokens = pgTable('provisioning_tokens', {
  id: uuid().primaryKey().$type<TokenId>(),
  name: text().notNull(),
  hash: text().notNull(),
  prefix: text().notNull(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: moment('created_at').notNull(),
  lastUsedAt: moment('last_used_at'),
  lastUsedIp: text('last_used_ip'),
  lastChangeAt: moment('last_change_at'),
  lastChange: text('last_change'),
  lastErrorAt: moment('last_error_at'),
  lastError: text('last_error'),
})

export const directoryPeople = pgTable('directory_people', {
  userId: uuid('user_id').primaryKey().$type<UserId>(),
  userName: text('user_name').notNull(),
  externalId: text('external_id'),
  givenName: text('given_name'),
  familyName: text('family_name'),
  syncedAt: moment('synced_at').notNull(),
})

export const directoryGroups = pgTable('directory_groups', {
  groupId: uuid('group_id').primaryKey().$type<GroupId>(),
  externalId: text('external_id'),
  syncedAt: moment('synced_at').notNull(),
})
