import { createHmac, randomBytes } from 'node:crypto'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, newId, type UserId } from '../kernel/ids.ts'
import { ScimRefusal } from './scim-error.ts'
import type { TokenId } from './tables-store.ts'
import type { TokenRow, TokenStore } from './token-store.ts'

const prefix = 'rl_scim_'
const shape = /^rl_scim_[A-Za-z0-9_-]{43}$/
/** One for each directory, and one more of each while it is replaced. */
const most = 20

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

export function keepTokens({ store, hashKey, onFailed, now }: TokenParts): ProvisioningTokens {
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
    async authenticate(authorization, { ip, requestId }) {
      const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      const isShaped = secret !== undefined && shape.test(secret)
      const row = isShaped ? await store.findByHash(hashOf(secret)) : undefined
      if (row === undefined) {
        const reason = authorization === undefined ? 'missing' : isShaped ? 'unknown' : 'malformed'
        onFailed({ ip, reason, requestId })
        throw new ScimRefusal(401, 'The provisioning token is missing, unknown or revoked.')
      }
      await store.noteUse(row.id, new Date(now()), ip)
      return withoutHash(row)
    },
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
