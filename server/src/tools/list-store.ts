import { and, eq, ne, sql } from 'drizzle-orm'
import type { ServerId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { KnownTool } from './review-tools.ts'
import {
  type ListRow,
  lists,
  type ToolRow,
  tools,
  type VersionRow,
  versionOf,
  versions,
} from './tables-store.ts'

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

/** Enough to see a slow change; the definitions approved and offered are kept beyond it. */
const keptVersions = 20
const rowsPerStatement = 500
/** Serialises changes of tools over all processes: lists are few and short, and public names must not collide. */
const lockKey = 0x746f6f6c

export type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0]

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += rowsPerStatement) yield rows.slice(at, at + rowsPerStatement)
}

export function lockTools(tx: Transaction): Promise<unknown> {
  return tx.execute(sql`SELECT pg_advisory_xact_lock(${lockKey})`)
}

/** Reads what is known, lets `plan` decide and writes that, alone among all processes. */
export function applyList<P extends ListPlan>(
  db: Db,
  origin: { serverId: ServerId; slug: string },
  plan: (known: KnownList) => P,
): Promise<P> {
  return db.transaction(async (tx) => {
    await lockTools(tx)
    const planned = plan(await readKnown(tx, origin.serverId, origin.slug))
    await write(tx, origin.serverId, planned)
    return planned
  })
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
    .innerJoin(versions, versionOf('approvedHash'))
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
