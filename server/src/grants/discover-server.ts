import type { OAuthSettings, Transport } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { type GuardedFetch, isLoopback } from '../lib/guarded-fetch.ts'
import { type Challenge, readChallenge } from './challenge.ts'
import { type AuthFacts, unionOfScopes } from './facts.ts'

export type DiscoveryAsk = {
  readonly fetch: GuardedFetch
  readonly server: { readonly url: string; readonly transport: Transport }
  readonly settings: OAuthSettings
  /** The OAuth broker of this installation. */
  readonly brokerUrl?: string | undefined
  readonly signal?: AbortSignal
}

const probeMs = 8_000

/**
 * Finds out how an upstream wants to be signed in to, in the order the protocol asks for: its challenge, its resource
 * metadata (at the challenge's address, under its path, at its root), then its authorization server's metadata. undefined:
 * no sign of OAuth. Throws upstream-failed, with words for an administrator, for what breaks a rule: falling back from a
 * document that is wrong would let whoever serves it choose the weaker way.
 */
export async function discoverServer(ask: DiscoveryAsk): Promise<AuthFacts | undefined> {
  const { settings } = ask
  const url = new URL(ask.server.url)
  if (settings.broker !== undefined) return brokerFacts(ask, settings.broker)
  if (settings.tokenUrl !== undefined) return settledFacts(ask, settings.tokenUrl)
  const challenge = await probe(ask, url)
  const resource = await findResource(ask, url, challenge)
  const scopes = textOf(resource?.['scopes_supported'])
  const wanted = settings.scopes?.join(' ') ?? challenge?.scope ?? scopes
  const issuer = settings.issuer ?? issuerIn(resource)
  const named = textMember(resource, 'resource') ?? url.href
  if (issuer !== undefined) {
    const metadata = await findMetadata(ask, issuer)
    if (metadata === undefined)
      throw broken(issuer, 'has no authorization server metadata where the protocol looks for it')
    return factsFrom(metadata, { serverUrl: ask.server.url, resource: named, issuer, wanted })
  }
  // Revision 2025-03-26: the authorization server is the origin itself.
  const origin = url.origin
  const metadata = await findMetadata(ask, origin)
  if (metadata !== undefined)
    return factsFrom(metadata, { serverUrl: ask.server.url, resource: url.href, issuer: origin, wanted })
  return undefined
}

/** The endpoints every server of revision 2025-03-26 without metadata has; only for who said that it is OAuth. */
export function defaultFacts(serverUrl: string, settings: OAuthSettings): AuthFacts {
  const { origin, href } = new URL(serverUrl)
  return {
    serverUrl,
    resource: href,
    issuer: origin,
    authorizationEndpoint: `${origin}/authorize`,
    tokenEndpoint: `${origin}/token`,
    registrationEndpoint: `${origin}/register`,
    issuerInResponse: false,
    takesClientDocuments: false,
    ...(settings.scopes === undefined ? {} : { scope: settings.scopes.join(' ') }),
  }
}

/** The operator named the broker, so nothing about it is looked up; it answers for the vendor under an issuer of its own. */
function brokerFacts({ server, settings, brokerUrl }: DiscoveryAsk, vendor: string): AuthFacts {
  if (brokerUrl === undefined)
    throw new GatewayError(
      'conflict',
      'This host has no OAuth broker: its operator sets RUNLAYER_OAUTH_BROKER_URL.',
    )
  return {
    serverUrl: server.url,
    resource: new URL(server.url).href,
    issuer: `${brokerUrl}/vendors/${vendor}`,
    authorizationEndpoint: `${brokerUrl}/authorize`,
    tokenEndpoint: `${brokerUrl}/token`,
    registrationEndpoint: `${brokerUrl}/register`,
    vendor,
    issuerInResponse: true,
    takesClientDocuments: false,
    tokenAuthMethods: ['none'],
    ...(settings.scopes === undefined ? {} : { scope: settings.scopes.join(' ') }),
  }
}

function settledFacts({ server, settings }: DiscoveryAsk, tokenUrl: string): AuthFacts {
  return {
    serverUrl: server.url,
    resource: new URL(server.url).href,
    issuer: settings.issuer ?? new URL(tokenUrl).origin,
    authorizationEndpoint: settings.authorizationUrl ?? tokenUrl,
    tokenEndpoint: tokenUrl,
    issuerInResponse: false,
    takesClientDocuments: false,
    ...(settings.scopes === undefined ? {} : { scope: settings.scopes.join(' ') }),
  }
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'runlayer', version: '1' } },
})

/** A request without a credential, to hear what the upstream says to it. */
async function probe({ fetch, server, signal }: DiscoveryAsk, url: URL): Promise<Challenge | undefined> {
  const more = signal === undefined ? {} : { signal }
  const isStream = server.transport === 'sse'
  const accept = isStream ? 'text/event-stream' : 'application/json, text/event-stream'
  try {
    const answer = await fetch.fetch(url, {
      method: isStream ? 'GET' : 'POST',
      headers: isStream ? { accept } : { accept, 'content-type': 'application/json' },
      ...(isStream ? {} : { body: initialize }),
      timeoutMs: probeMs,
      ...more,
    })
    return answer.status === 401 ? readChallenge(answer.headers['www-authenticate']) : undefined
  } catch (error) {
    // A stream that stays open, or an answer too large, challenges nobody; an address that is refused is an end.
    if (error instanceof GatewayError && error.reason !== 'address-refused') return undefined
    throw error
  }
}

