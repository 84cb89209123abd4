import * as client from 'openid-client'
import { GatewayError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { GuardedFetch, GuardedJson } from '../lib/guarded-fetch.ts'
import { explainOidc } from './explain-oidc.ts'
import type { Flow } from './keep-flow.ts'
import type { SignInTokens } from './keep-sign-in.ts'
import { claimAt, claimsOf } from './map-claims.ts'
import type { Claimed, OidcSettings, Provider } from './provider.ts'

/** What a provider's authorization endpoint sent the browser back with. */
export type OidcAnswer = {
  readonly state: string
  readonly code?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
  readonly errorDescription?: string | undefined
}

export type OidcProvider = Provider & { readonly settings: OidcSettings }

/** OpenID Connect as relying party: authorization code with PKCE, state, nonce and a signed ID token. */
export type Oidc = {
  /** Where to send the browser. Throws provider-failed when its metadata cannot be had or is another issuer's. */
  begin(provider: OidcProvider, flow: Flow): Promise<URL>
  /** Throws sso-refused for whatever does not hold, provider-failed when the provider does not answer. */
  finish(
    provider: OidcProvider,
    flow: Flow,
    answer: OidcAnswer,
  ): Promise<{ claimed: Claimed; tokens: SignInTokens }>
  /** One more request to the token endpoint, as the client we are there; the answer as it came. */
  ask(
    provider: OidcProvider,
    params: Readonly<Record<string, string | undefined>>,
  ): Promise<Pick<GuardedJson, 'status' | 'value'>>
  forget(provider: Pick<Provider, 'id'>): void
}

/** How far the clocks of both sides may be apart. */
const toleranceSeconds = 60
const keptMs = 10 * 60_000
const maxKept = 50
const wanted = ['email', 'email_verified', 'name'] as const

export type OidcParts = {
  fetch: GuardedFetch
  callbackUrl: string
  secretOf(provider: Provider): Promise<string | undefined>
  now: () => number
}

export function openOidc(parts: OidcParts): Oidc {
  const known = new BoundedCache<{ config: client.Configuration; version: number; untilMs: number }>(maxKept)
  const configOf = async (provider: OidcProvider): Promise<client.Configuration> => {
    const version = provider.updatedAt.getTime()
    const kept = known.get(provider.id)
    if (kept !== undefined && kept.version === version && kept.untilMs > parts.now()) return kept.config
    const config = await discover(parts, provider)
    known.set(provider.id, { config, version, untilMs: parts.now() + keptMs })
    return config
  }
  return {
    forget: ({ id }) => void known.delete(id),
    async begin(provider, flow) {
      const config = await explainOidc(provider, () => configOf(provider))
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: parts.callbackUrl,
        scope: provider.settings.scopes.join(' '),
        state: flow.id,
        nonce: flow.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
      })
      parts.fetch.check(url)
      return url
    },
    finish: (provider, flow, answer) =>
      explainOidc(provider, async () => {
        const config = await configOf(provider)
        const tokens = await client.authorizationCodeGrant(config, answered(parts.callbackUrl, answer), {
          expectedState: flow.id,
          expectedNonce: flow.nonce,
          pkceCodeVerifier: flow.verifier,
          idTokenExpected: true,
        })
        const token = tokens.claims()
        if (token === undefined) throw new GatewayError('sso-refused', 'There was no ID token.')
        const claims = await withUserInfo(config, tokens.access_token, {
          token,
          more: claimsOf(provider.mapping),
        })
        return {
          claimed: claimed(config.serverMetadata().issuer, token.sub, claims),
          tokens: { idToken: tokens.id_token ?? '', refreshToken: tokens.refresh_token },
        }
      }),
    ask: (provider, params) =>
      explainOidc(provider, async () => {
        const metadata = (await configOf(provider)).serverMetadata()
        const form = new URLSearchParams()
        for (const [name, value] of Object.entries(params)) if (value !== undefined) form.set(name, value)
        const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
        const prove = authentication(metadata, await parts.secretOf(provider))
        await prove(metadata, { client_id: provider.settings.clientId }, form, headers)
        const request = { headers: Object.fromEntries(headers), body: form.toString() }
        return parts.fetch.json(new URL(metadata.token_endpoint ?? ''), { method: 'POST', ...request })
      }),
  }
}

