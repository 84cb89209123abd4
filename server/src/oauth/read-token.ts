import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import type { UserId } from '../kernel/ids.ts'
import { isUuid } from '../kernel/ids.ts'

/** What an access token of ours says, once its signature, issuer, type and times were found right. */
export type TokenClaims = {
  readonly userId: UserId
  readonly audience: string
  readonly grant: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly endsAt: number
  /** Thumbprint of the key its holder must prove (RFC 9449). */
  readonly boundTo: string | undefined
}

/** Checks access tokens. One algorithm, one issuer, one type: whatever a token says about itself changes none of them. */
export function tokenReader(keys: readonly JWK[], issuer: string, now: () => number) {
  const publicKeys = keys.map(
    ({ kty, crv, x, y, kid, alg, use }) => ({ kty, crv, x, y, kid, alg, use }) as JWK,
  )
  const keySet = createLocalJWKSet({ keys: publicKeys })
  return async (text: string): Promise<TokenClaims | undefined> => {
    const { payload } = await jwtVerify(text, keySet, {
      issuer,
      algorithms: ['ES256'],
      typ: 'at+jwt',
      currentDate: new Date(now()),
      requiredClaims: ['sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'grant'],
    }).catch(() => ({ payload: undefined }))
    if (payload === undefined) return undefined
    const { sub, aud, exp, grant, client_id: clientId, scope, cnf } = payload
    if (typeof aud !== 'string' || typeof grant !== 'string' || typeof clientId !== 'string') return undefined
    if (sub === undefined || exp === undefined || !isUuid(sub)) return undefined
    const jkt = (cnf as { jkt?: unknown } | undefined)?.jkt
    return {
      userId: sub as UserId,
      audience: aud,
      grant,
      clientId,
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
      endsAt: exp * 1000,
      boundTo: typeof jkt === 'string' ? jkt : undefined,
    }
  }
}
