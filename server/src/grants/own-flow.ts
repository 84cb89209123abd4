import type { Connector } from '../kernel/connector.ts'
import type { UserId } from '../kernel/ids.ts'
import { resourceOf } from './authorize-person.ts'
import type { AuthFacts } from './facts.ts'

/** Signs who the person is, for the authorization server named; undefined: there is no such person any more. */
export type SubjectToken = (userId: UserId, audience: string) => Promise<string | undefined>

/** Asks the person's identity provider to vouch for them at one upstream. Throws in words what they have to do. */
export type IdJag = (
  userId: UserId,
  wanted: { audience: string; resource: string; scope: string | undefined },
) => Promise<string>

/** Who says whom a token is for. */
export type Voices = { readonly subjectToken: SubjectToken; readonly idJag: IdJag }

type Flow = 'client_credentials' | 'token_exchange' | 'id_jag'

/** Of a connector the gateway gets tokens for by itself: nobody is sent anywhere. */
export function ownFlowOf(connector: Connector): Flow | undefined {
  const flow = connector.auth.type === 'oauth' ? connector.auth.flow : undefined
  return flow === undefined || flow === 'authorization_code' ? undefined : flow
}

export function userIn(owner: string): UserId | undefined {
  return owner.startsWith('user:') ? (owner.slice('user:'.length) as UserId) : undefined
}

/**
 * What the token endpoint is asked with: as the gateway itself, or on behalf of one person, by our word (RFC 8693) or their
 * identity provider's (RFC 7523). undefined without a person to act for.
 */
export async function ownParams(
  connector: Connector,
  { facts, owner, voices }: { facts: AuthFacts; owner: string; voices: Voices },
): Promise<Record<string, string | undefined> | undefined> {
  const common = { scope: facts.scope, resource: resourceOf(connector, facts) }
  if (ownFlowOf(connector) === 'client_credentials') return { grant_type: 'client_credentials', ...common }
  const userId = userIn(owner)
  if (userId !== undefined && ownFlowOf(connector) === 'id_jag') {
    const { issuer: audience, resource, scope } = facts
    const assertion = await voices.idJag(userId, { audience, resource, scope })
    return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, ...common }
  }
  const token = userId === undefined ? undefined : await voices.subjectToken(userId, facts.issuer)
  if (token === undefined) return undefined
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...common,
  }
}
