import { createHash, randomBytes } from 'node:crypto'
import { BrokerRefusal } from './refuse.ts'
import { hashOf, type SealedForms } from './sealed-forms.ts'
import type { Vendors } from './vendors.ts'

export type JourneyParts = {
  readonly vendors: Vendors
  readonly forms: SealedForms
  readonly redirectUri: string
  /** The issuer under which gateways know a vendor here. */
  issuerOf(vendor: string): string
}

/** A person's whole way through the vendor's pages. */
const journeyMs = 10 * 60_000
const codeMs = 60_000
const challenge = /^[A-Za-z0-9_-]{43}$/

/** The gateway's authorization request becomes the broker's own: another state, another PKCE pair, the one redirect address. */
export function sendToVendor(parts: JourneyParts, asked: URLSearchParams): URL {
  const clientId = asked.get('client_id') ?? ''
  const gateway = parts.forms.open('client', clientId)
  const vendor = gateway === undefined ? undefined : parts.vendors.get(gateway.vendor)
  if (gateway === undefined || vendor === undefined)
    throw new BrokerRefusal('invalid_client', 'this client is not registered here')
  if (asked.get('redirect_uri') !== gateway.redirectUri)
    throw new BrokerRefusal('invalid_request', 'redirect_uri is not the registered one')
  if (asked.get('code_challenge_method') !== 'S256' || !challenge.test(asked.get('code_challenge') ?? ''))
    throw new BrokerRefusal('invalid_request', 'PKCE with S256 is needed')
  const verifier = randomBytes(32).toString('base64url')
  const state = parts.forms.seal(
    'state',
    {
      vendor: gateway.vendor,
      clientHash: hashOf(clientId),
      redirectUri: gateway.redirectUri,
      state: (asked.get('state') ?? '').slice(0, 500),
      challenge: asked.get('code_challenge') ?? '',
      verifier,
    },
    journeyMs,
  )
  const url = new URL(vendor.authorization_url)
  const params: Record<string, string | null> = {
    ...vendor.parameters,
    response_type: 'code',
    client_id: gateway.client.id,
    redirect_uri: parts.redirectUri,
    scope: asked.get('scope'),
    state,
    resource: vendor.resource === 'send' ? asked.get('resource') : null,
    ...(vendor.pkce === 'off'
      ? {}
      : {
          code_challenge: createHash('sha256').update(verifier).digest('base64url'),
          code_challenge_method: 'S256',
        }),
  }
  for (const [name, value] of Object.entries(params)) if (value !== null) url.searchParams.set(name, value)
  return url
}

/** The vendor's answer goes on to the gateway that asked, its code sealed; nothing is exchanged yet. */
export function sendToGateway(parts: JourneyParts, answer: URLSearchParams): URL {
  const journey = parts.forms.open('state', answer.get('state') ?? '')
  if (journey === undefined)
    throw new BrokerRefusal('invalid_request', 'this sign-in was not begun here, or it is too old')
  const vendor = parts.vendors.get(journey.vendor)
  const iss = answer.get('iss')
  if (vendor?.issuer !== undefined && iss !== null && iss !== vendor.issuer)
    throw new BrokerRefusal('invalid_request', 'the answer comes from another authorization server')
  const { state, ...rest } = journey
  const url = new URL(journey.redirectUri)
  const code = answer.get('code')
  url.searchParams.set('state', state)
  url.searchParams.set('iss', parts.issuerOf(journey.vendor))
  if (code !== null && answer.get('error') === null)
    url.searchParams.set('code', parts.forms.seal('code', { ...rest, code }, codeMs))
  else {
    const error = answer.get('error') ?? 'access_denied'
    url.searchParams.set('error', /^[\w-]{1,60}$/.test(error) ? error : 'access_denied')
  }
  return url
}
