import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { ToolState } from '../kernel/tool.ts'
import type { Db } from '../storage/storage.ts'
import type { Change } from './compare-definitions.ts'
import type { DefinitionScan } from './definition-scan.ts'
import type { DroppedTool } from './read-definition.ts'
import type { KnownTool, VersionDecision } from './review-tools.ts'

const lists = pgTable('tool_lists', {
  serverId: uuid('server_id').$type<ServerId>().primaryKey(),
  learnedAt: timestamp('learned_at', { withTimezone: true, mode: 'date' }).notNull(),
  learnedBy: uuid('learned_by').$type<UserId>(),
  dropped: jsonb('dropped').$type<readonly DroppedTool[]>().notNull(),
})

const tools = pgTable(
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

const versions = pgTable(
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

/** A tool that may be served, with the text of its approved definition. */
export type ServedRow = Pick<ToolRow, 'serverId' | 'name' | 'publicName'> & {
  hash: string
  definition: string
}

/** What is stored about one connector's tools when a new list arrives. */
export type KnownList = {
  readonly tools: ReadonlyMap<string, KnownTool & { readonly publicName: string }>
  /** Public names of other tools that a new name of this connector could collide with. */
  readonly taken: ReadonlySet<string>
}

/** What a new list changes. Tools and versions left out stay as they are. */
export type ListPlan = {
  /** undefined: the list itself was not asked for. */
  readonly list: ListRow | undefined
  readonly tools: readonly ToolRow[]
  readonly versions: readonly VersionRow[]
}

/** All that a reviewer sees of one tool. */
export type ReviewRow = ToolRow & { readonly offered: VersionRow | undefined }

/** Enough to see a slow change; the definitions approved and offered are kept beyond it. */
const keptVersions = 20
const rowsPerStatement = 500
/** Serialises changes of tools over all processes: lists are few and short, and public names must not collide. */
const lockKey = 0x746f6f6c

type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0]

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += rowsPerStatement) yield rows.slice(at, at + rowsPerStatement)
}

function lock(tx: Transaction): Promise<unknown> {
  return tx.execute(sql`SELECT pg_advisory_xact_lock(${lockKey})`)
}

async function readKnown(tx: Transaction, serverId: ServerId, slug: string): Promise<KnownList> {
  const rows = await tx.select().from(tools).where(eq(tools.serverId, serverId))
  const seen = await tx
    .select({
      name: versions.name,
      hash: versions.hash,
      decision: versions.decision,
      scannedBy: sql<string | null>`${versions.scan}->>'version'`,
    })
    .from(versions)
    .where(eq(versions.serverId, serverId))
  const approved = await tx
    .select({ name: tools.name, definition: versions.definition })
    .from(tools)
    .innerJoin(
      versions,
      and(
        eq(versions.serverId, tools.serverId),
        eq(versions.name, tools.name),
        eq(versions.hash, tools.approvedHash),
      ),
    )
    .where(eq(tools.serverId, serverId))
  // Every candidate of namePublicly keeps at least this much of the slug.
  const names = await tx
    .select({ publicName: tools.publicName })
    .from(tools)
    .where(and(sql`starts_with(${tools.publicName}, ${slug.slice(0, 20)})`, ne(tools.serverId, serverId)))
  const taken = new Set([...names, ...rows].map((row) => row.publicName))
  return { tools: knownTools(rows, seen, approved), taken }
}

function knownTools(
  rows: readonly ToolRow[],
  seen: readonly (Pick<VersionRow, 'name' | 'hash' | 'decision'> & { scannedBy: string | null })[],
  approved: readonly { name: string; definition: string }[],
): KnownList['tools'] {
  const known = new Map<string, Map<string, (typeof seen)[number]>>()
  for (const version of seen) {
    const ofTool = known.get(version.name) ?? new Map<string, (typeof seen)[number]>()
    known.set(version.name, ofTool.set(version.hash, version))
  }
  const texts = new Map(approved.map((row) => [row.name, row.definition]))
  return new Map(
    rows.map((row) => {
      const ofTool = known.get(row.name)
      const tool = {
        name: row.name,
        publicName: row.publicName,
        state: row.state,
        approvedHash: row.approvedHash ?? undefined,
        offeredHash: row.offeredHash,
        note: row.note ?? undefined,
        approvedDefinition: texts.get(row.name),
        decisionOn: (hash: string) => ofTool?.get(hash)?.decision,
        scannedBy: (hash: string) => ofTool?.get(hash)?.scannedBy ?? undefined,
        wasRejected: [...(ofTool?.values() ?? [])].some(({ decision }) => decision === 'rejected'),
      }
      return [row.name, tool]
    }),
  )
}

async function write(tx: Transaction, serverId: ServerId, plan: ListPlan): Promise<void> {
  if (plan.list !== undefined)
    await tx.insert(lists).values(plan.list).onConflictDoUpdate({ target: lists.serverId, set: plan.list })
  for (const rows of chunks(plan.tools)) {
    await tx
      .insert(tools)
      .values(rows)
      .onConflictDoUpdate({
        target: [tools.serverId, tools.name],
        set: {
          state: sql`excluded.state`,
          approvedHash: sql`excluded.approved_hash`,
          offeredHash: sql`excluded.offered_hash`,
          note: sql`excluded.note`,
          updatedAt: sql`excluded.updated_at`,
        },
      })
  }
  for (const rows of chunks(plan.versions)) {
    await tx
      .insert(versions)
      .values(rows)
      .onConflictDoUpdate({
        target: [versions.serverId, versions.name, versions.hash],
        set: {
          seenAt: sql`excluded.seen_at`,
          decision: sql`excluded.decision`,
          changes: sql`excluded.changes`,
          scan: sql`excluded.scan`,
        },
      })
  }
  if (plan.versions.length > 0) await prune(tx, serverId)
}

