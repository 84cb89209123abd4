import type { ShownProof } from '../kernel/challenge.ts'
import { isAccessTokenShaped, isKeyShaped, isTokenShaped } from './make-secret.ts'

/** The headers of a request that may prove who sent it, as they came. */
export type Presented = {
  authorization: string | undefined
  apiKey: string | undefined
  cookie: string | undefined
  ip: string
  /** Set by the REST door alone, which knows what each operation is open to. */
  takesOrganizationKeys?: boolean
  /** The MCP path asked for: access tokens count at the one they are for, and nowhere else. */
  resource?: string | undefined
  /** Of the key a token is bound to (RFC 9449). */
  keyProof?: ShownProof | undefined
  /** That proof was taken already, with this very request: it counts once, the request is judged again while it runs. */
  isProven?: boolean
}

/** Why nobody was recognised; for counting and for the audit, never for the client. */
export type Failure =
  | 'missing'
  | 'malformed'
  | 'contradicting'
  | 'unknown'
  | 'expired'
  | 'deactivated'
  | 'elsewhere'
  | 'unproven'

export type Shown =
  /** `withKey`: as a token that is bound to a key. */
  { kind: 'api_key' | 'session' | 'access_token'; secret: string; withKey?: true } | { failure: Failure }

/**
 * The one secret a request shows. Headers are stronger than a cookie, and a bad header is never made good by one; two
 * headers must say the same (contract.md §3).
 */
export function readProof(presented: Presented, cookieName: string): Shown {
  const { authorization, apiKey, cookie } = presented
  if (authorization === undefined && apiKey === undefined) return readCookie(cookie, cookieName)
  const bearer = authorization === undefined ? apiKey : bearerOf(authorization)
  if (bearer === undefined) return readBound(presented)
  if (apiKey !== undefined && apiKey !== bearer) return { failure: 'contradicting' }
  if (isKeyShaped(bearer)) return { kind: 'api_key', secret: bearer }
  if (apiKey === undefined && isAccessTokenShaped(bearer)) return { kind: 'access_token', secret: bearer }
  return { failure: 'malformed' }
}

/** `DPoP` and a token (RFC 9449 §7.1). */
function readBound({ authorization = '', apiKey }: Presented): Shown {
  const secret = /^dpop +/i.test(authorization) ? authorization.slice(5).trim() : ''
  if (apiKey !== undefined || !isAccessTokenShaped(secret)) return { failure: 'malformed' }
  return { kind: 'access_token', secret, withKey: true }
}

function bearerOf(authorization: string): string | undefined {
  if (authorization.startsWith('Bearer ')) return authorization.slice(7).trim()
  return /^bearer +/i.test(authorization) ? authorization.slice(7).trim() : undefined
}

function readCookie(header: string | undefined, name: string): Shown {
  if (header === undefined) return { failure: 'missing' }
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() !== name) continue
    const secret = part.slice(at + 1).trim()
    return isTokenShaped(secret) ? { kind: 'session', secret } : { failure: 'malformed' }
  }
  return { failure: 'missing' }
}
