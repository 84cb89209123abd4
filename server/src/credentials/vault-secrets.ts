import { readFile } from 'node:fs/promises'
import type { VaultSettings } from '../config/secret-stores.ts'
import type { SecretRef } from '../kernel/secret-ref.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { askStore, badAnswer, fieldOf, type SecretStore, unavailable } from './ask-store.ts'

const store = 'HashiCorp Vault'
/** Letters, digits and what names of mounts and secrets hold; no `..`, no empty part, nothing a URL reads otherwise. */
const path = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/
/** A token is renewed this long before it ends. */
const aheadMs = 10_000
const shortestMs = 30_000

/** `vault:MOUNT/data/PATH#FIELD` of the KV engine, version 2. */
export function vaultSecrets(o: {
  settings: VaultSettings
  fetch: GuardedFetch
  now: () => number
}): SecretStore {
  const { settings, fetch, now } = o
  const { login, namespace } = settings
  const common = namespace === undefined ? {} : { 'x-vault-namespace': namespace }
  let session: { token: string; until: number } | undefined

  async function signIn(roleId: string, secretId: string): Promise<string> {
    const answer = await askStore(fetch, {
      store,
      url: `${settings.url}/v1/auth/approle/login`,
      request: {
        method: 'POST',
        headers: { ...common, 'content-type': 'application/json' },
        body: JSON.stringify({ role_id: roleId, secret_id: secretId }),
      },
    })
    if (answer.status === 503) throw unavailable(store, 'is sealed')
    const auth = answer.value?.['auth'] as { client_token?: unknown; lease_duration?: unknown } | undefined
    if (answer.status !== 200 || typeof auth?.client_token !== 'string')
      throw unavailable(store, `refused the role of this host (status ${answer.status})`)
    const ms = Math.max(Number(auth.lease_duration) * 1_000 || 0, shortestMs)
    session = { token: auth.client_token, until: now() + ms - aheadMs }
    return auth.client_token
  }
  async function token(): Promise<string> {
    if (login.kind === 'token') return login.token
    if (login.kind === 'app-role') {
      return session !== undefined && session.until > now()
        ? session.token
        : await signIn(login.roleId, login.secretId)
    }
    // An agent beside us writes it anew before it ends.
    return await readFile(login.path, 'utf8').then(
      (text) => text.trim(),
      (error: unknown) => {
        throw unavailable(store, 'cannot be asked: the file with its token cannot be read', error)
      },
    )
  }
  async function ask(ref: SecretRef) {
    const headers = { ...common, 'x-vault-token': await token() }
    return await askStore(fetch, { store, url: `${settings.url}/v1/${ref.path}`, request: { headers } })
  }
  return {
    check: (ref) =>
      ref.field !== undefined && path.test(ref.path)
        ? undefined
        : 'A reference into Vault is vault:MOUNT/data/PATH#FIELD.',
    async read(ref) {
      let answer = await ask(ref)
      if (answer.status === 403 && login.kind === 'app-role' && session !== undefined) {
        session = undefined
        answer = await ask(ref)
      }
      if (answer.status === 503) throw unavailable(store, 'is sealed')
      if (answer.status === 403) throw unavailable(store, 'does not let this host read the secret')
      if (answer.status === 404)
        throw unavailable(store, 'has no such secret (with KV version 2 the path has data/ after the mount)')
      if (answer.status !== 200) throw badAnswer(store, answer)
      const data = answer.value?.['data'] as { data?: unknown } | undefined
      return fieldOf(store, data?.data, ref.field ?? '')
    },
  }
}
