import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { SigningKeyStore } from './record-store.ts'

export type Sealer = { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }

const bindOf = (id: string) => `oauth-key:${id}`

/** The keys of this installation, newest first; the first start makes one. Private halves are sealed at rest. */
export async function loadSigningKeys(parts: {
  store: SigningKeyStore
  keyring: Sealer
  now: () => number
}): Promise<JWK[]> {
  const { store, keyring } = parts
  const stored = await store.load()
  const rows = stored.length > 0 ? stored : await store.insertFirst(await makeKey(keyring, parts.now()))
  return rows.map(({ id, sealed }) => JSON.parse(keyring.open(sealed, bindOf(id))) as JWK)
}

async function makeKey(keyring: Sealer, at: number) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const id = await calculateJwkThumbprint(jwk)
  const whole = JSON.stringify({ ...jwk, kid: id, alg: 'ES256', use: 'sig' })
  return { id, sealed: keyring.seal(whole, bindOf(id)), createdAt: new Date(at) }
}
