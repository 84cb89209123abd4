/** Secrets for upstreams: sealed at rest, opened only to be attached to one call. */
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { checkValues, fill, markOf, missingOf } from './fill-credential.ts'
import type { Keyring } from './keyring.ts'
import { renewRefused } from './renew-refused.ts'
import { type References, referenceResolver } from './resolve-references.ts'
import { openVault } from './seal-secrets.ts'
import type { SecretStores } from './secret-stores.ts'
import { credentialStore, type Writer } from './store.ts'

/** What a connector itself carries, in clear or as a reference: alive only while a change or a call needs it. */
export type Secrets = {
  readonly token: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

export type Connection = {
  readonly state: 'connected' | 'needs_values' | 'not_needed' | 'needs_sign_in' | 'ended'
  readonly missing: readonly string[]
  /** Of a connector whose upstream people sign in to. */
  readonly signIn?: SignInState
}

/** How a sign-in at an upstream stands. Times are ISO 8601; `reason` says why it ended. */
export type SignInState = {
  readonly shared: boolean
  readonly reason: string | undefined
  readonly issuer: string | undefined
  readonly scope: string | undefined
  readonly connectedAt: string | undefined
  readonly refreshedAt: string | undefined
  readonly expiresAt: string | undefined
}

export type Credentials = {
  /** Sync when cached. Throws needs-connection when this person's values are missing, naming them. */
  attach(connector: Connector, userId: UserId | undefined): Credential | Promise<Credential>
  /** Whether this person has to connect first; asks nobody outside. */
  lacks(connector: Connector, userId: UserId): Promise<boolean>
  /** Whether what a call was refused for is still to be done: connecting, or granting more than before. */
  awaits(connector: Connector, userId: UserId): Promise<boolean>
  /** For the change of a connector only. */
  read(serverId: ServerId): Promise<Secrets>
  /** The secret of a connector's OAuth client, read where it is kept. */
  clientSecret(serverId: ServerId): Promise<string | undefined>
  /** Of a secret kept elsewhere: what is wrong with its reference, in words. */
  checkReference(reference: string): string | undefined
  /** Upstreams that read a refused secret anew where it is kept. */
  guard<U extends Pick<Upstreams, 'call' | 'facts' | 'watch'>>(upstreams: U): U
  /** Writes within the caller's transaction; publishing the connector's change is the caller's. */
  write(writer: Writer, serverId: ServerId, secrets: Secrets): Promise<void>
  connection(connector: Connector, userId: UserId): Promise<Connection>
  /** Replaces this person's values; throws invalid-field naming each value that cannot be used. */
  connect(connector: Connector, userId: UserId, values: Readonly<Record<string, string>>): Promise<Connection>
  disconnect(connector: Connector, userId: UserId): Promise<Connection>
  /** Forgets a person's values at every connector; answers at how many. */
  endPerson(userId: UserId): Promise<number>
  close(): void
}

export type CredentialsParts = {
  db: Db
  bus: Bus
  keyring: Keyring
  /** Where connectors may keep their secrets instead of here. */
  stores: SecretStores
  /** Where a person connects: named in the refusal that asks for it. */
  connectUrl(connector: Connector): string
  now: () => number
}

const maxCached = 10_000
/** Invalidation comes by notice; this is the net below it. */
const maxAgeMs = 5 * 60_000

/** `revision` is the connector's: an entry made from older settings is never used. */
type Cached = {
  readonly credential: Credential | undefined
  readonly missing: readonly string[]
  readonly revision: number
  readonly until: number
}

function lacking({ attach, connection }: Pick<Credentials, 'attach' | 'connection'>): Credentials['lacks'] {
  return async (connector, userId) => {
    if (connector.personalValues.length === 0) return false
    // Attaching would ask the secret store.
    if (referencesOf(connector).length > 0) return (await connection(connector, userId)).missing.length > 0
    return await refuses(() => attach(connector, userId))
  }
}

export function openCredentials(parts: CredentialsParts): Credentials {
  const store = credentialStore(parts.db)
  const vault = openVault(parts)
  const references = referenceResolver(parts)
  const read = credentialReader(parts, vault, references)
  const cache = new BoundedCache<Cached>(maxCached)
  let epoch = 0

  // A change of a connector or of anybody's values is rare: emptying the whole cache keeps this obviously right.
  const forget = () => {
    epoch += 1
    cache.clear()
  }
  const offs = [parts.bus.on('credentials', forget), parts.bus.on('connectors', forget)]

  const load = async (connector: Connector, userId: UserId | undefined, key: string): Promise<Credential> => {
    const started = epoch
    const { credential, missing, until } = await read(connector, userId)
    // What was read before a change arrived must not outlive it.
    if (started === epoch) {
      cache.set(key, { credential, missing, revision: connector.revision, until })
    }
    return credential ?? refuse(parts, connector, missing)
  }
  const changed = async (connector: Connector) => {
    await parts.bus.publish('credentials', connector.id)
  }
  const connection = async (connector: Connector, userId: UserId): Promise<Connection> => {
    if (connector.personalValues.length === 0) return { state: 'not_needed', missing: [] }
    const missing = missingOf(connector, (await vault.values(connector.id, userId))?.values)
    return { state: missing.length === 0 ? 'connected' : 'needs_values', missing }
  }

  const attach: Credentials['attach'] = (connector, userId) => {
    const key = connector.personalValues.length === 0 ? connector.id : `${connector.id}:${userId ?? ''}`
    const cached = cache.get(key)
    if (cached === undefined || cached.revision !== connector.revision || cached.until < parts.now()) {
      return load(connector, userId, key)
    }
    return cached.credential ?? refuse(parts, connector, cached.missing)
  }

  const lacks = lacking({ attach, connection })
  return {
    attach,
    read: vault.secrets,
    clientSecret: async (id) => references.text((await vault.secrets(id)).token),
    checkReference: parts.stores.check,
    guard: (upstreams) =>
      renewRefused(upstreams, {
        attach,
        now: parts.now,
        forget(connector) {
          references.forget(referencesOf(connector))
          forget()
        },
      }),
    write: (writer, serverId, secrets) => store.writeSecrets(writer, serverId, vault.seal(serverId, secrets)),
    lacks,
    awaits: lacks,
    connection,
    async connect(connector, userId, values) {
      checkValues(connector, values)
      await vault.writeValues(connector.id, userId, values)
      await changed(connector)
      return connection(connector, userId)
    },
    async disconnect(connector, userId) {
      await store.removeValues(connector.id, userId)
      await changed(connector)
      return connection(connector, userId)
    },
    endPerson: (userId) => endPerson(store, parts.bus, userId),
    close: () => {
      for (const off of offs) off()
      cache.clear()
      void parts.stores.close()
    },
  }
}

async function endPerson(
  store: ReturnType<typeof credentialStore>,
  bus: Bus,
  userId: UserId,
): Promise<number> {
  const gone = await store.removeValuesOf(userId)
  for (const id of gone) await bus.publish('credentials', id)
  return gone.length
}

/** Reads what one call needs: a person's values first, so that nobody is asked outside for a call that cannot be. */
function credentialReader(
  parts: CredentialsParts,
  vault: ReturnType<typeof openVault>,
  references: References,
) {
  const markKey = parts.keyring.derive('secret-references')
  return async (connector: Connector, userId: UserId | undefined): Promise<Omit<Cached, 'revision'>> => {
    const [sealed, person] = await Promise.all([
      vault.secrets(connector.id),
      userId === undefined || connector.personalValues.length === 0
        ? undefined
        : vault.values(connector.id, userId),
    ])
    const missing = missingOf(connector, person?.values)
    const until = parts.now() + maxAgeMs
    if (missing.length > 0) return { credential: undefined, missing, until }
    const resolved = await references.resolve(sealed)
    const mark = resolved.until === undefined ? '' : markOf(markKey, resolved.secrets)
    const credential = fill(connector, resolved.secrets, { userId, person, mark })
    return { credential, missing, until: Math.min(resolved.until ?? until, until) }
  }
}

function refuse(parts: CredentialsParts, connector: Connector, missing: readonly string[]): never {
  throw new GatewayError(
    'needs-connection',
    `${connector.name} needs your own values: ${missing.join(', ')}.`,
    {
      data: { missing, url: parts.connectUrl(connector), server_id: connector.id },
      connector: connector.name,
    },
  )
}

function referencesOf({ secretRefs = {} }: Connector): string[] {
  return Object.values(secretRefs)
}

async function refuses(run: () => Credential | Promise<Credential>): Promise<boolean> {
  try {
    await run()
    return false
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.reason === 'needs-connection') return true
    throw thrown
  }
}
