import type { ServerId, UserId } from '../kernel/ids.ts'
import type { CredentialsParts, Secrets } from './credentials.ts'
import { credentialStore } from './store.ts'

/** What one person supplied for a connector, in clear. */
export type Person = { values: Readonly<Record<string, string>>; revision: string }

/** Seals and opens; every text is bound to its table, row and field, so that rows cannot be swapped. */
export function openVault(parts: Pick<CredentialsParts, 'db' | 'keyring' | 'now'>) {
  const store = credentialStore(parts.db)
  const { keyring } = parts
  const bind = (serverId: ServerId, field: string) => `connector_secrets:${serverId}:${field}`
  const bindPair = (serverId: ServerId, userId: UserId) => `personal_values:${serverId}:${userId}`
  return {
    async secrets(serverId: ServerId): Promise<Secrets> {
      const row = await store.readSecrets(serverId)
      if (row === undefined) return { token: undefined, headers: {}, env: {} }
      return {
        token: row.token === null ? undefined : keyring.open(row.token, bind(serverId, 'token')),
        headers: JSON.parse(keyring.open(row.headers, bind(serverId, 'headers'))),
        env: JSON.parse(keyring.open(row.env, bind(serverId, 'env'))),
      }
    },
    seal(serverId: ServerId, secrets: Secrets) {
      return {
        token: secrets.token === undefined ? null : keyring.seal(secrets.token, bind(serverId, 'token')),
        headers: keyring.seal(JSON.stringify(secrets.headers), bind(serverId, 'headers')),
        env: keyring.seal(JSON.stringify(secrets.env), bind(serverId, 'env')),
      }
    },
    async values(serverId: ServerId, userId: UserId): Promise<Person | undefined> {
      const row = await store.readValues(serverId, userId)
      if (row === undefined) return undefined
      const values = JSON.parse(keyring.open(row.sealed, bindPair(serverId, userId)))
      return { values, revision: `${row.updatedAt.getTime()}.${row.revision}` }
    },
    async writeValues(serverId: ServerId, userId: UserId, values: Readonly<Record<string, string>>) {
      const sealed = keyring.seal(JSON.stringify(values), bindPair(serverId, userId))
      await store.writeValues(serverId, userId, sealed, new Date(parts.now()))
    },
  }
}