async function findResource(
  ask: DiscoveryAsk,
  url: URL,
  challenge: Challenge | undefined,
): Promise<JsonObject | undefined> {
  const path = url.pathname === '/' ? '' : url.pathname
  const places = [
    ...(challenge?.resourceMetadata === undefined ? [] : [challenge.resourceMetadata]),
    `${url.origin}/.well-known/oauth-protected-resource${path}`,
    `${url.origin}/.well-known/oauth-protected-resource`,
  ]
  for (const place of new Set(places)) {
    const found = await document(ask, place)
    if (found === undefined) continue
    checkResource(found, url)
    return found
  }
  return undefined
}

/** A document that speaks for another server would have us send tokens for that one here (RFC 9728 §3.3). */
function checkResource(found: JsonObject, url: URL): void {
  const named = textMember(found, 'resource')
  const resource = named !== undefined && URL.canParse(named) ? new URL(named) : undefined
  const path = (resource?.pathname ?? '').replace(/\/$/, '')
  const fits = url.pathname === path || url.pathname.startsWith(`${path}/`)
  if (resource === undefined || resource.origin !== url.origin || !fits)
    throw broken(
      url.host,
      `shows the resource metadata of another server (${(named ?? 'none').slice(0, 200)})`,
    )
}

function issuerIn(resource: JsonObject | undefined): string | undefined {
  const servers = resource?.['authorization_servers']
  const first = Array.isArray(servers) ? servers.find((each) => typeof each === 'string') : undefined
  return typeof first === 'string' ? first : undefined
}

/** In the order of protocol.md §2.4, which is also that of RFC 8414 §3 with a path. */
async function findMetadata(ask: DiscoveryAsk, issuer: string): Promise<JsonObject | undefined> {
  if (!URL.canParse(issuer)) throw broken(issuer, 'is no URL')
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  for (const place of new Set(places)) {
    const found = await document(ask, place)
    if (found !== undefined) return found
  }
  return undefined
}

/** undefined when the place says that there is nothing. Trouble is no such answer: it is thrown. */
async function document({ fetch, signal }: DiscoveryAsk, place: string): Promise<JsonObject | undefined> {
  if (!URL.canParse(place)) throw broken(place, 'is named as metadata and is no URL')
  const url = new URL(place)
  const answer = await fetch.json(url, signal === undefined ? {} : { signal })
  if (answer.status >= 500 || answer.status === 429)
    throw broken(url.host, `answered ${answer.status} when asked how to sign in; try again later`)
  return answer.status === 200 ? answer.value : undefined
}

type From = { serverUrl: string; resource: string; issuer: string; wanted: string | undefined }

function factsFrom(metadata: JsonObject, { serverUrl, resource, issuer, wanted }: From): AuthFacts {
  if (metadata['issuer'] !== issuer)
    throw broken(issuer, 'shows the metadata of another authorization server: the issuer differs')
  const methods = metadata['code_challenge_methods_supported']
  if (!Array.isArray(methods) || !methods.includes('S256'))
    throw broken(issuer, 'does not say that it supports PKCE with S256, and without it nobody signs in')
  const endpoint = (name: string) => {
    const address = textMember(metadata, name)
    if (address !== undefined) checkEndpoint(issuer, name, address)
    return address
  }
  const authorizationEndpoint = endpoint('authorization_endpoint')
  const tokenEndpoint = endpoint('token_endpoint')
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined)
    throw broken(issuer, 'has metadata without authorization or token endpoint')
  const registrationEndpoint = endpoint('registration_endpoint')
  const revocationEndpoint = endpoint('revocation_endpoint')
  const tokenAuthMethods = authMethodsIn(metadata)
  const scope = withOfflineAccess(metadata, wanted)
  return {
    serverUrl,
    resource,
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    issuerInResponse: metadata['authorization_response_iss_parameter_supported'] === true,
    takesClientDocuments: metadata['client_id_metadata_document_supported'] === true,
    ...(registrationEndpoint === undefined ? {} : { registrationEndpoint }),
    ...(revocationEndpoint === undefined ? {} : { revocationEndpoint }),
    ...(tokenAuthMethods === undefined ? {} : { tokenAuthMethods }),
    ...(scope === undefined ? {} : { scope }),
  }
}

/** A server that knows offline_access gives refresh tokens only to who asks for it. */
function withOfflineAccess(metadata: JsonObject, wanted: string | undefined): string | undefined {
  const known = metadata['scopes_supported']
  const offered = Array.isArray(known) && known.includes('offline_access')
  return offered && wanted !== undefined ? unionOfScopes(wanted, 'offline_access') : wanted
}

/** Browsers and our own requests go there (T17): https, or http on loopback, and nothing a shell could read as more. */
export function checkEndpoint(issuer: string, name: string, address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isSafe =
    url !== undefined &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    /^[\x21-\x7e]+$/.test(address) &&
    !/["'<>\\^`{|}]|\$\(/.test(address)
  if (!isSafe) throw broken(issuer, `names a ${name} that is no https address`)
}

function textMember(object: JsonObject | undefined, name: string): string | undefined {
  const value: Json | undefined = object?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function textOf(list: Json | undefined): string | undefined {
  if (!Array.isArray(list)) return undefined
  return unionOfScopes(...list.flatMap((each) => (typeof each === 'string' ? [each] : [])))
}

function broken(who: string, what: string): GatewayError {
  return new GatewayError('upstream-failed', `${who.slice(0, 300)} ${what}.`)
}

/** How clients may prove themselves; signing counts only where our kind of signature does. */
function authMethodsIn(metadata: JsonObject): string[] | undefined {
  const methods = metadata['token_endpoint_auth_methods_supported']
  if (!Array.isArray(methods)) return undefined
  const signatures = metadata['token_endpoint_auth_signing_alg_values_supported']
  const signs = !Array.isArray(signatures) || signatures.includes('ES256')
  return methods.filter(
    (each) => typeof each === 'string' && (each !== 'private_key_jwt' || signs),
  ) as string[]
}
