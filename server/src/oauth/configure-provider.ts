import { randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import { proofAlgorithms } from '../kernel/challenge.ts'
import type { UserId } from '../kernel/ids.ts'
import { withAgents } from './agent-clients.ts'
import { checkClient, commandLine, supportedScopes } from './check-client.ts'
import type { Records } from './keep-records.ts'
import { apiScope, audienceOf, scopeOf } from './name-resource.ts'
import { showError } from './show-error.ts'

export const endpoints = '/api/v1/oauth'
/** Page of the console where a person agrees to a client. */
export const consentPage = '/connect'
/** Page of the console where a person enters the code that a device shows. */
export const devicePage = '/device'

const minute = 60
const day = 24 * 60 * minute
export const accessTokenSeconds = 15 * minute
export const interactionSeconds = 60 * minute

export type ProviderParts = {
  base: string
  keys: readonly JWK[]
  records: Records
  agents: Pick<AgentAccounts, 'findClient' | 'hashOf'>
  cookieKeys: readonly string[]
  /** 32 bytes; nonces for proofs of keys come of them. */
  nonceSecret: Buffer
  findPerson(id: UserId): Promise<{ email: string } | undefined>
  fetch: NonNullable<Configuration['fetch']>
  /** False for an address that had too many client documents fetched. */
  mayFetch(ip: string): boolean
}

/** Our rules as oidc-provider wants to hear them. Everything it can do and we do not use is off. */
export function configureProvider(parts: ProviderParts): Configuration {
  const isSecure = parts.base.startsWith('https:')
  return {
    adapter: (kind: string) => withAgents(kind, parts.records.adapter(kind), parts.agents),
    jwks: { keys: [...parts.keys] },
    clients: [commandLine],
    scopes: [...supportedScopes, apiScope],
    claims: { openid: ['sub', 'email'] },
    subjectTypes: ['public'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      clientAuthSigningAlgValues: ['ES256', 'EdDSA', 'RS256', 'PS256'],
      dPoPSigningAlgValues: [...proofAlgorithms],
    },
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      grant_types: ['authorization_code', 'refresh_token'],
    },
    // The document may say nothing of this property: naming one makes the library ask about every client.
    extraClientMetadata: {
      properties: ['software_id'],
      validator: (ctx, _key, _value, metadata) => checkClient(metadata, ctx?.oidc.route === 'registration'),
    },
    extraTokenClaims: (_ctx, token) =>
      'grantId' in token && token.grantId !== undefined
        ? { grant: parts.records.nameOf('Grant', token.grantId) }
        : undefined,
    findAccount: async (_ctx, id) => {
      const person = await parts.findPerson(id as UserId)
      return person && { accountId: id, claims: () => ({ sub: id, email: person.email }) }
    },
    // Our console says who the person is, for each authorization anew; the library keeps nobody signed in.
    interactions: { url: (_ctx, { uid }) => `${consentPage}/${uid}`, policy: askEachTime() },
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    conformIdTokenClaims: false,
    cookies: {
      keys: [...parts.cookieKeys],
      names: { session: 'runlayer_oauth', interaction: 'runlayer_interaction', resume: 'runlayer_resume' },
      short: { httpOnly: true, sameSite: 'lax', secure: isSecure },
      long: { httpOnly: true, sameSite: 'lax', secure: isSecure },
    },
    routes: {
      authorization: `${endpoints}/authorize`,
      token: `${endpoints}/token`,
      registration: `${endpoints}/register`,
      revocation: `${endpoints}/revoke`,
      jwks: `${endpoints}/jwks`,
      device_authorization: `${endpoints}/device_authorization`,
      // A page of the console; the library only names it.
      code_verification: devicePage,
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: minute,
      DeviceCode: 10 * minute,
      IdToken: accessTokenSeconds,
      RefreshToken: 30 * day,
      Grant: 365 * day,
      Interaction: interactionSeconds,
      Session: 10 * minute,
    },
    fetch: parts.fetch,
    fetchResponseBodyLimits: { 'client_id metadata document': 16 * 1024, jwks_uri: 64 * 1024 },
    features: features(parts),
    renderError: showError,
  }
}

function features({ base, mayFetch, ...parts }: ProviderParts): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    claimsParameter: { enabled: false },
    revocation: { enabled: true },
    // Checked where tokens count: check-proof.ts.
    dPoP: { enabled: true, nonceSecret: parts.nonceSecret },
    deviceFlow: {
      enabled: true,
      deviceInfo: (ctx) => ({ ip: ctx.ip, userAgent: ctx.get('user-agent').slice(0, 300) }),
    },
    registration: {
      enabled: true,
      idFactory: () => `client_${randomBytes(16).toString('hex')}`,
      issueRegistrationAccessToken: false,
    },
    // A client is who its https address says; its document is read again at least every hour (T40).
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      // Without a request it is the console that asks again for a client it has seen.
      allowFetch: (ctx: KoaContextWithOIDC | undefined) => ctx === undefined || mayFetch(ctx.ip),
      cacheDuration: { min: minute, max: 60 * minute },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => oneOf ?? `${base}/mcp`,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => resourceServer(ctx, resource, { base, client }),
    },
  }
}

function resourceServer(
  ctx: KoaContextWithOIDC,
  resource: string,
  { base, client }: { base: string; client: { clientId: string } },
) {
  const audience = audienceOf(resource, base)
  const scope = audience === undefined ? undefined : scopeOf(audience, base)
  const isForOthers = scope === apiScope && client.clientId !== commandLine.client_id
  if (audience === undefined || scope === undefined || isForOthers)
    throw new errors.InvalidTarget(`this server issues tokens for its own MCP endpoints, such as ${base}/mcp`)
  alwaysAsk(ctx, scope)
  return {
    audience,
    scope,
    accessTokenTTL: accessTokenSeconds,
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'ES256' as const } },
  }
}

/** A client that names no scope, or only such as other servers have, means the one there is (RFC 6749 §3.3). */
function alwaysAsk(ctx: KoaContextWithOIDC, needed: string): void {
  const { route, params } = ctx.oidc
  if (params === undefined || (route !== 'authorization' && route !== 'device_authorization')) return
  const asked = typeof params['scope'] === 'string' ? params['scope'].split(' ') : []
  params['scope'] = [needed, ...['openid', 'offline_access'].filter((scope) => asked.includes(scope))].join(
    ' ',
  )
}

function askEachTime() {
  const { Check, Prompt, base } = interactionPolicy
  const policy = base()
  policy.clear()
  const unless = (answer: 'login' | 'consent') =>
    new Check('person_asked', 'the person has to agree in the console', (ctx) => {
      const result = ctx.oidc.result as Record<string, unknown> | undefined
      return result?.[answer] === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
    })
  policy.add(new Prompt({ name: 'login', requestable: true }, unless('login')))
  policy.add(new Prompt({ name: 'consent', requestable: true }, unless('consent')))
  return policy
}
