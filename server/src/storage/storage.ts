import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Log } from '../lib/log.ts'
import { type EmbeddedEngine, startEngine } from './embedded.ts'
import { type FolderLock, livingHolder, lockFolder } from './folder-lock.ts'
import { openListeners } from './listeners.ts'
import { migrate } from './migrate.ts'
import { openNoticeBus } from './notice-bus.ts'
import { finishRestore, type RestoreReport, restoreInto } from './restore-backup.ts'
import { type Backups, nameAt, scheduleBackups } from './schedule-backups.ts'
import { type BackupReport, takeBackup } from './take-backup.ts'

/** The one way to the database: PostgreSQL by URL, or the embedded engine, both through the same driver. */
export type Db = NodePgDatabase<Record<string, never>>

export type Bus = {
  /** Call after the commit of a change. Local listeners are awaited first, so the change holds from the next request. */
  publish(topic: string, id: string): Promise<void>
  /** `id` '*' means: re-read everything. Returns the unsubscriber. */
  on(topic: string, listener: (id: string) => void | Promise<void>): () => void
  /** undefined while changes are being heard; after 5 s of deafness a promise that re-reads or rejects with busy. */
  ensureFresh(): Promise<void> | undefined
}

export type Storage = {
  readonly kind: 'embedded' | 'postgres'
  readonly db: Db
  readonly pool: pg.Pool
  /** How `pool` connects, as plain data: for another thread that needs a connection of its own. */
  readonly connection: pg.PoolConfig
  readonly bus: Bus
  /** Of the embedded store; PostgreSQL has tools of its own. */
  readonly backups: Backups | undefined
  ready(): Promise<boolean>
  close(): Promise<void>
}

export type StorageOptions = {
  databaseUrl: string | undefined
  dataDir: string
  migrationsDir?: string
  log: Log
  now?: () => number
  /** Of the embedded store; by default one each day, seven kept. `everyMs` 0: only when asked. */
  backups?: { everyMs: number; keep: number }
}

const dailyBackups = { everyMs: 24 * 60 * 60_000, keep: 7 }
const endPoolMs = 10_000
const connectionDefaults = {
  application_name: 'runlayer',
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 30_000,
  keepAlive: true,
}
const idleTransactionMs = 60_000

/** Folder of the product's own migrations. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url))

/**
 * Opens the store, migrates it and starts hearing changes. Throws an Error with a sentence for the operator when the
 * data folder is locked by another process, the database does not answer, or a migration fails.
 */
export function openStorage(o: StorageOptions): Promise<Storage> {
  return o.databaseUrl === undefined ? openEmbedded(o) : openPostgres(o, o.databaseUrl)
}

async function openEmbedded(o: StorageOptions): Promise<Storage> {
  mkdirSync(o.dataDir, { recursive: true, mode: 0o700 })
  let engine: EmbeddedEngine | undefined
  const lock = await lockFolder(o.dataDir, () =>
    engine?.abandon('its lock file was removed, so another process may use its folder'),
  )
  try {
    finishRestore(o.dataDir)
    engine = await startEngine({ dataDir: o.dataDir, log: o.log, idleTransactionMs })
    // One engine session serves all connections, so more of them would only wait on each other.
    const connection = {
      ...connectionDefaults,
      host: engine.host,
      port: 5432,
      user: 'postgres',
      database: 'postgres',
    }
    const pool = openPool({ ...connection, max: 4 }, o.log)
    await migrateWith(pool, o)
    return embeddedStorage({ engine, lock, pool, connection, o })
  } catch (error) {
    await engine?.close().catch(() => undefined)
    await lock.release()
    throw error
  }
}

