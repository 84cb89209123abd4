import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import type { LandingParts } from './build-rows.ts'
import type { BodyColumns, EntryFilter, EntryRow, EqualColumn } from './entry-row.ts'
import { type Bodies, bodyNames, type ScanFields, type ScanWhy } from './event.ts'
import type { BodyPart } from './large-bodies.ts'
import type { AuditStore } from './store.ts'

/** Who reads, and how far that person may see. */
export type Viewer = {
  readonly userId: string
  /** Everybody's entries, not only their own. */
  readonly everybody: boolean
  /** Arguments, results and errors of others' entries too. */
  readonly bodies: boolean
}

export type Query = {
  equal: Partial<Record<EqualColumn, string>>
  fromMs?: number | undefined
  toMs?: number | undefined
  limit: number
  cursor?: string | undefined
}

/** An audit row as it is shown (contract.md §4). */
export type EntryView = {
  id: string
  time: string
  action: string
  outcome: 'success' | 'failure' | 'denied' | 'pending' | 'interrupted'
  actor: { type: string; id: string; email?: string; proof?: { kind: string; id: string } }
  server_id?: string
  tool?: string
  plugin_id?: string
  resource_type?: string
  resource_id?: string
  client_name?: string
  client_version?: string
  correlation_id: string
  request_id: string
  duration_ms?: number
  reason?: string
  via?: string
  meta?: string
  ip?: string
  demo?: true
}
export type Scan = { scanner: string; score: number; duration_ms: number; action: string } & {
  [why in ScanWhy]?: string
}
export type EntryDetail = EntryView & {
  rules?: string[]
  scans?: Scan[]
  arguments?: Json
  result?: Json
  error?: Json
  before?: Json
  after?: Json
  /** Bodies exist that this reader may not see. */
  redacted?: true
}
export type EntryPage = { rows: EntryView[]; nextCursor: string | null }

/** What another process answered just now may take this long to land there (land-events.ts). */
const othersLandMs = 200

export type Reader = ReturnType<typeof openReader>

export function openReader(o: {
  store: AuditStore
  parts: Pick<LandingParts, 'seal' | 'large'>
  flush(): Promise<void>
  /** Whether other processes write into the same database. */
  hasOthers(): Promise<boolean>
  isSensitive: (serverId: string) => boolean
}) {
  const land = async () => {
    try {
      await o.flush()
      if (await o.hasOthers()) await sleep(othersLandMs)
    } catch (cause) {
      throw new GatewayError(
        'busy',
        'The newest audit entries cannot be read now because the database does not answer.',
        { cause },
      )
    }
  }
  const mayReadBodies = (viewer: Viewer, row: EntryRow) =>
    (viewer.bodies || row.actor_id === viewer.userId) &&
    !(row.server_id !== null && o.isSensitive(row.server_id))

  const sealedPart = async (row: EntryRow, part: BodyPart, column: string | null | undefined) => {
    if (typeof column === 'string') return Buffer.from(column, 'base64')
    return hasBodies(row) ? o.parts.large.get(row.id, part) : undefined
  }
  const openBodies = async (row: EntryRow, columns: BodyColumns | undefined): Promise<Bodies> => {
    const opened = await sealedPart(row, 'open', columns?.open_bodies)
    const closed = await sealedPart(row, 'close', columns?.close_bodies)
    const bodies: Bodies = {}
    for (const sealed of [opened, closed]) {
      if (sealed === undefined) continue
      o.parts.seal
        .open(sealed, row.id)
        .split('\0')
        .forEach((body, at) => {
          const name = bodyNames[at]
          if (name !== undefined && body !== '') bodies[name] = body
        })
    }
    return bodies
  }

  const reader = {
    land,
    async rows(viewer: Viewer, query: Query): Promise<EntryRow[]> {
      await land()
      return o.store.list(filterOf(viewer, query))
    },
    /** The stored bodies of rows, as text, for those the viewer may see. */
    async bodiesOf(viewer: Viewer, rows: readonly EntryRow[]): Promise<Map<string, Bodies>> {
      const readable = rows.filter((row) => hasBodies(row) && mayReadBodies(viewer, row))
      const columns = await o.store.bodies(readable.map(({ id }) => id))
      const found = new Map<string, Bodies>()
      for (const row of readable) found.set(row.id, await openBodies(row, columns.get(row.id)))
      return found
    },
    async list(viewer: Viewer, query: Query): Promise<EntryPage> {
      const rows = await reader.rows(viewer, { ...query, limit: query.limit + 1 })
      const shown = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? shown.at(-1) : undefined
      return {
        rows: shown.map(viewOf),
        nextCursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
      }
    },
    async find(viewer: Viewer, id: string): Promise<EntryDetail | undefined> {
      if (!isUuid(id)) return undefined
      await land()
      const row = await o.store.find(id)
      if (row === undefined || !(viewer.everybody || row.actor_id === viewer.userId)) return undefined
      const bodies = (await reader.bodiesOf(viewer, [row])).get(row.id)
      return {
        ...detailOf(row),
        ...parsedBodies(bodies ?? {}),
        ...(hasBodies(row) && bodies === undefined ? { redacted: true } : {}),
      }
    },
  }
  return reader
}

