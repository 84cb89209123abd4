import type { Chain, Landing } from './build-rows.ts'
import { type BodyColumns, type EntryFilter, type EntryRow, firstId, type Pool } from './entry-row.ts'
import { conditions, countCalls, findBodies, findEntry, newestEntries } from './find-entries.ts'
import { landingStatement } from './landing-statement.ts'
import { queryRows } from './query-rows.ts'
import type { Head } from './sign-heads.ts'

const uniqueViolation = '23505'

export type AuditStore = ReturnType<typeof auditStore>

export function auditStore(pool: Pool) {
  return { ...writerStatements(pool), ...entryStatements(pool) }
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
      const [row] = await queryRows<{ seq: number; hash: string }>(
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
      const found = await queryRows(
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
    list: (filter: EntryFilter): Promise<EntryRow[]> => newestEntries(pool, conditions(filter), filter.limit),
    find: (id: string): Promise<EntryRow | undefined> => findEntry(pool, id),
    bodies: (ids: readonly string[]): Promise<Map<string, BodyColumns>> => findBodies(pool, ids),
    /** The heads that cover these events, in order. */
    async heads(events: readonly { writer: string; seq: number }[]): Promise<Head[]> {
      return queryRows<Head>(
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
    usage: (sinceMs: number, userId: string | undefined) => countCalls(pool, firstId(sinceMs), userId),
    async removeDemo(): Promise<number> {
      const [removed] = await queryRows<{ n: number }>(
        pool,
        `WITH w AS (DELETE FROM audit_writers WHERE demo RETURNING id), h AS (DELETE FROM audit_heads WHERE writer IN (SELECT id FROM w)),
        e AS (DELETE FROM audit_entries WHERE writer IN (SELECT id FROM w) RETURNING 1 AS n),
        b AS (DELETE FROM audit_blocks WHERE writer IN (SELECT id FROM w) RETURNING entries AS n)
        SELECT coalesce(sum(n), 0)::int AS n FROM (SELECT n FROM e UNION ALL SELECT n FROM b) removed`,
        [],
      )
      return removed?.n ?? 0
    },
  }
}

const markInterrupted = `UPDATE audit_entries SET outcome = 'interrupted',
  reason = 'The server stopped before this ended.' WHERE outcome = 'pending'`
