import type pg from 'pg'
import type { Chain, Landing } from './build-rows.ts'
import { entryColumns, landingStatement } from './landing-statement.ts'
import type { Head } from './sign-heads.ts'

/** The part of the pool that is used. Plain SQL: the statements below are the hot path of the database. */
export type Pool = Pick<pg.Pool, 'query'>

const uniqueViolation = '23505'

/** A row as stored, without bodies. */
export type EntryRow = {
  id: string
  time: Date
  closed_at: Date | null
  action: string
  outcome: string
  actor_type: string
  actor_id: string
  actor_email: string | null
  proof: string | null
  request_id: string
  correlation_id: string
  server_id: string | null
  tool: string | null
  plugin_id: string | null
  resource_type: string | null
  resource_id: string | null
  client_name: string | null
  client_version: string | null
  ip: string | null
  via: string | null
  meta: string | null
  reason: string | null
  rules: string | null
  scans: string | null
  opened: string | null
  open_hashes: string | null
  close_hashes: string | null
  writer: string
  open_seq: number
  close_seq: number | null
  demo: boolean
}
export type BodyColumns = { open_bodies: string | null; close_bodies: string | null }

/** What a reader may see and asks for. `actorId` is both a filter and the fence around people without audit.read. */
export type EntryFilter = {
  equal: Partial<Record<EqualColumn, string>>
  /** Fence: only this actor's entries. */
  onlyActor: string | undefined
  fromMs: number | undefined
  toMs: number | undefined
  /** Only entries older than this id. */
  beforeId: string | undefined
  limit: number
}
export const equalColumns = [
  'action',
  'actor_id',
  'resource_type',
  'resource_id',
  'server_id',
  'plugin_id',
  'client_name',
  'correlation_id',
  'outcome',
] as const
export type EqualColumn = (typeof equalColumns)[number]

const selectEntries = `SELECT ${entryColumns.map((name) => `e.${name}`)}, e.writer, w.demo
  FROM audit_entries e JOIN audit_writers w ON w.id = e.writer`

/** The smallest version 7 id of a millisecond. */
export function firstId(ms: number): string {
  const hex = Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}

export type AuditStore = ReturnType<typeof auditStore>

export function auditStore(pool: Pool) {
  return { ...writerStatements(pool), ...entryStatements(pool) }
}

async function rowsOf<Out>(pool: Pool, text: string, values: unknown[]): Promise<Out[]> {
  return (await pool.query(text, values)).rows as Out[]
}

function writerStatements(pool: Pool) {
  return {
    /** One statement, all or nothing. False when the writer's chain is not where `from` says. */
    async land(landing: Landing): Promise<boolean> {
      const run = async (careful: boolean) =>
        (await pool.query(landingStatement(landing, careful))).rows.length === 1
      try {
        return await run(false)
      } catch (error) {
        if ((error as { code?: string }).code !== uniqueViolation) throw error
        return await run(true)
      }
    },
    async addWriter(chain: Chain, place: string, demo = false): Promise<void> {
      await pool.query('INSERT INTO audit_writers (id, place, demo, hash) VALUES ($1, $2, $3, $4)', [
        chain.writer,
        place,
        demo,
        chain.hash,
      ])
    },
    async findChain(writer: string): Promise<Chain | undefined> {
      const [row] = await rowsOf<{ seq: number; hash: string }>(
        pool,
        'SELECT seq::float8 AS seq, hash FROM audit_writers WHERE id = $1',
        [writer],
      )
      return row === undefined ? undefined : { writer, seq: row.seq, hash: row.hash }
    },
    async beat(writer: string): Promise<void> {
      await pool.query('UPDATE audit_writers SET heartbeat_at = now() WHERE id = $1', [writer])
    },
    async endWriter(writer: string): Promise<void> {
      await pool.query('UPDATE audit_writers SET closed_at = now() WHERE id = $1', [writer])
    },
    /** Ends this place's other writers, which are dead because the folder has one owner, and marks what they left open. */
    async endPlace(place: string, writer: string): Promise<void> {
      await pool.query(
        `WITH dead AS (UPDATE audit_writers SET closed_at = now() WHERE place = $1 AND id <> $2 AND closed_at IS NULL AND NOT demo RETURNING id)
        ${markInterrupted} AND writer IN (SELECT id FROM dead)`,
        [place, writer],
      )
    },
    /** Marks what silent writers of other places left open. Should one wake and close its calls, closing wins. */
    async markSilent(writer: string, silentSeconds: number): Promise<void> {
      await pool.query(
        `${markInterrupted} AND writer IN (SELECT id FROM audit_writers
          WHERE id <> $1 AND closed_at IS NULL AND NOT demo AND heartbeat_at < now() - make_interval(secs => $2))`,
        [writer, silentSeconds],
      )
    },
    async hasOtherWriters(writer: string): Promise<boolean> {
      const found = await rowsOf(
        pool,
        `SELECT 1 FROM audit_writers WHERE id <> $1 AND closed_at IS NULL AND NOT demo AND heartbeat_at > now() - interval '30 seconds' LIMIT 1`,
        [writer],
      )
      return found.length > 0
    },
  }
}

