import type { Connector } from '../kernel/connector.ts'
import type { UserId } from '../kernel/ids.ts'
import { resourceOf } from './authorize-person.ts'
import type { AuthFacts } from './facts.ts'

/** Signs who the person is, for the authorization server named; undefined: there is no such person any more. */
export type SubjectToken = (userId: UserId, audience: string) => Promise<string | undefined>

type Flow = 'client_credentials' | 'token_exchange'

/** Of a connector the gateway gets tokens for by itself: nobody is sent anywhere. */
export function ownFlowOf(connector: Connector): Flow | undefined {
  const flow = connector.auth.type === 'oauth' ? connector.auth.flow : undefined
  return flow === undefined || flow === 'authorization_code' ? undefined : flow
}

export function userIn(owner: string): UserId | undefined {
  return owner.startsWith('user:') ? (owner.slice('user:'.length) as UserId) : undefined
}

/**
 * What the token endpoint is asked with: as the gateway itself, or on behalf of one person (RFC 8693). undefined without a
 * person to act for.
 */
export async function ownParams(
  connector: Connector,
  { facts, owner, subjectToken }: { facts: AuthFacts; owner: string; subjectToken: SubjectToken },
): Promise<Record<string, string | undefined> | undefined> {
  const common = { scope: facts.scope, resource: resourceOf(connector, facts) }
  if (ownFlowOf(connector) === 'client_credentials') return { grant_type: 'client_credentials', ...common }
  const userId = userIn(owner)
  const token = userId === undefined ? undefined : await subjectToken(userId, facts.issuer)
  if (token === undefined) return undefined
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...common,
  }
}