export function hasBodies(row: EntryRow): boolean {
  return row.open_hashes !== null || row.close_hashes !== null
}

export function parsedBodies(bodies: Bodies): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(bodies).map(([name, text]) => [name, parsedBody(text)]))
}

/** A body that is no JSON after all is shown as the words it is. */
export function parsedBody(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

export function viewOf(row: EntryRow): EntryView {
  const [, kind, id] = /^([^:]*):(.*)$/.exec(row.proof ?? '') ?? []
  return {
    id: row.id,
    time: row.time.toISOString(),
    action: row.action,
    outcome: row.outcome as EntryView['outcome'],
    actor: {
      type: row.actor_type,
      id: row.actor_id,
      ...(row.actor_email === null ? {} : { email: row.actor_email }),
      ...(kind === undefined || id === undefined ? {} : { proof: { kind, id } }),
    },
    ...present(row, [
      'server_id',
      'tool',
      'plugin_id',
      'resource_type',
      'resource_id',
      'client_name',
      'client_version',
    ]),
    correlation_id: row.correlation_id,
    request_id: row.request_id,
    ...(row.closed_at === null ? {} : { duration_ms: row.closed_at.getTime() - row.time.getTime() }),
    ...present(row, ['reason', 'via', 'meta', 'ip']),
    ...(row.demo ? { demo: true as const } : {}),
  }
}

export function detailOf(row: EntryRow): EntryDetail {
  const scans = row.scans === null ? null : (JSON.parse(row.scans) as ScanFields[])
  return {
    ...viewOf(row),
    ...(row.rules === null ? {} : { rules: JSON.parse(row.rules) as string[] }),
    ...(scans === null
      ? {}
      : {
          scans: scans.map(([scanner, score, duration_ms, action, ...why]) => ({
            scanner,
            score,
            duration_ms,
            action,
            ...Object.fromEntries(why),
          })),
        }),
  }
}

function present<Name extends keyof EntryRow>(
  row: EntryRow,
  names: readonly Name[],
): { [K in Name]?: string } {
  const found: { [K in Name]?: string } = {}
  for (const name of names) {
    const value = row[name]
    if (typeof value === 'string') found[name] = value
  }
  return found
}

function filterOf(viewer: Viewer, query: Query): EntryFilter {
  return {
    equal: query.equal,
    onlyActor: viewer.everybody ? undefined : viewer.userId,
    fromMs: query.fromMs,
    toMs: query.toMs,
    beforeId: query.cursor === undefined ? undefined : idOfCursor(query.cursor),
    limit: query.limit,
  }
}

function idOfCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('latin1')
  if (isUuid(id)) return id
  throw new GatewayError('invalid-field', 'The cursor is not one that a list gave.', {
    errors: [{ loc: 'query.cursor', rule: 'cursor', msg: 'must be a next_cursor of an earlier answer' }],
  })
}
