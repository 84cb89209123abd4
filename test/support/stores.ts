import { createHash, randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, describe, inject } from 'vitest'
import type { Log } from '../../server/src/lib/log.ts'
import { openListeners } from '../../server/src/storage/listeners.ts'
import { readMigrations } from '../../server/src/storage/migrate.ts'
import { migrationsFolder, openStorage, type Storage } from '../../server/src/storage/storage.ts'
import { type Baseline, resetTo, takeBaseline } from './reset-tables.ts'

export type StoreKind = Storage['kind']

export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** A store on its own database, and the folder it may use. `dispose` closes it and removes both. */
export type TestStorage = {
  storage: Storage
  dataDir: string
  databaseUrl: string | undefined
  dispose(): Promise<void>
}

/** URL of the running PostgreSQL's maintenance database; throws with the reason where there is none. */
export function postgresUrl(): string {
  const postgres = inject('postgres')
  if ('missing' in postgres) throw new Error(postgres.missing)
  return postgres.url
}

/** Why tests on PostgreSQL cannot run here, or undefined. */
export function postgresMissing(): string | undefined {
  const postgres = inject('postgres')
  return 'missing' in postgres ? postgres.missing : undefined
}

/**
 * Runs a block of tests once per kind of store. `open()` gives a fresh migrated database, taken back after the test.
 * Without PostgreSQL its half is skipped and its title says why. Starting an embedded engine takes about a second, so
 * the tests of a block share one whose tables are emptied in between; what a test started it must therefore end.
 */
export function eachStore(block: (open: () => Promise<Storage>, kind: StoreKind) => void): void {
  const suite = (kind: StoreKind) => () => {
    const stores = kind === 'embedded' ? sharedStores() : ownStores(kind)
    afterEach(stores.takeBack)
    afterAll(stores.end)
    block(stores.open, kind)
  }
  describe('embedded', suite('embedded'))
  const missing = postgresMissing()
  if (missing === undefined) describe('postgres', suite('postgres'))
  else describe.skip(`postgres (skipped: ${missing})`, suite('postgres'))
}

type Stores = { open(): Promise<Storage>; takeBack(): Promise<void>; end(): Promise<void> }

function ownStores(kind: StoreKind): Stores {
  const opened: TestStorage[] = []
  const takeBack = async () => {
    for (const one of opened.splice(0)) await one.dispose()
  }
  return {
    async open() {
      const one = await openTestStorage(kind)
      opened.push(one)
      return one.storage
    },
    takeBack,
    end: takeBack,
  }
}

function sharedStores(): Stores {
  const own = ownStores('embedded')
  let shared: { test: TestStorage; baseline: Baseline } | undefined
  let isTaken = false

  const drop = async () => {
    await shared?.test.dispose()
    shared = undefined
  }
  return {
    async open() {
      if (isTaken) return own.open()
      isTaken = true
      if (shared === undefined) {
        const test = await openTestStorage('embedded')
        shared = { test, baseline: await takeBaseline(test.storage.pool) }
      }
      const listeners = openListeners(quietLog)
      const bus: Storage['bus'] = {
        on: listeners.on,
        ensureFresh: () => undefined,
        async publish(topic, id) {
          await listeners.fire(topic, id)
        },
      }
      return { ...shared.test.storage, bus, close: async () => undefined }
    },
    async takeBack() {
      await own.takeBack()
      isTaken = false
      if (shared !== undefined && !(await resetTo(shared.baseline, shared.test.storage.pool))) await drop()
    },
    async end() {
      await own.end()
      await drop()
    },
  }
}

/** A fresh migrated store for tests that need one outside eachStore; the caller disposes it. */
export async function openTestStorage(kind: StoreKind, log: Log = quietLog): Promise<TestStorage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'runlayer-test-'))
  const databaseUrl = kind === 'postgres' ? await freshDatabase() : undefined
  if (databaseUrl === undefined) await copyTemplate(dataDir)
  const storage = await openStorage({ databaseUrl, dataDir, log })
  return {
    storage,
    dataDir,
    databaseUrl,
    async dispose() {
      await storage.close()
      if (databaseUrl !== undefined)
        await withMaintenance((client) => client.query(`DROP DATABASE ${nameOf(databaseUrl)} WITH (FORCE)`))
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A new database on the test server, migrated; the URL of it. */
export async function freshDatabase(): Promise<string> {
  const template = `template_${await migrationsHash()}`
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await withMaintenance(async (client) => {
    await client.query('SELECT pg_advisory_lock(42)')
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])
      if (rowCount === 0) await makeTemplate(client, template)
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    } finally {
      await client.query('SELECT pg_advisory_unlock(42)')
    }
  })
  return urlOf(name)
}

async function makeTemplate(client: pg.Client, template: string): Promise<void> {
  const draft = `${template}_draft`
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${draft}`)
  const storage = await openStorage({ databaseUrl: urlOf(draft), dataDir: tmpdir(), log: quietLog })
  await storage.close()
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`)
}

function urlOf(database: string): string {
  const url = new URL(postgresUrl())
  url.pathname = `/${database}`
  return url.href
}

const nameOf = (databaseUrl: string) => new URL(databaseUrl).pathname.slice(1)

async function withMaintenance<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgresUrl() })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const dayMs = 24 * 60 * 60_000
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/runlayer-stores/', import.meta.url))

/** Creating an embedded database takes seconds, so one per set of migrations is kept and copied. */
export async function copyTemplate(dataDir: string): Promise<void> {
  const template = join(cacheFolder, await migrationsHash())
  if (!existsSync(template)) {
    mkdirSync(cacheFolder, { recursive: true })
    removeOld(cacheFolder)
    const draft = mkdtempSync(join(dirname(template), 'draft-'))
    const storage = await openStorage({ databaseUrl: undefined, dataDir: draft, log: quietLog })
    await storage.close()
    try {
      renameSync(draft, template)
    } catch {
      // Another test file made the same template first.
      rmSync(draft, { recursive: true, force: true })
    }
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  cpSync(join(template, 'db'), join(dataDir, 'db'), { recursive: true })
}

/** Templates of migrations that have changed since, and drafts of runs that were killed. */
function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs !== undefined && Date.now() - mtimeMs > dayMs) rmSync(path, { recursive: true, force: true })
  }
}

/** Changes with the migrations and with the engine's version. */
async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256')
  hash.update(readFileSync(new URL('../../server/package.json', import.meta.url)))
  for (const { name, sha256 } of await readMigrations(migrationsFolder)) hash.update(`${name}${sha256}`)
  return hash.digest('hex').slice(0, 16)
}
