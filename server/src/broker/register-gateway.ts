import { z } from 'zod'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { BrokerRefusal } from './refuse.ts'
import type { SealedForms, VendorClient } from './sealed-forms.ts'
import type { Vendor, Vendors } from './vendors.ts'

const Registration = z.looseObject({
  vendor: z.string().max(40),
  redirect_uris: z.array(z.string().max(2_048)).length(1),
  /** The gateway's own client at the vendor, instead of the broker's. */
  vendor_client_id: z.string().min(1).max(500).optional(),
  vendor_client_secret: z.string().min(1).max(2_000).optional(),
})

export type RegisterParts = {
  readonly vendors: Vendors
  readonly forms: SealedForms
  readonly fetch: GuardedFetch
  /** Origins of the gateways served here; codes go nowhere else. */
  readonly gateways: readonly string[]
  readonly redirectUri: string
  readonly now: () => number
}

/** At the vendor one client serves every gateway, so it is registered once and again when its secret ends. */
type Registered = { readonly client: VendorClient; readonly until: number }

export function gatewayRegistrar(parts: RegisterParts) {
  const registered = new Map<string, Registered>()
  return async (body: unknown): Promise<Record<string, unknown>> => {
    const parsed = Registration.safeParse(body)
    if (!parsed.success)
      throw new BrokerRefusal('invalid_client_metadata', 'vendor and exactly one of redirect_uris are needed')
    const { vendor: name, redirect_uris: uris, ...own } = parsed.data
    const vendor = parts.vendors.get(name)
    if (vendor === undefined)
      throw new BrokerRefusal('invalid_client_metadata', 'this broker does not know that vendor')
    const redirectUri = checkRedirect(parts.gateways, uris[0] ?? '')
    const client =
      own.vendor_client_id === undefined ? await brokersClient(name, vendor) : ownClient(own, vendor)
    return {
      client_id: parts.forms.seal('client', { vendor: name, redirectUri, client }),
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }

  async function brokersClient(name: string, vendor: Vendor): Promise<VendorClient> {
    if (vendor.client_id !== undefined) return clientOf(vendor, vendor.client_id, vendor.client_secret)
    const before = registered.get(name)
    if (before !== undefined && before.until > parts.now()) return before.client
    const made = await registerAtVendor(parts, vendor)
    registered.set(name, made)
    return made.client
  }
}

function ownClient(
  own: { vendor_client_id?: string | undefined; vendor_client_secret?: string | undefined },
  vendor: Vendor,
): VendorClient {
  return clientOf(vendor, own.vendor_client_id ?? '', own.vendor_client_secret)
}

function clientOf(vendor: Vendor, id: string, secret: string | undefined): VendorClient {
  if (secret === undefined) return { id, auth: 'none' }
  return { id, secret, auth: vendor.token_auth ?? 'post' }
}

/** Everybody can register, and a person's consent at the vendor names the broker: so codes go to known gateways only. */
function checkRedirect(gateways: readonly string[], text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !gateways.includes(url.origin) || url.hash !== '' || url.username !== '')
    throw new BrokerRefusal('invalid_redirect_uri', 'this broker does not serve the gateway at that address')
  return text
}

async function registerAtVendor(parts: RegisterParts, vendor: Vendor): Promise<Registered> {
  const token = vendor.initial_access_token
  const answer = await parts.fetch.json(new URL(vendor.registration_url ?? ''), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      client_name: 'Runlayer OAuth Broker',
      redirect_uris: [parts.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'web',
    }),
  })
  const { client_id: id, client_secret: secret, client_secret_expires_at: end } = answer.value ?? {}
  if ((answer.status !== 201 && answer.status !== 200) || typeof id !== 'string')
    throw new BrokerRefusal('temporarily_unavailable', 'the vendor did not register the broker', 503)
  const until = Number(end ?? 0) > 0 ? Number(end) * 1_000 : Number.POSITIVE_INFINITY
  return { client: clientOf(vendor, id, typeof secret === 'string' ? secret : undefined), until }
}
