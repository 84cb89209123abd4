import { type ClientMetadata, errors } from 'oidc-provider'
import { agentGrants } from './agent-clients.ts'
import { redirectKind } from './match-redirect.ts'
import { mcpScope } from './name-resource.ts'

const maxRedirects = 20
const maxUriLength = 2000
const maxNameLength = 200
export const supportedScopes = [mcpScope, 'openid', 'offline_access']

/** Our own command line: known without registering, and the only one that may ask for REST. */
export const commandLine = {
  client_id: 'runlayer-cli',
  client_name: 'Runlayer command line',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  response_types: [],
  redirect_uris: [],
}

/**
 * Judges what a client says about itself, registered or in its own document, and mends what clients commonly leave out:
 * an app that listens on loopback is native whether it says so or not, so its port may vary (RFC 8252 §7.3).
 */
export function checkClient(metadata: ClientMetadata, isRegistering: boolean): void {
  if (isRegistering) checkGrantTypes(metadata)
  const uris = metadata.redirect_uris ?? []
  if (!Array.isArray(uris)) throw new errors.InvalidRedirectUri('redirect_uris must be an array')
  if (uris.length > maxRedirects)
    throw new errors.InvalidRedirectUri(`a client may have ${maxRedirects} redirect_uris`)
  if (uris.map(isNativeRedirect).includes(true)) metadata.application_type = 'native'
  if (typeof metadata.scope === 'string') {
    const wanted = metadata.scope.split(' ')
    metadata.scope = supportedScopes.filter((each) => each === mcpScope || wanted.includes(each)).join(' ')
  }
  if (metadata.client_name !== undefined) metadata.client_name = cleanName(metadata.client_name)
}

/** Which grants a client that registers itself may have: those of agent accounts are given by administrators alone. */
function checkGrantTypes(metadata: ClientMetadata): void {
  const asked = metadata.grant_types
  if (!Array.isArray(asked)) return
  metadata.grant_types = asked.filter((each) => !agentGrants.includes(each))
  if (asked.length > 0 && metadata.grant_types.length === 0)
    throw new errors.InvalidClientMetadata('agent accounts do not register: an administrator makes them')
}

function isNativeRedirect(uri: unknown): boolean {
  const kind = typeof uri === 'string' && uri.length <= maxUriLength ? redirectKind(uri) : undefined
  if (kind === undefined)
    throw new errors.InvalidRedirectUri(
      'redirect_uris may be https, http on loopback, or the scheme of an app, without a fragment or a user name',
    )
  return kind === 'app' || (kind === 'loopback' && String(uri).startsWith('http:'))
}

/** A name is shown to people, so it may not hold what rearranges or hides text. */
function cleanName(name: unknown): string {
  if (typeof name !== 'string') throw new errors.InvalidClientMetadata('client_name must be a text')
  return name
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, maxNameLength)
}
