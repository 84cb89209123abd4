import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** A request that only somebody who can read the secrets of the host can have made. */
export type HostClaim = { readonly at: number; readonly nonce: string; readonly email: string }

/** Signs a claim with a key of the host, derived for this use alone. */
export function signHostClaim(hostKey: Buffer, { at, nonce, email }: HostClaim): string {
  const key = Buffer.from(hkdfSync('sha256', hostKey, 'runlayer', 'admin-recovery', 32))
  return createHmac('sha256', key)
    .update(JSON.stringify([at, nonce, email]))
    .digest('base64url')
}

export function isHostClaim(hostKeys: readonly Buffer[], claim: HostClaim, proof: string): boolean {
  const given = Buffer.from(proof)
  return hostKeys.some((key) => {
    const right = Buffer.from(signHostClaim(key, claim))
    return given.length === right.length && timingSafeEqual(given, right)
  })
}
