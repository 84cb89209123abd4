import { createPublicKey } from 'node:crypto'
import type { JWK } from 'jose'

/** A public key an agent proves itself by (RFC 7523). */
export type PublicKey = JWK & { kty: 'EC' | 'OKP' | 'RSA' }

export const maxKeys = 5
const minRsaBits = 2048
/** RFC 7518 §6 and RFC 8037: members that are secret, and a shared key's value. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const keptMembers = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'] as const
const algorithms: Readonly<Record<string, readonly string[]>> = {
  'EC P-256': ['ES256'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'PS256'],
}

/** The key as it is stored, or what is wrong with it in words. */
export function readPublicKey(given: Readonly<Record<string, unknown>>): PublicKey | string {
  if (secretMembers.some((name) => Object.hasOwn(given, name)))
    return 'This holds a private or shared key. Send the public key only, and make a new pair: this one was shown.'
  const kept: Record<string, unknown> = {}
  for (const name of keptMembers) {
    const value = given[name]
    if (value === undefined) continue
    if (typeof value !== 'string' || value.length > 2000) return `${name} must be a short text.`
    kept[name] = value
  }
  const kind = kept['kty'] === 'RSA' ? 'RSA' : `${kept['kty']} ${kept['crv']}`
  const known = algorithms[kind]
  if (known === undefined) return 'Use an EC key on P-256, an Ed25519 key, or an RSA key.'
  if (kept['alg'] !== undefined && !known.includes(String(kept['alg'])))
    return `A key of this type signs with ${known.join(' or ')}.`
  if (kept['use'] !== undefined && kept['use'] !== 'sig') return 'The key must be for signatures (use: sig).'
  return mistakeInValue(kept) ?? (kept as PublicKey)
}

function mistakeInValue(jwk: Record<string, unknown>): string | undefined {
  try {
    const key = createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' })
    const bits = key.asymmetricKeyDetails?.modulusLength ?? minRsaBits
    return bits < minRsaBits ? `An RSA key needs at least ${minRsaBits} bits.` : undefined
  } catch {
    return 'This is not a public key in JWK form.'
  }
}
