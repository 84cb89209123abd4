import { createLocalJWKSet, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type { UserId } from '../kernel/ids.ts'
import { isUuid } from '../kernel/ids.ts'

/** Whose a token is: a person's, by a grant of theirs, or an agent account's. */
export type TokenSubject =
  | { readonly kind: 'person'; readonly userId: UserId; readonly grant: string }
  | { readonly kind: 'agent'; readonly agentId: string; readonly generation: number }
  /** The agent's, for a person, as long as their delegation is in force. */
  | {
      readonly kind: 'acting'
      readonly userId: UserId
      readonly agentId: string
      readonly generation: number
      readonly delegation: string
    }

/** What an access token of ours says, once its signature, issuer, type and times were found right. */
export type TokenClaims = {
  readonly subject: TokenSubject
  readonly audience: string
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
      requiredClaims: ['sub', 'aud', 'exp', 'iat', 'jti', 'client_id'],
    }).catch(() => ({ payload: undefined }))
    if (payload === undefined) return undefined
    const { aud, exp, client_id: clientId, scope, cnf } = payload
    const subject = subjectOf(payload)
    if (typeof aud !== 'string' || typeof clientId !== 'string') return undefined
    if (subject === undefined || exp === undefined) return undefined
    const boundTo = keyIn(cnf)
    if (boundTo === null) return undefined
    return {
      subject,
      audience: aud,
      clientId,
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
      endsAt: exp * 1000,
      boundTo,
    }
  }
}

/** null for a binding of another kind: it could not be checked. */
function keyIn(cnf: unknown): string | undefined | null {
  if (cnf === undefined) return undefined
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined
  return typeof jkt === 'string' && jkt !== '' ? jkt : null
}

function subjectOf(payload: JWTPayload): TokenSubject | undefined {
  const { sub, grant, agent_generation: generation, act, delegation } = payload
  if (sub === undefined || !isUuid(sub)) return undefined
  if (typeof generation !== 'number')
    return typeof grant === 'string' ? { kind: 'person', userId: sub as UserId, grant } : undefined
  if (act === undefined) return { kind: 'agent', agentId: sub, generation }
  const agentId = (act as { sub?: unknown } | null)?.sub
  if (typeof delegation !== 'string' || typeof agentId !== 'string') return undefined
  return { kind: 'acting', userId: sub as UserId, agentId, generation, delegation }
}
