import type { OAuthSettings } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { GuardedFetch, GuardedJson } from '../lib/guarded-fetch.ts'
import type { AuthFacts, UpstreamClient } from './facts.ts'
import { shown } from './request-token.ts'

/** The addresses by which authorization servers know this installation. */
export type OwnAddresses = {
  readonly productName: string
  readonly publicUrl: URL
  readonly redirectUri: string
  /** Of our client metadata document. */
  readonly documentUrl: string
  /** Of the one that says we sign, for authorization servers that take that. */
  readonly signingDocumentUrl: string
  /** Of the keys we sign with. */
  readonly jwksUrl: string
}

export type RegisteredClient = UpstreamClient & { readonly expiresAt?: number }

/** Registered clients by issuer; one of another issuer is never used (protocol.md §2.4). */
export type ClientShelf = {
  find(issuer: string): Promise<RegisteredClient | undefined>
  /** Keeps it, or answers the one another process kept first. */
  keep(issuer: string, client: RegisteredClient): Promise<RegisteredClient>
}

export type ClientAsk = {
  readonly fetch: GuardedFetch
  readonly facts: AuthFacts
  readonly settings: OAuthSettings
  readonly secret: string | undefined
  readonly own: OwnAddresses
  readonly shelf: ClientShelf
  readonly now: () => number
}

/** The client to show ourselves as: settled, our own document, registered before, registered now, in this order. */
export async function resolveClient(ask: ClientAsk): Promise<UpstreamClient> {
  const { facts, settings, own } = ask
  if (settings.clientId !== undefined) {
    const secret = ask.secret === undefined ? {} : { secret: ask.secret }
    const auth = settings.tokenAuth ?? authMethod(facts, ask.secret !== undefined)
    return { clientId: settings.clientId, ...secret, auth, origin: 'settings' }
  }
  const signs = facts.tokenAuthMethods?.includes('private_key_jwt') === true
  if (facts.takesClientDocuments && own.documentUrl.startsWith('https:'))
    return signs
      ? { clientId: own.signingDocumentUrl, auth: 'private_key_jwt', origin: 'document' }
      : { clientId: own.documentUrl, auth: 'none', origin: 'document' }
  const known = await ask.shelf.find(facts.issuer)
  if (known !== undefined && (known.expiresAt === undefined || known.expiresAt > ask.now())) return known
  if (facts.registrationEndpoint === undefined)
    throw new GatewayError(
      'upstream-failed',
      `${facts.issuer} registers no clients by itself: an administrator registers ${own.redirectUri} there and puts the client id into the connector’s OAuth settings.`,
    )
  return ask.shelf.keep(facts.issuer, await register(ask, facts.registrationEndpoint))
}

function authMethod(facts: AuthFacts, hasSecret: boolean): UpstreamClient['auth'] {
  if (!hasSecret) return 'none'
  const methods = facts.tokenAuthMethods ?? ['client_secret_basic']
  return methods.includes('client_secret_basic') || !methods.includes('client_secret_post') ? 'basic' : 'post'
}

/** RFC 7591 metadata; also what our client document says. */
export function clientMetadata(own: OwnAddresses) {
  return {
    client_name: own.productName,
    client_uri: own.publicUrl.href,
    redirect_uris: [own.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web',
  }
}

/** What a client that signs says besides: where its keys are. */
export function signingMetadata(own: OwnAddresses) {
  return {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: own.jwksUrl,
  }
}

/** Signing comes last: the server has to reach us for our keys, which a registration does not show. */
const registrable = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']

async function register(ask: ClientAsk, endpoint: string): Promise<RegisteredClient> {
  const { facts, own } = ask
  const methods = facts.tokenAuthMethods ?? ['none', 'client_secret_basic']
  const wanted = registrable.find((each) => methods.includes(each))
  const answer = await ask.fetch.json(new URL(endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...clientMetadata(own),
      token_endpoint_auth_method: wanted ?? 'client_secret_basic',
      ...(wanted === 'private_key_jwt' ? signingMetadata(own) : {}),
      ...(facts.vendor === undefined ? {} : { vendor: facts.vendor }),
      ...(facts.scope === undefined ? {} : { scope: facts.scope }),
    }),
  })
  return readClient(facts, answer, own.redirectUri)
}

function readClient(facts: AuthFacts, answer: GuardedJson, redirectUri: string): RegisteredClient {
  const value = answer.value ?? {}
  const id = value['client_id']
  if ((answer.status !== 201 && answer.status !== 200) || typeof id !== 'string' || id === '') {
    const code = value['error_description'] ?? value['error']
    const why = typeof code === 'string' ? `: ${shown(code, 200)}` : ''
    throw new GatewayError(
      'upstream-failed',
      `${facts.issuer} did not register this gateway (status ${answer.status}${why}); an administrator can register ${redirectUri} there and put the client id into the connector’s OAuth settings.`,
    )
  }
  const secret = value['client_secret']
  const until = Number(value['client_secret_expires_at'] ?? 0)
  return {
    clientId: id,
    ...(typeof secret === 'string' ? { secret } : {}),
    auth: authOf(value['token_endpoint_auth_method'], { facts, hasSecret: typeof secret === 'string' }),
    origin: 'registered',
    ...(Number.isFinite(until) && until > 0 ? { expiresAt: until * 1_000 } : {}),
  }
}

function authOf(
  given: unknown,
  { facts, hasSecret }: { facts: AuthFacts; hasSecret: boolean },
): UpstreamClient['auth'] {
  if (given === 'private_key_jwt') return 'private_key_jwt'
  if (given === 'none' || !hasSecret) return 'none'
  if (given === 'client_secret_post') return 'post'
  return given === 'client_secret_basic' ? 'basic' : authMethod(facts, true)
}
