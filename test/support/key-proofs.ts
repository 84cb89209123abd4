import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, type JWK, SignJWT } from 'jose'

/** A key of a client, and proofs made with it (RFC 9449 §4.2). */
export type ClientKey = {
  readonly privateKey: KeyObject
  readonly jwk: JWK
  readonly thumbprint: string
}

export async function makeKey(): Promise<ClientKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

export const athOf = (token: string) => createHash('sha256').update(token).digest('base64url')

export type ProofOf = {
  method: string
  url: string
  token?: string
  /** Instead of what stands there; undefined leaves it out. */
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  /** Instead of the key in the header. */
  signWith?: KeyObject | Uint8Array
}

export function proofWith(key: ClientKey, of: ProofOf): Promise<string> {
  const claims = {
    htm: of.method,
    htu: of.url,
    iat: Math.floor(Date.now() / 1000),
    jti: randomUUID(),
    ...(of.token === undefined ? {} : { ath: athOf(of.token) }),
    ...of.claims,
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...of.header })
    .sign(of.signWith ?? key.privateKey)
}