function prune(tx: Transaction, serverId: ServerId): Promise<unknown> {
  return tx.execute(sql`
    DELETE FROM tool_versions v USING (
      SELECT r.name, r.hash, row_number() OVER (PARTITION BY r.name ORDER BY r.seen_at DESC, r.hash) AS age
      FROM tool_versions r WHERE r.server_id = ${serverId}
    ) aged, tools t
    WHERE v.server_id = ${serverId} AND v.name = aged.name AND v.hash = aged.hash AND aged.age > ${keptVersions}
      AND t.server_id = v.server_id AND t.name = v.name
      AND v.hash <> t.offered_hash AND v.hash IS DISTINCT FROM t.approved_hash`)
}

function decide(
  tx: Transaction,
  at: { serverId: ServerId; name: string; hash: string },
  to: Partial<VersionRow>,
): Promise<unknown> {
  return tx
    .update(versions)
    .set(to)
    .where(and(eq(versions.serverId, at.serverId), eq(versions.name, at.name), eq(versions.hash, at.hash)))
}

export type ReviewDecision = {
  serverId: ServerId
  name: string
  hash: string
  approve: boolean
  userId: UserId
  when: Date
}

async function review(tx: Transaction, at: ReviewDecision): Promise<'done' | 'unknown' | 'changed'> {
  await lock(tx)
  const here = and(eq(tools.serverId, at.serverId), eq(tools.name, at.name))
  const [tool] = await tx.select().from(tools).where(here)
  if (tool === undefined) return 'unknown'
  if (tool.offeredHash !== at.hash) return 'changed'
  const decision = at.approve ? 'approved' : 'rejected'
  await decide(tx, at, { decision, decidedBy: at.userId, decidedAt: at.when })
  const held = tool.approvedHash === at.hash ? null : tool.approvedHash
  const outcome = at.approve
    ? { state: 'active' as const, approvedHash: at.hash, note: null }
    : { state: 'quarantined' as const, approvedHash: held, note: 'this definition was rejected' }
  const state = tool.state === 'gone' ? 'gone' : outcome.state
  await tx
    .update(tools)
    .set({ ...outcome, state, updatedAt: at.when })
    .where(here)
  return 'done'
}

export type ToolStore = ReturnType<typeof toolStore>

/** Learned tools of all connectors. Holds no viewer: who may see what is policy's word, asked by the callers of the door. */
export function toolStore(db: Db) {
  return {
    /** Tools that may be served, of one connector or all. */
    served(serverId?: ServerId): Promise<ServedRow[]> {
      return db
        .select({
          serverId: tools.serverId,
          name: tools.name,
          publicName: tools.publicName,
          hash: versions.hash,
          definition: versions.definition,
        })
        .from(tools)
        .innerJoin(
          versions,
          and(
            eq(versions.serverId, tools.serverId),
            eq(versions.name, tools.name),
            eq(versions.hash, tools.approvedHash),
          ),
        )
        .where(
          and(eq(tools.state, 'active'), serverId === undefined ? undefined : eq(tools.serverId, serverId)),
        )
    },

    /** When and by whose credential each connector's tools were learned. */
    lists(serverId?: ServerId): Promise<ListRow[]> {
      return db
        .select()
        .from(lists)
        .where(serverId === undefined ? undefined : eq(lists.serverId, serverId))
    },

    /** Everything a reviewer sees of one connector's tools, by name. */
    async forReview(serverId: ServerId): Promise<ReviewRow[]> {
      const rows = await db
        .select({ tool: tools, offered: versions })
        .from(tools)
        .leftJoin(
          versions,
          and(
            eq(versions.serverId, tools.serverId),
            eq(versions.name, tools.name),
            eq(versions.hash, tools.offeredHash),
          ),
        )
        .where(eq(tools.serverId, serverId))
        .orderBy(tools.name)
      return rows.map((row) => ({ ...row.tool, offered: row.offered ?? undefined }))
    },

    /** The kept versions of one tool, newest first. */
    history(serverId: ServerId, name: string): Promise<VersionRow[]> {
      return db
        .select()
        .from(versions)
        .where(and(eq(versions.serverId, serverId), eq(versions.name, name)))
        .orderBy(sql`${versions.seenAt} DESC`)
    },

    /** Reads what is known, lets `plan` decide and writes that, alone among all processes. */
    apply<P extends ListPlan>(
      origin: { serverId: ServerId; slug: string },
      plan: (known: KnownList) => P,
    ): Promise<P> {
      return db.transaction(async (tx) => {
        await lock(tx)
        const planned = plan(await readKnown(tx, origin.serverId, origin.slug))
        await write(tx, origin.serverId, planned)
        return planned
      })
    },

    /**
     * Approves or rejects exactly this definition. Gives 'unknown' for no such tool and 'changed' when another
     * definition is offered by now: nobody approves what they did not read.
     */
    review(at: ReviewDecision): Promise<'done' | 'unknown' | 'changed'> {
      return db.transaction((tx) => review(tx, at))
    },

    /** Removes all that is known of these connectors. */
    async forget(serverIds: readonly ServerId[]): Promise<void> {
      if (serverIds.length > 0) await db.delete(lists).where(inArray(lists.serverId, [...serverIds]))
    },
  }
}