function embeddedStorage(parts: {
  engine: EmbeddedEngine
  lock: FolderLock
  pool: pg.Pool
  connection: pg.PoolConfig
  o: StorageOptions
}): Storage {
  const listeners = openListeners(parts.o.log)
  const backups = scheduleBackups({
    folder: join(parts.o.dataDir, 'backups'),
    dump: parts.engine.dump,
    ...(parts.o.backups ?? dailyBackups),
    now: parts.o.now ?? Date.now,
    log: parts.o.log,
  })
  const bus: Bus = {
    async publish(topic, id) {
      await listeners.fire(topic, id)
    },
    on: listeners.on,
    ensureFresh: () => undefined,
  }
  return {
    kind: 'embedded',
    db: drizzle(parts.pool),
    pool: parts.pool,
    connection: parts.connection,
    bus,
    backups,
    ready: () => (parts.engine.failure() === undefined ? answers(parts.pool) : Promise.resolve(false)),
    async close() {
      await backups.close()
      await endPool(parts.pool)
      await parts.engine.close()
      await parts.lock.release()
    },
  }
}

/**
 * Keeps other processes out of a data folder whose records are in PostgreSQL: the audit spool in it has one owner. The
 * embedded store locks its folder itself. Throws an Error naming the holder.
 */
export async function lockDataFolder(
  dataDir: string,
  onLost: () => void,
): Promise<{ release(): Promise<void> }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return await lockFolder(dataDir, onLost)
}

/** The pid of the living process that has a data folder open, if any. */
export function holderOf(dataDir: string): number | undefined {
  return livingHolder(dataDir)
}

/**
 * Backs up the embedded database of a folder that no process uses, into `file` or its own backups. Throws an Error for
 * the operator when the folder is in use, holds no database, or the copy does not verify.
 */
export async function backUpFolder(o: {
  dataDir: string
  file: string | undefined
  log: Log
}): Promise<BackupReport> {
  if (!existsSync(join(o.dataDir, 'db'))) throw new Error(`there is no database in ${o.dataDir}`)
  const lock = await lockFolder(o.dataDir, () => undefined)
  try {
    const engine = await startEngine({ dataDir: o.dataDir, log: o.log, idleTransactionMs })
    try {
      mkdirSync(join(o.dataDir, 'backups'), { recursive: true, mode: 0o700 })
      const file = o.file ?? join(o.dataDir, 'backups', nameAt(Date.now()))
      return await takeBackup({ dump: engine.dump, file, now: Date.now })
    } finally {
      await engine.close()
    }
  } finally {
    await lock.release()
  }
}

/** Replaces the embedded database of a folder that no process uses; what was there is kept aside. */
export function restoreBackup(o: { file: string; dataDir: string }): Promise<RestoreReport> {
  return restoreInto({ ...o, now: Date.now })
}

async function openPostgres(o: StorageOptions, databaseUrl: string): Promise<Storage> {
  const connection = {
    ...connectionDefaults,
    connectionString: databaseUrl,
    statement_timeout: 30_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 60_000,
  }
  const pool = openPool({ ...connection, max: 20 }, o.log)
  try {
    await migrateWith(pool, o)
    const bus = await openNoticeBus({
      connectionString: databaseUrl,
      pool,
      log: o.log,
      now: o.now ?? Date.now,
    })
    return {
      kind: 'postgres',
      db: drizzle(pool),
      pool,
      connection,
      bus,
      backups: undefined,
      ready: () => answers(pool),
      async close() {
        await bus.close()
        await endPool(pool)
      },
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}

function openPool(config: pg.PoolConfig, log: Log): pg.Pool {
  pg.types.setTypeParser(pg.types.builtins.INT8, parseInt8)
  const pool = new pg.Pool(config)
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'))
  return pool
}

/** bigint as number on both stores. A value beyond 2^53 would be read wrong, so it is an error instead. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`bigint ${text} is not a safe number`)
  return value
}

async function migrateWith(pool: pg.Pool, o: StorageOptions): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
    await migrate(client, o.migrationsDir ?? migrationsFolder, o.log)
  } finally {
    client.release(true)
  }
}

/** Waits for running queries, but not for a connection that somebody never gave back. */
async function endPool(pool: pg.Pool): Promise<void> {
  await Promise.race([pool.end(), delay(endPoolMs, undefined, { ref: false })])
}

async function answers(pool: pg.Pool): Promise<boolean> {
  try {
    await pool.query('SELECT 1')
    return true
  } catch {
    return false
  }
}
