import { and, arrayContains, asc, eq, gt, ilike, sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Attributes, noAttributes } from '../kernel/attributes.ts'
import type { Role } from '../kernel/caller.ts'
import type { AgentId, GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { type Condition, type Effect, idsOf, type Principals, type Rule, superAdminRule } from './rule.ts'

/** A rule as stored, with what its record says besides. */
export type StoredRule = Omit<Rule, 'id'> & {
  readonly id: PolicyId
  readonly version: number
  readonly demo: boolean
  readonly createdBy: UserId | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type BuiltinState = 'enabled' | 'disabled' | 'removed'
export type RuleFilter = {
  query?: string | undefined
  serverId?: ServerId | undefined
  effect?: Effect | undefined
}

const policies = pgTable('policies', {
  id: uuid().primaryKey().$type<PolicyId>(),
  effect: text().notNull().$type<Effect>(),
  description: text().notNull(),
  enabled: boolean().notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }),
  principalType: text('principal_type').notNull().$type<Principals['type']>(),
  principalIds: text('principal_ids').array().notNull(),
  principalAttributes: jsonb('principal_attributes').$type<Attributes>(),
  servers: uuid().array().$type<ServerId[]>(),
  tools: jsonb().$type<readonly string[]>(),
  resources: jsonb().$type<readonly string[]>(),
  conditions: jsonb().notNull().$type<readonly Condition[]>(),
  version: integer().notNull(),
  demo: boolean(),
  createdBy: uuid('created_by').$type<UserId>(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})
type Row = typeof policies.$inferSelect

const builtins = pgTable('builtin_policies', {
  id: text().primaryKey(),
  state: text().notNull().$type<BuiltinState>(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})

export type PolicyStore = ReturnType<typeof policyStore>

export function policyStore(db: Db) {
  return {
    /** Every rule there is, oldest first. */
    async all(): Promise<StoredRule[]> {
      return (await db.select().from(policies).orderBy(asc(policies.id))).map(toRule)
    },
    /** One page in order of creation, behind `after`. */
    async page(filter: RuleFilter, after: PolicyId | undefined, limit: number): Promise<StoredRule[]> {
      const { query, serverId, effect } = filter
      const wanted = and(
        after === undefined ? undefined : gt(policies.id, after),
        query === undefined
          ? undefined
          : ilike(policies.description, `%${query.replace(/[\\%_]/g, '\\$&')}%`),
        serverId === undefined ? undefined : arrayContains(policies.servers, [serverId]),
        effect === undefined ? undefined : eq(policies.effect, effect),
      )
      return (await db.select().from(policies).where(wanted).orderBy(asc(policies.id)).limit(limit)).map(
        toRule,
      )
    },
    async find(id: PolicyId): Promise<StoredRule | undefined> {
      const [row] = await db.select().from(policies).where(eq(policies.id, id))
      return row === undefined ? undefined : toRule(row)
    },
    /** False when there are already `most` rules. */
    async insert(rule: StoredRule, most: number): Promise<boolean> {
      if ((await db.$count(policies)) >= most) return false
      await db.insert(policies).values(toRow(rule))
      return true
    },
    /** False when somebody changed or deleted it since it was read at `expected`. */
    async update(rule: StoredRule, expected: number): Promise<boolean> {
      const { id: _id, demo: _demo, createdBy: _by, createdAt: _at, ...changed } = toRow(rule)
      const done = await db
        .update(policies)
        .set(changed)
        .where(and(eq(policies.id, rule.id), eq(policies.version, expected)))
        .returning({ id: policies.id })
      return done.length > 0
    },
    async remove(id: PolicyId): Promise<boolean> {
      return (await db.delete(policies).where(eq(policies.id, id)).returning({ id: policies.id })).length > 0
    },
    async removeDemo(): Promise<number> {
      return (await db.delete(policies).where(eq(policies.demo, true)).returning({ id: policies.id })).length
    },
    /** A rule whose last server goes is deleted first, so no list is ever emptied into "every server". */
    serverDeleted: (serverId: ServerId): Promise<void> =>
      db.transaction(async (tx) => {
        const names = arrayContains(policies.servers, [serverId])
        await tx
          .delete(policies)
          .where(and(names, sql`cardinality(array_remove(${policies.servers}, ${serverId})) = 0`))
        await tx
          .update(policies)
          .set({
            servers: sql`array_remove(${policies.servers}, ${serverId})`,
            version: sql`${policies.version} + 1`,
          })
          .where(names)
      }),
    async builtinState(): Promise<BuiltinState> {
      const [row] = await db.select().from(builtins).where(eq(builtins.id, superAdminRule.id))
      return row?.state ?? 'enabled'
    },
    async setBuiltinState(state: BuiltinState, at: Date): Promise<void> {
      await db
        .insert(builtins)
        .values({ id: superAdminRule.id, state, updatedAt: at })
        .onConflictDoUpdate({ target: builtins.id, set: { state, updatedAt: at } })
    },
  }
}

function toRule(row: Row): StoredRule {
  return {
    id: row.id,
    effect: row.effect,
    description: row.description,
    enabled: row.enabled,
    expiresAtMs: row.expiresAt?.getTime(),
    principals: toPrincipals(row),
    scope: {
      servers: row.servers ?? '*',
      tools: row.tools ?? undefined,
      resources: row.resources ?? undefined,
    },
    conditions: row.conditions,
    version: row.version,
    demo: row.demo === true,
    createdBy: row.createdBy ?? undefined,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

function toPrincipals(row: Row): Principals {
  switch (row.principalType) {
    case 'everyone':
      return { type: 'everyone' }
    case 'user':
      return { type: 'user', ids: row.principalIds as UserId[] }
    case 'group':
      return { type: 'group', ids: row.principalIds as GroupId[] }
    case 'role':
      return { type: 'role', ids: row.principalIds as Role[] }
    case 'attributes':
      return { type: 'attributes', attributes: row.principalAttributes ?? noAttributes }
    case 'agent_account':
      return { type: 'agent_account', ids: row.principalIds as AgentId[] }
    default:
      return row.principalType satisfies never
  }
}

function toRow(rule: StoredRule): Row {
  return {
    id: rule.id,
    effect: rule.effect,
    description: rule.description,
    enabled: rule.enabled,
    expiresAt: rule.expiresAtMs === undefined ? null : new Date(rule.expiresAtMs),
    principalType: rule.principals.type,
    principalIds: [...idsOf(rule.principals)],
    principalAttributes: rule.principals.type === 'attributes' ? rule.principals.attributes : null,
    servers: rule.scope.servers === '*' ? null : [...rule.scope.servers],
    tools: rule.scope.tools ?? null,
    resources: rule.scope.resources ?? null,
    conditions: rule.conditions,
    version: rule.version,
    demo: rule.demo ? true : null,
    createdBy: rule.createdBy ?? null,
    createdAt: rule.createdAt,
    updatedAt: rule.updatedAt,
  }
}
