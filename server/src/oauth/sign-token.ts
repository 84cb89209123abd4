import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { mcpScope } from './name-resource.ts'

/** An agent asks anew each hour, so an hour is the longest a token outlives what no look-up would notice. */
export const agentTokenSeconds = 3600

export type SignedClaims = JWTPayload & {
  sub: string
  aud: string
  client_id: string
  /** Of an agent: tokens of an earlier generation of the account no longer count. */
  agent_generation?: number
  /** Of a person: what the token lives by. */
  grant?: string
}

export type SignToken = (claims: SignedClaims, seconds: number) => Promise<string>

/** Signs access tokens that oidc-provider does not make; the same key, issuer and type as those it makes. */
export function tokenSigner(keys: readonly JWK[], issuer: string, now: () => number): SignToken {
  const [newest] = keys
  if (newest === undefined) throw new Error('there is no key to sign tokens with')
  const key = importJWK(newest, 'ES256')
  return async (claims, seconds) => {
    const at = Math.floor(now() / 1000)
    return await new SignJWT({ scope: mcpScope, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: newest.kid ?? '' })
      .setIssuer(issuer)
      .setIssuedAt(at)
      .setExpirationTime(at + seconds)
      .setJti(randomUUID())
      .sign(await key)
  }
}
