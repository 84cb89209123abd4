import { createHash } from 'node:crypto'
import type { JsonObject } from '../kernel/json.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { BrokerRefusal } from './refuse.ts'
import { type GatewayClient, hashOf, type SealedForms } from './sealed-forms.ts'
import type { Vendor, Vendors } from './vendors.ts'

export type ExchangeParts = {
  readonly vendors: Vendors
  readonly forms: SealedForms
  readonly fetch: GuardedFetch
  readonly redirectUri: string
}

const maxUsed = 10_000

/**
 * The token endpoint for gateways: proves the gateway's leg, goes to the vendor with the broker's, and hands on what the
 * vendor gave. Nothing of it is kept.
 */
export function codeExchanger(parts: ExchangeParts) {
  // The vendor takes each code once; this only spares it the second question.
  const used = new BoundedCache<{ used: true }>(maxUsed)
  return async (form: URLSearchParams): Promise<JsonObject> => {
    const clientId = form.get('client_id') ?? ''
    const gateway = parts.forms.open('client', clientId)
    const vendor = gateway === undefined ? undefined : parts.vendors.get(gateway.vendor)
    if (gateway === undefined || vendor === undefined)
      throw new BrokerRefusal('invalid_client', 'this client is not registered here', 401)
    const at = { gateway, vendor, clientHash: hashOf(clientId) }
    if (form.get('grant_type') === 'refresh_token')
      return await askVendor(parts, at, refreshOf(parts, at, form))
    if (form.get('grant_type') !== 'authorization_code')
      throw new BrokerRefusal('unsupported_grant_type', 'only codes and refresh tokens are exchanged here')
    const code = form.get('code') ?? ''
    const params = codeOf(parts, at, form)
    if (used.get(hashOf(code)) !== undefined) throw new BrokerRefusal('invalid_grant', 'this code was used')
    used.set(hashOf(code), { used: true })
    return await askVendor(parts, at, params)
  }
}

type At = { gateway: GatewayClient; vendor: Vendor; clientHash: string }

function codeOf(parts: ExchangeParts, at: At, form: URLSearchParams): Record<string, string> {
  const held = parts.forms.open('code', form.get('code') ?? '')
  const proof = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  const fits =
    held !== undefined &&
    held.clientHash === at.clientHash &&
    held.challenge === proof &&
    held.redirectUri === form.get('redirect_uri')
  if (!fits) throw new BrokerRefusal('invalid_grant', 'this code is not yours, not from here or too old')
  return {
    grant_type: 'authorization_code',
    code: held.code,
    redirect_uri: parts.redirectUri,
    ...(at.vendor.pkce === 'off' ? {} : { code_verifier: held.verifier }),
    ...resourceOf(at.vendor, form),
  }
}

function refreshOf(parts: ExchangeParts, at: At, form: URLSearchParams): Record<string, string> {
  const held = parts.forms.open('refresh', form.get('refresh_token') ?? '')
  if (held === undefined || held.clientHash !== at.clientHash)
    throw new BrokerRefusal('invalid_grant', 'this refresh token is not yours or not from here')
  return { grant_type: 'refresh_token', refresh_token: held.token, ...resourceOf(at.vendor, form) }
}

function resourceOf(vendor: Vendor, form: URLSearchParams): Record<string, string> {
  const resource = form.get('resource')
  return vendor.resource === 'send' && resource !== null ? { resource } : {}
}

async function askVendor(
  parts: ExchangeParts,
  { gateway, vendor, clientHash }: At,
  params: Record<string, string>,
): Promise<JsonObject> {
  const { client } = gateway
  const form = new URLSearchParams(params)
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
  if (client.auth === 'basic' && client.secret !== undefined) {
    const pair = [client.id, client.secret].map((text) =>
      new URLSearchParams([['', text]]).toString().slice(1),
    )
    headers['authorization'] = `Basic ${Buffer.from(pair.join(':')).toString('base64')}`
  } else {
    form.set('client_id', client.id)
    if (client.secret !== undefined) form.set('client_secret', client.secret)
  }
  const request = { method: 'POST', headers, body: form.toString() } as const
  const answer = await parts.fetch.json(new URL(vendor.token_url), request).catch((error: unknown) => {
    throw new BrokerRefusal('temporarily_unavailable', `${vendor.name} could not be asked`, 503, error)
  })
  if (answer.status >= 500 || answer.status === 429)
    throw new BrokerRefusal('temporarily_unavailable', `${vendor.name} answered ${answer.status}`, 503)
  const value = answer.value ?? {}
  // Some vendors say no with status 200.
  if (
    answer.status !== 200 ||
    typeof value['error'] === 'string' ||
    typeof value['access_token'] !== 'string'
  )
    throw new BrokerRefusal(errorOf(value), `${vendor.name} did not give a token`)
  return smooth(value, (token) => parts.forms.seal('refresh', { clientHash, token }))
}

function errorOf(value: JsonObject): string {
  const error = value['error']
  if (typeof error !== 'string' || !/^[\w-]{1,60}$/.test(error)) return 'invalid_grant'
  // What vendors call a code or refresh token that is over.
  return /^(bad_verification_code|bad_refresh_token|expired_token|invalid_code)$/.test(error)
    ? 'invalid_grant'
    : error
}

/** What differs between vendors: scopes joined by commas, a missing or odd token type, numbers as text. */
function smooth(value: JsonObject, sealRefresh: (token: string) => string): JsonObject {
  const { access_token, refresh_token, expires_in, scope } = value
  const seconds = Number(expires_in ?? Number.NaN)
  return {
    access_token: access_token ?? null,
    token_type: 'Bearer',
    ...(typeof refresh_token === 'string' && refresh_token !== ''
      ? { refresh_token: sealRefresh(refresh_token) }
      : {}),
    ...(Number.isFinite(seconds) && seconds > 0 ? { expires_in: seconds } : {}),
    ...(typeof scope === 'string' ? { scope: scope.split(/[\s,]+/).join(' ') } : {}),
  }
}
