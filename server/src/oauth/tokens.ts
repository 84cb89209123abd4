import type { JWK } from 'jose'
import type { ConnectionId, UserId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { connectionStore } from './connection-store.ts'
import { loadSigningKeys, type Sealer } from './keep-keys.ts'
import { keepRecords, type Records } from './keep-records.ts'
import { baseOf, resourcePath, scopeOf } from './name-resource.ts'
import { tokenReader } from './read-token.ts'
import { recordStore, signingKeyStore } from './record-store.ts'

/** Whose an access token is and where it counts. */
export type KnownToken = {
  readonly userId: UserId
  readonly connectionId: ConnectionId
  readonly clientId: string
  readonly clientName: string
  readonly audience: string
  readonly endsAt: number
}

/** Access tokens as whoever authenticates sees them. */
export type Tokens = {
  /** undefined for whatever is not a living token of ours. */
  find(text: string): Promise<KnownToken | undefined>
  /** True when a token for this audience counts at this MCP path; never where there is no such path, as on REST. */
  accepts(audience: string, path: string | undefined): boolean
  recordUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void>
  readonly signingKeys: readonly JWK[]
  readonly records: Records
  close(): void
}

const cleanMs = 3_600_000
/** A client that registered and was never connected is forgotten after this long. */
const unusedClientMs = 7 * 24 * 3_600_000

export type TokensParts = {
  db: Db
  bus: Bus
  keyring: Sealer & { derive(label: string): Buffer }
  publicUrl: URL
  now: () => number
  log: Log
}

export async function openTokens(parts: TokensParts): Promise<Tokens> {
  const { db, bus, keyring, now, log } = parts
  const base = baseOf(parts.publicUrl)
  const stored = recordStore(db)
  const connections = connectionStore(db)
  const signingKeys = await loadSigningKeys({ store: signingKeyStore(db), keyring, now })
  const records = keepRecords({
    store: stored,
    keyring,
    hashKey: keyring.derive('oauth-record'),
    now,
    // Whoever caches a caller drops it: the next request with a token of this grant is refused.
    onGrantEnded: () => bus.publish('identity', 'key:oauth-grant'),
  })
  const read = tokenReader(signingKeys, base, now)
  const cleaning = setInterval(() => {
    stored
      .removeExpired(new Date(now()), new Date(now() - unusedClientMs))
      .catch((error: unknown) => log.warn({ err: error }, 'expired authorizations could not be removed'))
  }, cleanMs).unref()
  return {
    async find(text) {
      const claims = await read(text)
      if (claims === undefined || !claims.scopes.includes(scopeOf(claims.audience, base))) return undefined
      const owner = await connections.ownerOfGrant(claims.grant)
      if (owner === undefined || owner.userId !== claims.userId) return undefined
      const { userId, clientId, audience, endsAt } = claims
      const { connectionId, clientName } = owner
      return { userId, connectionId, clientId, clientName, audience, endsAt }
    },
    accepts(audience, path) {
      const own = path === undefined ? undefined : resourcePath(path)
      return own !== undefined && audience === `${base}${own}`
    },
    recordUses: connections.recordUses,
    signingKeys,
    records,
    close: () => clearInterval(cleaning),
  }
}
