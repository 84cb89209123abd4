import type { Keyring } from '../credentials/keyring.ts'
import { makeSelfSigned } from '../lib/self-signed.ts'
import type { ProviderId } from './provider.ts'
import type { SsoStore } from './store.ts'

/** Our own key at one SAML provider, and the certificate the provider knows it by. */
export type OwnKeys = { readonly key: string; readonly certificate: string }

const years = 10
const bindOf = (id: ProviderId) => `sso-own-key ${id}`

/** Keys are made once per provider: with the provider, or when one from before first needs them. */
export function keepOwnKeys(o: {
  store: Pick<SsoStore, 'ownKeys' | 'putOwnKeys'>
  keyring: Pick<Keyring, 'seal' | 'open'>
  publicUrl: URL
  now: () => number
}): (provider: { id: ProviderId }) => Promise<OwnKeys> {
  const { store, keyring } = o
  return async ({ id }) => {
    let kept = await store.ownKeys(id)
    if (kept === undefined) {
      const { key, certificate } = await makeSelfSigned({
        commonName: o.publicUrl.hostname,
        years,
        now: o.now(),
      })
      // Of two processes that make them at once, the first counts.
      await store.putOwnKeys(id, { sealed: keyring.seal(key, bindOf(id)), certificate })
      kept = await store.ownKeys(id)
    }
    if (kept === undefined) throw new Error('the provider was removed meanwhile')
    return { key: keyring.open(kept.sealed, bindOf(id)), certificate: kept.certificate }
  }
}
