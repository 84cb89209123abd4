import { and, eq, type SQL } from 'drizzle-orm'
import { jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { ToolState } from '../kernel/tool.ts'
import type { Change } from './compare-definitions.ts'
import type { DefinitionScan } from './definition-scan.ts'
import type { DroppedTool } from './read-definition.ts'
import type { VersionDecision } from './review-tools.ts'

export const lists = pgTable('tool_lists', {
  serverId: uuid('server_id').$type<ServerId>().primaryKey(),
  learnedAt: timestamp('learned_at', { withTimezone: true, mode: 'date' }).notNull(),
  learnedBy: uuid('learned_by').$type<UserId>(),
  dropped: jsonb('dropped').$type<readonly DroppedTool[]>().notNull(),
})

export const tools = pgTable(
  'tools',
  {
    serverId: uuid('server_id').$type<ServerId>().notNull(),
    name: text('name').notNull(),
    publicName: text('public_name').notNull(),
    state: text('state').$type<ToolState>().notNull(),
    approvedHash: text('approved_hash'),
    offeredHash: text('offered_hash').notNull(),
    note: text('note'),
    updatedAt: timestamp('updated_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.name] })],
)

export const versions = pgTable(
  'tool_versions',
  {
    serverId: uuid('server_id').$type<ServerId>().notNull(),
    name: text('name').notNull(),
    hash: text('hash').notNull(),
    definition: text('definition').notNull(),
    seenAt: timestamp('seen_at', { withTimezone: true, mode: 'date' }).notNull(),
    decision: text('decision').$type<VersionDecision>().notNull(),
    decidedBy: uuid('decided_by').$type<UserId>(),
    decidedAt: timestamp('decided_at', { withTimezone: true, mode: 'date' }),
    changes: jsonb('changes').$type<readonly Change[]>().notNull(),
    scan: jsonb('scan').$type<DefinitionScan>(),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.name, table.hash] })],
)

export type ToolRow = typeof tools.$inferSelect
export type VersionRow = typeof versions.$inferSelect
export type ListRow = typeof lists.$inferSelect

/** Joins a tool with the version it offers, or with the one that was approved. */
export const versionOf = (hash: 'offeredHash' | 'approvedHash'): SQL | undefined =>
  and(eq(versions.serverId, tools.serverId), eq(versions.name, tools.name), eq(versions.hash, tools[hash]))
