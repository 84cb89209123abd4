import { GatewayError } from '../kernel/errors.ts'
import { type KeyId, newId, type UserId } from '../kernel/ids.ts'
import type { Bus } from '../storage/storage.ts'
import { keyedHash, makeKeySecret, prefixOf } from './make-secret.ts'
import type { ApiKey, KeyPower, Person } from './person.ts'
import type { KeyFilter, KeyStore, NewKey } from './proof-store.ts'
import type { PeopleStore } from './store.ts'
import { tellEnded } from './tell-ended.ts'

/** API keys as records. The secret leaves `create` once and is kept nowhere. */
export type Keys = {
  find(id: KeyId): Promise<ApiKey | undefined>
  page(filter: KeyFilter, after: KeyId | undefined, limit: number): Promise<ApiKey[]>
  /** Throws not-found or conflict for a person who cannot have one. */
  create(draft: KeyDraft): Promise<{ key: ApiKey; secret: string }>
  /** The key is refused from the next request on. Throws not-found. */
  revoke(id: KeyId): Promise<void>
}

export type KeyDraft = KeyPower & {
  name: string
  expiresAt?: Date | undefined
  createdBy?: UserId | undefined
}

const maxKeys = 100

export type KeyParts = { keys: KeyStore; people: PeopleStore; bus: Bus; hashKey: Buffer; now: () => number }

export function openKeys({ keys, people, bus, hashKey, now }: KeyParts): Keys {
  return {
    find: keys.find,
    page: keys.page,
    async create({ name, expiresAt, createdBy, ...power }) {
      const owner = power.kind === 'personal' ? await activeOwner(people, power.userId) : undefined
      const secret = makeKeySecret(power.kind)
      const key: NewKey = {
        ...power,
        id: newId<'api_key'>(now()),
        name,
        prefix: prefixOf(secret),
        createdBy,
        createdAt: new Date(now()),
        expiresAt,
        lastUsedAt: undefined,
        lastUsedIp: undefined,
      }
      if ((await keys.insert(key, keyedHash(hashKey, secret), maxKeys)) === 'full') {
        throw new GatewayError(
          'conflict',
          `${owner === undefined ? 'This workspace' : 'This person'} already has ${maxKeys} such keys. Revoke some first.`,
        )
      }
      await bus.publish('identity', `key:${key.id}`)
      return { key: { ...key, userEmail: owner?.email }, secret }
    },
    async revoke(id) {
      if (!(await keys.remove(id))) throw new GatewayError('not-found', 'There is no key with this id.')
      await bus.publish('identity', `key:${id}`)
      await tellEnded(bus, 'key', id)
    },
  }
}

async function activeOwner(people: PeopleStore, userId: UserId): Promise<Person> {
  const person = await people.find(userId)
  if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
  if (person.status !== 'active') throw new GatewayError('conflict', 'This person is deactivated.')
  return person
}

/** The power of a key that acts as this person. */
export function personalPower(userId: UserId): KeyPower {
  return { kind: 'personal', userId, role: undefined, platformRole: undefined }
}
