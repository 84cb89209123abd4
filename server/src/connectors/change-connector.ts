import type { Caller } from '../kernel/caller.ts'
import type { Connector, Health, PinnedPackage } from '../kernel/connector.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import { referenceIn } from '../kernel/secret-ref.ts'
import type { Log } from '../lib/log.ts'
import { placeholdersIn } from '../lib/placeholders.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { checkSettings, type HostRules } from './check-settings.ts'
import type { Connectors } from './connectors.ts'
import { makeSlug } from './make-slug.ts'
import {
  changedSettings,
  hidden,
  newSettings,
  referencesOf,
  type Secrets,
  type Settings,
  type SettingsInput,
} from './settings.ts'
import { type ConnectorRecord, connectorStore, type Transaction } from './store.ts'

/** Every connector is in the memory of every process. */
const maxConnectors = 1_000
const maxSlugAttempts = 1_000

export type ChangeParts = {
  db: Db
  bus: Bus
  connectors: Connectors
  secrets: {
    read(id: ServerId): Promise<Secrets>
    write(tx: Transaction, id: ServerId, secrets: Secrets): Promise<void>
  }
  host: HostRules & {
    /** Resolves and installs the npm package of a hosted connector, or gives back what is pinned already. */
    pinPackage(connector: Connector): Promise<PinnedPackage>
  }
  /** Learns the tools of a connector that became active, with this person's credential where each has their own. */
  activate(connector: Connector, caller: Caller | undefined): Promise<Health>
  /** Removes what hangs on a deleted connector: rules, tools, sessions, processes. */
  onDeleted(id: ServerId): Promise<void>
  now: () => number
  log: Log
}

export type ConnectorChanges = {
  /** Stored whole or not at all; an active connector has learned its tools, or says in `health` why not. */
  create(
    input: SettingsInput & Pick<Settings, 'name' | 'transport'>,
    by: { caller: Caller | undefined; demo?: boolean },
  ): Promise<ConnectorRecord>
  /** `expected` is the revision the change was made from; without it the last writer wins. */
  update(
    id: ServerId,
    input: SettingsInput,
    by: { caller: Caller | undefined; expected?: number | undefined },
  ): Promise<ConnectorRecord>
  remove(id: ServerId): Promise<void>
  /** Pins this package version and learns the tools again. */
  repin(id: ServerId, pinned: PinnedPackage, caller: Caller | undefined): Promise<ConnectorRecord>
}

export function buildConnectorChanges(parts: ChangeParts): ConnectorChanges {
  const store = connectorStore(parts.db)
  return {
    create: (input, by) => create(parts, input, by),
    update: (id, input, by) => update(parts, id, input, by),
    async remove(id) {
      if (!(await store.remove(id))) throw unknown()
      await parts.bus.publish('connectors', id)
      await parts.onDeleted(id)
    },
    async repin(id, pinned, caller) {
      const before = current(parts, id)
      if (!(await store.setPinned(id, pinned, before.revision))) throw outdated()
      await parts.bus.publish('connectors', id)
      if (before.status === 'active') await activate(parts, id, caller)
      return current(parts, id)
    },
  }
}

async function create(
  parts: ChangeParts,
  ...[input, by]: Parameters<ConnectorChanges['create']>
): Promise<ConnectorRecord> {
  const settings = newSettings(input)
  await check(parts, settings)
  if (parts.connectors.list().length >= maxConnectors) {
    throw new GatewayError(
      'conflict',
      `This installation holds its maximum of ${maxConnectors} connectors; delete one first.`,
    )
  }
  const time = new Date(parts.now()).toISOString()
  const record: ConnectorRecord = {
    id: newId<'server'>(parts.now()),
    slug: '',
    ...shown(settings),
    pinned: undefined,
    health: { state: 'unknown' },
    demo: by.demo ?? false,
    createdBy: by.caller?.id,
    createdAt: time,
    updatedAt: time,
    revision: 1,
  }
  await insertWithSlug(parts, record, secretsOf(settings))
  await parts.bus.publish('connectors', record.id)
  if (record.status === 'active') await activate(parts, record.id, by.caller)
  return current(parts, record.id)
}

async function update(
  parts: ChangeParts,
  ...[id, input, by]: Parameters<ConnectorChanges['update']>
): Promise<ConnectorRecord> {
  const before = current(parts, id)
  if (by.expected !== undefined && by.expected !== before.revision) throw outdated()
  const settings = changedSettings(before, await parts.secrets.read(id), input)
  await check(parts, settings)
  const samePackage = before.command === settings.command && before.args[1] === settings.args[1]
  const record: ConnectorRecord = {
    ...before,
    ...shown(settings),
    pinned: samePackage ? before.pinned : undefined,
    updatedAt: new Date(parts.now()).toISOString(),
    revision: before.revision + 1,
  }
  const stored = await connectorStore(parts.db).update(record, before.revision, (tx) =>
    parts.secrets.write(tx, id, secretsOf(settings)),
  )
  if (!stored) throw outdated()
  await parts.bus.publish('connectors', id)
  if (record.status === 'active' && needsActivation(before, input)) await activate(parts, id, by.caller)
  return current(parts, id)
}

