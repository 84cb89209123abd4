import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, SignJWT } from 'jose'

/** A person as another authorization server hears of them. */
export type Subject = { readonly id: string; readonly email: string }

/** Long enough for one exchange. */
const lifeSeconds = 120

/**
 * Signs who calls, for one authorization server that trusts this issuer (RFC 8693 §2.1). It is no access token: here it is
 * refused for its type, elsewhere for its audience.
 */
export function subjectSigner(keys: readonly JWK[], issuer: string, now: () => number) {
  return async (subject: Subject, audience: string): Promise<string> => {
    const [key] = keys
    if (key === undefined) throw new Error('there is no key to sign with')
    const at = Math.floor(now() / 1_000)
    return await new SignJWT({ email: subject.email })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(key.kid === undefined ? {} : { kid: key.kid }) })
      .setIssuer(issuer)
      .setSubject(subject.id)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(at)
      .setExpirationTime(at + lifeSeconds)
      .sign(await importJWK(key, 'ES256'))
  }
}
