import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A person as another authorization server hears of them. */
export type Subject = { readonly id: string; readonly email: string }

/** Long enough for one exchange. */
const lifeSeconds = 120

/**
 * Signs who calls, for one authorization server that trusts this issuer (RFC 8693 §2.1). It is no access token: here it is
 * refused for its type, elsewhere for its audience.
 */
export function subjectSigner(keys: readonly JWK[], issuer: string, now: () => number) {
  const sign = shortSigner(keys, now)
  return ({ id, email }: Subject, aud: string): Promise<string> => sign({ iss: issuer, sub: id, aud, email })
}

/** Signs that we are this client. Its issuer is the client, so nothing of ours takes it for a token. */
export function clientSigner(keys: readonly JWK[], now: () => number) {
  const sign = shortSigner(keys, now)
  return (clientId: string, aud: string): Promise<string> => sign({ iss: clientId, sub: clientId, aud })
}

function shortSigner(keys: readonly JWK[], now: () => number) {
  return async (claims: JWTPayload): Promise<string> => {
    const [key] = keys
    if (key === undefined) throw new Error('there is no key to sign with')
    const at = Math.floor(now() / 1_000)
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(key.kid === undefined ? {} : { kid: key.kid }) })
      .setJti(randomUUID())
      .setIssuedAt(at)
      .setExpirationTime(at + lifeSeconds)
      .sign(await importJWK(key, 'ES256'))
  }
}