function entryStatements(pool: Pool) {
  return {
    /** Newest first. */
    list(filter: EntryFilter): Promise<EntryRow[]> {
      const { where, values } = conditions(filter)
      values.push(filter.limit)
      return rowsOf<EntryRow>(
        pool,
        `${selectEntries} ${where} ORDER BY e.id DESC LIMIT $${values.length}`,
        values,
      )
    },
    async find(id: string): Promise<EntryRow | undefined> {
      return (await rowsOf<EntryRow>(pool, `${selectEntries} WHERE e.id = $1`, [id]))[0]
    },
    async bodies(ids: readonly string[]): Promise<Map<string, BodyColumns>> {
      const rows = await rowsOf<BodyColumns & { id: string }>(
        pool,
        'SELECT id, open_bodies, close_bodies FROM audit_entries WHERE id = ANY($1::uuid[])',
        [ids],
      )
      return new Map(rows.map(({ id, ...columns }) => [id, columns]))
    },
    /** The heads that cover these events, in order. */
    async heads(events: readonly { writer: string; seq: number }[]): Promise<Head[]> {
      return rowsOf<Head>(
        pool,
        `SELECT h.writer, h.from_seq::float8 AS "fromSeq", h.to_seq::float8 AS "toSeq", h.prev_hash AS "prevHash", h.hash,
          h.digests, h.signed_at::float8 AS "signedAt", h.key_id AS "keyId", h.signature
        FROM audit_heads h JOIN (
          SELECT DISTINCT c.writer, c.to_seq FROM unnest($1::uuid[], $2::bigint[]) s(writer, seq)
          CROSS JOIN LATERAL (SELECT writer, to_seq FROM audit_heads WHERE writer = s.writer AND to_seq >= s.seq ORDER BY to_seq LIMIT 1) c
        ) used USING (writer, to_seq) ORDER BY h.writer, h.to_seq`,
        [events.map(({ writer }) => writer), events.map(({ seq }) => seq)],
      )
    },
    /** Successful calls since a moment, by server and tool; of one person or of all. */
    usage(
      sinceMs: number,
      userId: string | undefined,
    ): Promise<{ serverId: string; tool: string; calls: number }[]> {
      return rowsOf(
        pool,
        `SELECT server_id AS "serverId", tool, count(*)::int AS calls FROM audit_entries
        WHERE action IN ('tool_call_success', 'security_warning') AND outcome = 'success' AND actor_type = 'user' AND id >= $1 AND server_id IS NOT NULL AND tool IS NOT NULL AND ($2::text IS NULL OR actor_id = $2)
        GROUP BY server_id, tool`,
        [firstId(sinceMs), userId ?? null],
      )
    },
    async removeDemo(): Promise<number> {
      const removed = await pool.query(
        `WITH w AS (DELETE FROM audit_writers WHERE demo RETURNING id), h AS (DELETE FROM audit_heads WHERE writer IN (SELECT id FROM w))
        DELETE FROM audit_entries WHERE writer IN (SELECT id FROM w)`,
      )
      return removed.rowCount ?? 0
    },
  }
}

const markInterrupted = `UPDATE audit_entries SET outcome = 'interrupted',
  reason = 'The server stopped before this ended.' WHERE outcome = 'pending'`

function conditions(filter: EntryFilter): { where: string; values: unknown[] } {
  const values: unknown[] = []
  const all: string[] = []
  const add = (condition: string, value: unknown) => all.push(`${condition} $${values.push(value)}`)
  for (const column of equalColumns)
    if (filter.equal[column] !== undefined) add(`e.${column} =`, filter.equal[column])
  if (filter.onlyActor !== undefined) add('e.actor_id =', filter.onlyActor)
  if (filter.fromMs !== undefined) add('e.id >=', firstId(filter.fromMs))
  if (filter.toMs !== undefined) add('e.id <', firstId(filter.toMs + 1))
  if (filter.beforeId !== undefined) add('e.id <', filter.beforeId)
  return { where: all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`, values }
}
