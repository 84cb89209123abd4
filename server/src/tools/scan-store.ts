import { and, eq, ne, sql } from 'drizzle-orm'
import type { ServerId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import type { DefinitionScan } from './definition-scan.ts'
import { tools, versionOf, versions } from './tables-store.ts'

/** What stands on a connector's card. */
export type WorstScan = {
  readonly serverId: ServerId
  readonly name: string
  readonly scan: DefinitionScan
  /** Definitions of medium or high risk. */
  readonly flagged: number
}

const offered = versionOf('offeredHash')
const risk = sql<number>`array_position(ARRAY['none','low','medium','high'], ${versions.scan}->>'risk')`

export type ScanStore = ReturnType<typeof scanStore>

/** How the definitions that connectors offer now were judged. */
export function scanStore(db: Db) {
  return {
    /** Connectors that offer a definition which other detectors looked at, or none. */
    async scannedByOthers(version: string): Promise<ServerId[]> {
      const rows = await db
        .selectDistinct({ serverId: tools.serverId })
        .from(tools)
        .innerJoin(versions, offered)
        .where(and(ne(tools.state, 'gone'), sql`${versions.scan}->>'version' IS DISTINCT FROM ${version}`))
      return rows.map((row) => row.serverId)
    },

    /** The worst of each connector. */
    async worst(): Promise<WorstScan[]> {
      const rows = await db
        .selectDistinctOn([tools.serverId], {
          serverId: tools.serverId,
          name: tools.name,
          scan: versions.scan,
          flagged: sql<number>`(count(*) FILTER (WHERE ${risk} >= 3) OVER (PARTITION BY ${tools.serverId}))::int`,
        })
        .from(tools)
        .innerJoin(versions, offered)
        .where(and(ne(tools.state, 'gone'), sql`${versions.scan} IS NOT NULL`))
        .orderBy(
          tools.serverId,
          sql`${risk} DESC`,
          sql`(${versions.scan}->>'score')::float8 DESC`,
          tools.name,
        )
      return rows.flatMap(({ scan, ...row }) => (scan === null ? [] : [{ ...row, scan }]))
    },

    /** Keeps what was said later about a definition, unless it was looked at anew meanwhile. */
    async keep(
      serverId: ServerId,
      told: { name: string; hash: string; scan: DefinitionScan },
    ): Promise<void> {
      await db
        .update(versions)
        .set({ scan: told.scan })
        .where(
          and(
            eq(versions.serverId, serverId),
            eq(versions.name, told.name),
            eq(versions.hash, told.hash),
            sql`${versions.scan}->>'version' = ${told.scan.version}`,
          ),
        )
    },
  }
}
