import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Keyring } from '../credentials/keyring.ts'
import type { CloseEntry, Journal, OpenEntry } from '../kernel/entry.ts'
import { type EntryId, newId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import { type Chain, type LandingParts, landingParts } from './build-rows.ts'
import { chainStart } from './event.ts'
import { type ExportFile, type ExportFormat, exportEntries } from './export-entries.ts'
import type { FollowedSpool } from './follow-spool.ts'
import { type DemoEntry, importDemo } from './import-demo.ts'
import { openJournal } from './journal.ts'
import { type Lander, startLanding } from './land-events.ts'
import { openLandingThread } from './landing-thread.ts'
import type { LandingKeys, LandingSetup } from './landing-words.ts'
import { type EntryDetail, type EntryPage, openReader, type Query, type Viewer } from './read-entries.ts'
import { readSearchTrail, type SearchTrail } from './read-searches.ts'
import { type FailedAuthentication, sampleFailures } from './record-failures.ts'
import { replaySpool } from './replay-spool.ts'
import { openSpool, type Spool, type SpoolLimits, spoolLimits } from './spool.ts'
import { type AuditStore, auditStore } from './store.ts'

export type { SearchTrail, TrailEvent } from './read-searches.ts'

/** The journal of everything that was called and changed: written before it happens, read afterwards, checkable by a stranger. */
export type Audit = {
  readonly journal: Journal
  /** An entry that begins and ends at once, such as a search. Resolves once it survives a killed process. */
  record(entry: OpenEntry, end: CloseEntry): Promise<EntryId>
  /** At most one entry per second and address, naming how many failed since; never throws, never waits. */
  recordFailedAuthentication(facts: FailedAuthentication): void
  /** Newest first; holds every call whose reply was sent before the question. */
  list(viewer: Viewer, query: Query): Promise<EntryPage>
  /** undefined for unknown ids and for entries the viewer may not see. */
  find(viewer: Viewer, id: string): Promise<EntryDetail | undefined>
  /** At most 10,000 rows; json and jsonl carry what `runlayer audit verify` needs. */
  export(viewer: Viewer, query: Query, format: ExportFormat): Promise<ExportFile>
  /** Successful calls of the last 30 days by server and tool, of one person or of all, for ranking. */
  usageCounts(userId?: UserId): Promise<{ serverId: ServerId; tool: string; calls: number }[]>
  /** What was searched for and run through the Runlayer Plugin since a moment, everybody's, for figures. */
  searchTrail(sinceMs: number): Promise<SearchTrail>
  /** Entries with given times, in a chain of their own, marked as demo. */
  importDemo(entries: readonly DemoEntry[]): Promise<void>
  /** Removes all demo entries; returns how many. */
  removeDemo(): Promise<number>
  /** Verifies heads and exports; raw Ed25519, base64url. */
  readonly publicKey: string
  /** Resolves once everything recorded so far is in the database; rejects when it cannot be stored now. */
  flush(): Promise<void>
  /** Lands what is in the spool and ends. What cannot be landed stays in the spool for the next start. */
  close(): Promise<void>
}

export type AuditOptions = {
  pool: Pick<pg.Pool, 'query'>
  /** How the landing's thread reaches the database of `pool`. Without it events land on this thread, through `pool`. */
  connection?: pg.PoolConfig
  dataDir: string
  keyring: Keyring
  now: () => number
  log: Log
  /** Connectors whose bodies nobody reads (product.md §10.3). */
  isSensitive?: (serverId: string) => boolean
  limits?: Partial<SpoolLimits> & { largeBodyBytes?: number }
}

const beatMs = 15_000
const silentSeconds = 60
const usageMs = 30 * 24 * 3600 * 1000

/** Replays the spool of this folder's earlier processes, marks what they left open as interrupted, and opens the journal. */
export async function openAudit(o: AuditOptions): Promise<Audit> {
  const store = auditStore(o.pool)
  const dir = join(o.dataDir, 'spool')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const place = await readPlace(o.dataDir)
  const writer = newId()
  const chain: Chain = { writer, seq: 0, hash: chainStart(writer) }
  // Copies: a derived key may be a view of memory that holds other things.
  const keys: LandingKeys = {
    heads: Uint8Array.from(o.keyring.derive('audit-heads')),
    bodies: Uint8Array.from(o.keyring.derive('audit-bodies')),
  }
  const large = {
    dir: join(o.dataDir, 'objects', 'audit'),
    maxBytes: o.limits?.largeBodyBytes ?? 10 * 1024 ** 3,
  }
  const { now, log } = o
  const parts = landingParts({ keys, large, now, log })
  await store.addWriter(chain, place)
  await replaySpool({ ...parts, dir, place, store, log: o.log })
  await store.endPlace(place, writer)
  await store.markSilent(writer, silentSeconds)

  const spool = await openSpool({
    dir,
    writer,
    limits: { ...spoolLimits, ...o.limits },
    log: o.log,
    onWritten: () => lander.wake(),
  })
  const lander = await openLander(o, { parts, spool, store, setup: { dir, writer, chain, keys, large } })
  const journal = openJournal(spool, o.now)
  const reader = openReader({
    store,
    parts,
    flush: () => lander.flush(),
    hasOthers: () => store.hasOtherWriters(writer),
    isSensitive: o.isSensitive ?? (() => false),
  })
  const failures = sampleFailures({ record: journal.record, now: o.now, log: o.log })
  const beat = startBeat(store, writer, o.log)
  return {
    journal,
    record: journal.record,
    recordFailedAuthentication: failures.record,
    list: reader.list,
    find: reader.find,
    export: (viewer, query, format) =>
      exportEntries({ reader, store, signer: parts.signer, now: o.now }, { viewer, query, format }),
    usageCounts: async (userId) =>
      (await store.usage(o.now() - usageMs, userId)) as { serverId: ServerId; tool: string; calls: number }[],
    searchTrail: (sinceMs) => readSearchTrail(o.pool, reader, sinceMs),
    importDemo: (entries) => importDemo(parts, { store, place }, entries),
    removeDemo: store.removeDemo,
    publicKey: parts.signer.publicKey,
    flush: () => lander.flush(),
    async close() {
      clearInterval(beat)
      await spool.close()
      await lander.close()
      await store
        .endWriter(writer)
        .catch((error: unknown) =>
          o.log.warn({ err: error }, 'the audit writer could not be ended in the database'),
        )
    },
  }
}

type LanderParts = {
  parts: LandingParts
  spool: Spool
  store: AuditStore
  setup: Omit<LandingSetup, 'connection' | 'counters' | 'firstSegment'>
}

async function openLander({ connection, log }: AuditOptions, of: LanderParts): Promise<Lander> {
  const { parts, spool, store, setup } = of
  if (connection !== undefined)
    return await openLandingThread({ setup: { ...setup, connection }, spool, log })
  const { dir, writer, chain } = setup
  const followed: FollowedSpool = {
    dir,
    writer,
    firstSegment: spool.firstSegment(),
    written: () => spool.written(),
    lastSegment: () => spool.lastSegment(),
    release: (below) => spool.release(below),
  }
  return startLanding({ ...parts, spool: followed, store, chain, log })
}

/** Names this data folder in the database. Whoever copies a folder to a second machine must delete `spool/place`. */
async function readPlace(dataDir: string): Promise<string> {
  const path = join(dataDir, 'spool', 'place')
  const written = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f-]{36}$/.test(written)) return written
  const place = randomUUID()
  await writeFile(path, place, { mode: 0o600 })
  return place
}

/** Says that this process lives, and looks for processes that no longer do. */
function startBeat(store: AuditStore, writer: string, log: Log): NodeJS.Timeout {
  const timer = setInterval(() => {
    store
      .beat(writer)
      .then(() => store.markSilent(writer, silentSeconds))
      .catch((error: unknown) =>
        log.warn({ err: error }, 'the heartbeat of the audit writer could not be stored'),
      )
  }, beatMs)
  timer.unref()
  return timer
}
