import { GatewayError } from '../kernel/errors.ts'
import { type KeyId, newId, type UserId } from '../kernel/ids.ts'
import type { Bus } from '../storage/storage.ts'
import { keyedHash, makeKeySecret, prefixOf } from './make-secret.ts'
import type { ApiKey } from './person.ts'
import type { KeyFilter, KeyStore } from './proof-store.ts'
import type { PeopleStore } from './store.ts'

/** Personal API keys as records. The secret leaves `create` once and is kept nowhere. */
export type Keys = {
  find(id: KeyId): Promise<ApiKey | undefined>
  page(filter: KeyFilter, after: KeyId | undefined, limit: number): Promise<ApiKey[]>
  /** Throws not-found or conflict for a person who cannot have one. */
  create(draft: KeyDraft): Promise<{ key: ApiKey; secret: string }>
  /** The key is refused from the next request on. Throws not-found. */
  revoke(id: KeyId): Promise<void>
}

export type KeyDraft = {
  userId: UserId
  name: string
  expiresAt?: Date | undefined
  createdBy?: UserId | undefined
  /** A secret chosen by the operator instead of a made one. */
  secret?: string
}

const maxKeys = 100

export type KeyParts = { keys: KeyStore; people: PeopleStore; bus: Bus; hashKey: Buffer; now: () => number }

export function openKeys({ keys, people, bus, hashKey, now }: KeyParts): Keys {
  return {
    find: keys.find,
    page: keys.page,
    async create({ userId, name, expiresAt, createdBy, secret = makeKeySecret() }) {
      const person = await people.find(userId)
      if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
      if (person.status !== 'active') throw new GatewayError('conflict', 'This person is deactivated.')
      const key: Omit<ApiKey, 'userEmail'> = {
        id: newId<'api_key'>(now()),
        userId,
        name,
        prefix: prefixOf(secret),
        createdBy,
        createdAt: new Date(now()),
        expiresAt,
        lastUsedAt: undefined,
        lastUsedIp: undefined,
      }
      if ((await keys.insert(key, keyedHash(hashKey, secret), maxKeys)) === 'full') {
        throw new GatewayError('conflict', `This person already has ${maxKeys} keys. Revoke some first.`)
      }
      await bus.publish('identity', `key:${key.id}`)
      return { key: { ...key, userEmail: person.email }, secret }
    },
    async revoke(id) {
      if (!(await keys.remove(id))) throw new GatewayError('not-found', 'There is no key with this id.')
      await bus.publish('identity', `key:${id}`)
    },
  }
}
