import { decodeJwt } from 'jose'

/** What an ID token says of a sign-in that a later one for the same sign-in may not say otherwise. */
export type SignedIn = {
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  readonly aud: readonly string[]
  readonly azp?: unknown
  readonly auth_time?: unknown
  readonly nonce?: unknown
}

export function signedInOf(idToken: string): SignedIn {
  const { iss, sub, aud = [], azp, auth_time, nonce } = decodeJwt(idToken)
  return { iss, sub, aud: [aud].flat(), azp, auth_time, nonce }
}

/**
 * The first claim by which a renewed ID token is not of this sign-in (OpenID Connect Core 12.2): `iss`, `sub` and `azp` are
 * the same, `aud` includes what it was; `auth_time` and `nonce` may be left out, but not differ.
 */
export function otherThan(signedIn: SignedIn, renewed: SignedIn): string | undefined {
  if (renewed.iss !== signedIn.iss) return 'iss'
  if (renewed.sub !== signedIn.sub) return 'sub'
  if (!signedIn.aud.every((one) => renewed.aud.includes(one))) return 'aud'
  if (renewed.azp !== signedIn.azp) return 'azp'
  // A sign-in whose time or nonce was not said leaves nothing to compare with.
  for (const name of ['auth_time', 'nonce'] as const) {
    const [was, is] = [signedIn[name], renewed[name]]
    if (was !== undefined && is !== undefined && is !== was) return name
  }
  return undefined
}