async function discover(parts: OidcParts, provider: OidcProvider): Promise<client.Configuration> {
  const { issuer, clientId } = provider.settings
  // Whether plain http may be reached at all is the guard's to say: on loopback and allowed literal addresses.
  const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : []
  const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
    [client.customFetch]: guarded(parts.fetch),
    execute,
  })
  const metadata = found.serverMetadata()
  // The library lets Entra's shared endpoints name another issuer; behind those stand the tenants of everybody.
  if (!URL.canParse(metadata.issuer) || new URL(metadata.issuer).href !== new URL(issuer).href)
    throw new GatewayError(
      'provider-failed',
      `${provider.name} says its issuer is ${metadata.issuer.slice(0, 200)}; enter exactly that one.`,
    )
  if (metadata.code_challenge_methods_supported !== undefined && !metadata.supportsPKCE())
    throw new GatewayError('provider-failed', `${provider.name} does not offer PKCE with S256.`)
  const skew = Math.round((parts.now() - Date.now()) / 1000)
  const config = new client.Configuration(
    metadata,
    clientId,
    { [client.clockTolerance]: toleranceSeconds, [client.clockSkew]: skew },
    authentication(metadata, await parts.secretOf(provider)),
  )
  config[client.customFetch] = guarded(parts.fetch)
  for (const extend of execute) extend(config)
  // Without it the ID token's signature is taken on trust in the connection it came over.
  client.enableNonRepudiationChecks(config)
  return config
}

/** client_secret_basic, unless the provider offers client_secret_post and not that. */
function authentication(
  { token_endpoint_auth_methods_supported: offered }: client.ServerMetadata,
  secret: string | undefined,
): client.ClientAuth {
  if (secret === undefined) return client.None()
  const isPost = offered?.includes('client_secret_post') === true && !offered.includes('client_secret_basic')
  return isPost ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret)
}

/** The library's fetch: guarded, without redirects, bounded in bytes and time. */
function guarded(fetch: GuardedFetch): client.CustomFetch {
  return async (url, { body, headers, method, signal }) => {
    const answer = await fetch.fetch(new URL(url), {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    const isEmpty = answer.status === 204 || answer.status === 304
    return new Response(isEmpty ? null : answer.text, {
      status: answer.status < 200 ? 502 : answer.status,
      headers: answer.headers,
    })
  }
}

function answered(callbackUrl: string, answer: OidcAnswer): URL {
  const url = new URL(callbackUrl)
  const given = {
    state: answer.state,
    code: answer.code,
    iss: answer.iss,
    error: answer.error,
    error_description: answer.errorDescription,
  }
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) url.searchParams.set(name, value)
  return url
}

/** Many providers put the email only where the access token leads; what the signed token says comes first. */
async function withUserInfo(
  config: client.Configuration,
  accessToken: string,
  { token, more }: { token: client.IDToken; more: readonly string[] },
): Promise<JsonObject> {
  const claims = token as unknown as JsonObject
  const isWhole = [...wanted, ...more].every((name) => claimAt(claims, name) !== undefined)
  if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return claims
  const further = await client.fetchUserInfo(config, accessToken, token.sub)
  return { ...(further as unknown as JsonObject), ...claims }
}

function claimed(issuer: string, subject: string, claims: JsonObject): Claimed {
  const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : undefined)
  const verified = claims['email_verified']
  return {
    issuer,
    subject,
    email: text(claims['email'])?.trim(),
    // Cognito and others say it as a word.
    emailVerified: verified === undefined ? undefined : verified === true || verified === 'true',
    name: text(claims['name']),
    claims,
  }
}
