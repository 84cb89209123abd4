import { createHmac, randomBytes } from 'node:crypto'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, newId, type UserId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import { type Attempts, limitAttempts } from '../lib/limit-attempts.ts'
import { ScimRefusal } from './scim-error.ts'
import type { TokenId } from './tables-store.ts'
import type { TokenRow, TokenStore } from './token-store.ts'

const prefix = 'rl_scim_'
const shape = /^rl_scim_[A-Za-z0-9_-]{43}$/
/** One for each directory, and one more of each while it is replaced. */
const most = 20
/** Wrong tokens that are looked up for one address: a guess never succeeds, but each asks the database. */
const wrongPerAddress = { burst: 1000, refillMs: 1000 }

export type ProvisioningToken = Omit<TokenRow, 'hash'>

/** Tokens a directory signs in with. They are looked up with every request, so a revoked one is refused at once everywhere. */
export type ProvisioningTokens = {
  list(): Promise<ProvisioningToken[]>
  /** Throws conflict when there are as many as there may be. */
  create(name: string, by: UserId): Promise<{ token: ProvisioningToken; secret: string }>
  /** Throws not-found. */
  revoke(id: string): Promise<ProvisioningToken>
  /** Throws ScimRefusal of status 401, always in the same words. */
  authenticate(
    authorization: string | undefined,
    from: { ip: string; requestId: string },
  ): Promise<ProvisioningToken>
}

export type TokenParts = {
  store: TokenStore
  hashKey: Buffer
  onFailed(facts: { ip: string; reason: string; requestId: string }): void
  now: () => number
}

export function keepTokens(parts: TokenParts): ProvisioningTokens {
  const { store, hashKey, now } = parts
  const hashOf = (secret: string) => createHmac('sha256', hashKey).update(secret).digest('base64url')
  return {
    list: async () => (await store.list(most)).map(withoutHash),
    async create(name, by) {
      if ((await store.count()) >= most)
        throw new GatewayError('conflict', `There are ${most} provisioning tokens already. Revoke one first.`)
      const secret = `${prefix}${randomBytes(32).toString('base64url')}`
      const row = {
        id: newId<'provisioning_token'>(now()) as TokenId,
        name,
        hash: hashOf(secret),
        prefix: secret.slice(0, prefix.length + 6),
        createdBy: by,
        createdAt: new Date(now()),
      }
      await store.insert(row)
      return { token: withoutHash({ ...unused, ...row }), secret }
    },
    async revoke(id) {
      const row = isUuid(id) ? await store.remove(id as TokenId) : undefined
      if (row === undefined)
        throw new GatewayError('not-found', 'There is no provisioning token with this id.')
      return withoutHash(row)
    },
    authenticate: admission({ ...parts, hashOf }),
  }
}

/** Judges a token: looked up with every request, wrong ones so often and no more. */
function admission({
  store,
  now,
  onFailed,
  hashOf,
}: TokenParts & { hashOf(secret: string): string }): ProvisioningTokens['authenticate'] {
  const attempts = limitAttempts(now, wrongPerAddress)
  // Tokens that were right lately: whoever tries others from the same address does not shut a directory out.
  const known = new BoundedCache<{ id: TokenId }>(most)
  const find = async (hash: string, ip: string): Promise<TokenRow | undefined> => {
    const giveBack = known.get(hash) === undefined ? take(attempts, ip) : () => undefined
    const row = await store.findByHash(hash)
    if (row === undefined) known.delete(hash)
    else {
      giveBack()
      known.set(hash, { id: row.id })
    }
    return row
  }
  return async (authorization, { ip, requestId }) => {
    const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    const isShaped = secret !== undefined && shape.test(secret)
    const row = isShaped ? await find(hashOf(secret), ip) : undefined
    if (row === undefined) {
      const reason = authorization === undefined ? 'missing' : isShaped ? 'unknown' : 'malformed'
      onFailed({ ip, reason, requestId })
      throw new ScimRefusal(401, 'The provisioning token is missing, unknown or revoked.')
    }
    await store.noteUse(row.id, new Date(now()), ip)
    return withoutHash(row)
  }
}

function take(attempts: Attempts, ip: string): () => void {
  try {
    return attempts.take(undefined, ip)
  } catch {
    throw new ScimRefusal(429, 'Too many requests with a wrong provisioning token. Wait some seconds.')
  }
}

const unused = {
  lastUsedAt: null,
  lastUsedIp: null,
  lastChangeAt: null,
  lastChange: null,
  lastErrorAt: null,
  lastError: null,
}

function withoutHash({ hash: _hash, ...token }: TokenRow): ProvisioningToken {
  return token
}