async function check(parts: ChangeParts, settings: Settings): Promise<void> {
  const errors = await checkSettings(settings, parts.host)
  if (errors.length > 0) throw invalid(errors)
}

function current(parts: ChangeParts, id: ServerId): ConnectorRecord {
  const record = parts.connectors.find(id)
  if (record === undefined) throw unknown()
  return record
}

async function insertWithSlug(parts: ChangeParts, record: ConnectorRecord, secrets: Secrets): Promise<void> {
  const store = connectorStore(parts.db)
  const taken = new Set(parts.connectors.list().map(({ slug }) => slug))
  for (let attempt = 1; attempt <= maxSlugAttempts; attempt += 1) {
    const slug = makeSlug(record.name, attempt)
    // Another process may have taken a slug we have not heard of: the unique index has the last word.
    if (taken.has(slug)) continue
    if (await store.insert({ ...record, slug }, (tx) => parts.secrets.write(tx, record.id, secrets))) return
  }
  throw new GatewayError('conflict', 'Too many connectors share this name; choose another.')
}

/** Never throws: whatever goes wrong becomes the connector's health, in words an admin can act on. */
async function activate(parts: ChangeParts, id: ServerId, caller: Caller | undefined): Promise<void> {
  const health = await learn(parts, id, caller).catch((error: unknown): Health => {
    if (error instanceof GatewayError) {
      return {
        state: error.reason === 'needs-connection' ? 'needs_connection' : 'failing',
        message: error.message,
      }
    }
    parts.log.error({ err: error, server_id: id }, 'a connector could not be activated')
    return {
      state: 'failing',
      message: 'The connector could not be activated; the server log has the reason.',
    }
  })
  await parts.connectors.setHealth(id, { checkedAt: new Date(parts.now()).toISOString(), ...health })
}

async function learn(parts: ChangeParts, id: ServerId, caller: Caller | undefined): Promise<Health> {
  const connector = parts.connectors.find(id)
  if (connector === undefined) throw unknown()
  if (connector.kind === 'local')
    return { state: 'unknown', message: 'Runs on the machines of the people who use it.' }
  if (connector.command === 'npx') {
    const pinned = await parts.host.pinPackage(connector)
    if (pinned.folder !== connector.pinned?.folder) {
      const stored = await connectorStore(parts.db).setPinned(id, pinned, connector.revision)
      if (!stored)
        throw new GatewayError('conflict', 'The connector was changed while its package was installed.')
      await parts.bus.publish('connectors', id)
    }
  }
  return parts.activate(parts.connectors.find(id) ?? connector, caller)
}

/** What decides how the upstream is reached. A new name or description needs no new look at it. */
function needsActivation(before: ConnectorRecord, input: SettingsInput): boolean {
  if (before.status !== 'active') return true
  const { name, description, toolOutputOffloading, sensitive, toolReview, skipInputValidation, ...reach } =
    input
  return Object.values(reach).some((value) => value !== undefined)
}

type Shown = Omit<
  ConnectorRecord,
  'id' | 'slug' | 'pinned' | 'health' | 'demo' | 'createdBy' | 'createdAt' | 'updatedAt' | 'revision'
>

/** The part of settings that anybody may read: secrets become `[hidden]`, templates stay. */
function shown(settings: Settings): Shown {
  const { auth, identityForward, ...plain } = settings
  const templates = [...Object.values(settings.headers), ...Object.values(settings.env), auth.token ?? '']
  const own = templates.filter((text) => referenceIn(text) === undefined)
  return {
    ...plain,
    headers: hideValues(settings.headers),
    env: hideValues(settings.env),
    auth: auth.type === 'oauth' ? { type: auth.type, ...auth.oauth } : { type: auth.type },
    personalValues: [...new Set(own.flatMap(placeholdersIn))].sort(),
    secretRefs: referencesOf(settings),
  }
}

function hideValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      referenceIn(value) === undefined && placeholdersIn(value).length > 0 ? value : hidden,
    ]),
  )
}

function secretsOf(settings: Settings): Secrets {
  return {
    token: tokenOf(settings.auth),
    headers: settings.headers,
    env: settings.env,
  }
}

/** One sealed text serves both: a connector has a bearer token or an OAuth client's secret, never both. */
function tokenOf(auth: Settings['auth']): string | undefined {
  if (auth.type === 'bearer') return auth.token
  return auth.type === 'oauth' ? auth.clientSecret : undefined
}

function invalid(errors: readonly FieldError[]): GatewayError {
  const fields = errors.map(({ loc }) => loc).join(', ')
  return new GatewayError('invalid-field', `Not valid: ${fields}.`, { errors })
}

function unknown(): GatewayError {
  return new GatewayError('not-found', 'There is no connector with this id.')
}

function outdated(): GatewayError {
  return new GatewayError(
    'conflict',
    'The connector was changed by somebody else meanwhile; read it again and repeat the change.',
  )
}
