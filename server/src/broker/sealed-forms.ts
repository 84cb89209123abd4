import { createHash } from 'node:crypto'
import { keyringOf } from '../credentials/keyring.ts'

/** The client at the vendor in whose name a gateway is served. */
export type VendorClient = {
  readonly id: string
  readonly secret?: string
  readonly auth: 'basic' | 'post' | 'none'
}
/** A registered gateway: all that is known of it travels in its client id. */
export type GatewayClient = {
  readonly vendor: string
  readonly redirectUri: string
  readonly client: VendorClient
}
/** A sign-in on its way to the vendor, in the vendor's `state`. */
export type Journey = {
  readonly vendor: string
  readonly clientHash: string
  readonly redirectUri: string
  readonly state: string
  readonly challenge: string
  readonly verifier: string
}
/** What the gateway exchanges: the vendor's code and all that belongs to it. */
export type BrokerCode = Omit<Journey, 'state'> & { readonly code: string }
/** A vendor's refresh token, usable by the gateway it was given to alone. */
export type HeldRefresh = { readonly clientHash: string; readonly token: string }

type Forms = { client: GatewayClient; state: Journey; code: BrokerCode; refresh: HeldRefresh }

export type SealedForms = {
  seal<Kind extends keyof Forms>(kind: Kind, value: Forms[Kind], lifeMs?: number): string
  /** undefined for whatever was not sealed here as this kind, or is too old. */
  open<Kind extends keyof Forms>(kind: Kind, text: string): Forms[Kind] | undefined
}

const maxChars = 16 * 1024

/**
 * Nothing is stored: registrations and sign-ins travel sealed through the gateway and the browser, so that any process
 * with the same keys ends what another began, and what is over is nowhere.
 */
export function sealedForms(secretKeys: readonly Buffer[], now: () => number): SealedForms {
  const rings = secretKeys.map(keyringOf)
  return {
    seal(kind, value, lifeMs) {
      const [first] = rings
      if (first === undefined) throw new Error('a broker needs RUNLAYER_SECRET_KEY')
      const text = JSON.stringify({ v: value, ...(lifeMs === undefined ? {} : { x: now() + lifeMs }) })
      return first.seal(text, `broker:${kind}`)
    },
    open(kind, text) {
      if (text.length > maxChars) return undefined
      for (const ring of rings) {
        try {
          const { v, x } = JSON.parse(ring.open(text, `broker:${kind}`)) as { v: never; x?: number }
          return x !== undefined && x < now() ? undefined : v
        } catch {
          // Sealed under another key, or not by us.
        }
      }
      return undefined
    },
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
