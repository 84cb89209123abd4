import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Keyring } from '../credentials/keyring.ts'
import type { UserId } from '../kernel/ids.ts'
import type { ProviderId } from './provider.ts'

/** A sign-in under way. It lives in the browser that began it, sealed: nobody can fill a table by beginning. */
export type Flow = {
  /** OIDC's `state`, SAML's request id. Says its purpose, expiry and provider, and that it is ours. */
  readonly id: string
  readonly providerId: ProviderId
  readonly purpose: Purpose
  /** The administrator who tests. */
  readonly by: UserId | undefined
  readonly nonce: string
  readonly verifier: string
  /** A path of ours to go to afterwards. */
  readonly next: string
  readonly expiresAtMs: number
}
export type Purpose = 'sign_in' | 'test'

export type Flows = {
  begin(wanted: Pick<Flow, 'providerId' | 'purpose' | 'by'> & { next: string | undefined }): {
    flow: Flow
    setCookie: string
  }
  /** The flow an answer belongs to, if this browser began it; undefined as well when it is over age. */
  read(id: string, cookie: (name: string) => string | undefined): Flow | undefined
  /** The Set-Cookie value that ends it in the browser. */
  clear(flow: Flow): string
  /** When a request id of ours for this provider ends; undefined for any other text, and for one that has ended. */
  expiryOf(id: string, providerId: ProviderId): Date | undefined
}

/** Long enough for a password, a second factor and a phone that has to be found. */
const lifeMs = 15 * 60_000
/** Each flow has a cookie of its own, so that two tabs do not disturb each other; this many at most. */
const slots = 8
const idShape = /^([st])([0-9a-f])([0-9a-f]{31})\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]{43})$/
const letters = { sign_in: 's', test: 't' } as const
const longestNext = 1000

export function keepFlows(o: {
  keyring: Pick<Keyring, 'seal' | 'open' | 'derive'>
  publicUrl: URL
  now: () => number
}): Flows {
  const { keyring, now } = o
  const key = keyring.derive('sso-flow')
  const isSecure = o.publicUrl.protocol === 'https:'
  const sign = (text: string, providerId: string) =>
    createHmac('sha256', key).update(`${providerId} ${text}`).digest('base64url')
  const nameOf = (id: string) =>
    `${isSecure ? '__Host-' : ''}runlayer-sso-${Number.parseInt(id.charAt(1), 16) % slots}`
  const cookie = (id: string, value: string, seconds: number) =>
    `${nameOf(id)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  const expiryOf = (id: string, providerId: ProviderId): Date | undefined => {
    const [, letter = '', slot = '', random = '', end = '', signature = ''] = idShape.exec(id) ?? []
    const right = Buffer.from(sign(`${letter}${slot}${random}.${end}`, providerId))
    const given = Buffer.from(signature)
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
    const endMs = Number.parseInt(end, 36)
    return endMs > now() ? new Date(endMs) : undefined
  }
  return {
    begin({ providerId, purpose, by, next }) {
      const expiresAtMs = now() + lifeMs
      const text = `${letters[purpose]}${randomBytes(16).toString('hex')}.${expiresAtMs.toString(36)}`
      const flow: Flow = {
        id: `${text}.${sign(text, providerId)}`,
        providerId,
        purpose,
        by,
        nonce: randomBytes(24).toString('base64url'),
        verifier: randomBytes(32).toString('base64url'),
        next: ownPath(next),
        expiresAtMs,
      }
      const sealed = keyring.seal(JSON.stringify(flow), 'sso-flow')
      return { flow, setCookie: cookie(flow.id, sealed, lifeMs / 1000) }
    },
    read(id, cookieOf) {
      if (!idShape.test(id)) return undefined
      const flow = open(keyring, cookieOf(nameOf(id)))
      if (flow === undefined || flow.id !== id) return undefined
      return expiryOf(id, flow.providerId) === undefined ? undefined : flow
    },
    clear: ({ id }) => cookie(id, '', 0),
    expiryOf,
  }
}

function open(keyring: Pick<Keyring, 'open'>, sealed: string | undefined): Flow | undefined {
  if (sealed === undefined) return undefined
  try {
    return JSON.parse(keyring.open(sealed, 'sso-flow')) as Flow
  } catch {
    // Not sealed by us, or by a key that is no more: the browser began nothing here.
    return undefined
  }
}

/** A path of this very origin, or the start page: whatever a browser would read as another host is not one. */
function ownPath(next: string | undefined): string {
  const isPath = next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes('\\')
  return isPath && next.length <= longestNext ? next : '/'
}
