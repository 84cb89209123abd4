import { timingSafeEqual } from 'node:crypto'
import type { Adapter, AdapterPayload, Provider } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'

/** What only agent accounts may ask for; a client that registers itself never gets these. */
export const agentGrants = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange']
const agentClientId = /^client_[0-9a-f]{32}$/

type Agents = Pick<AgentAccounts, 'findClient' | 'hashOf'>

/** Clients as oidc-provider finds them: those that registered, and agent accounts that may act. */
export function withAgents(kind: string, adapter: Adapter, agents: Agents): Adapter {
  if (kind !== 'Client') return adapter
  return {
    ...adapter,
    async find(id) {
      const found = agentClientId.test(id) ? await agents.findClient(id) : undefined
      return found === undefined ? adapter.find(id) : metadataOf(found)
    },
  }
}

function metadataOf({
  account,
  secretHash,
}: NonNullable<Awaited<ReturnType<Agents['findClient']>>>): AdapterPayload {
  const keys = account.publicKeys
  return {
    client_id: account.clientId,
    client_name: account.name,
    grant_types: agentGrants,
    response_types: [],
    redirect_uris: [],
    ...(keys === undefined
      ? { token_endpoint_auth_method: 'client_secret_basic', client_secret: secretHash }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } }),
  } as AdapterPayload
}

/** The secret of an agent account is known here only by its hash; other clients are compared as ever. */
export function compareByHash(provider: Provider, agents: Agents): void {
  const { prototype } = provider.Client
  const compare = prototype.compareClientSecret
  prototype.compareClientSecret = async function (this: InstanceType<Provider['Client']>, actual) {
    const isAgent =
      agentClientId.test(this.clientId) && (await agents.findClient(this.clientId)) !== undefined
    if (!isAgent) return compare.call(this, actual)
    const [shown, stored] = [Buffer.from(agents.hashOf(actual)), Buffer.from(this.clientSecret ?? '')]
    return shown.length === stored.length && timingSafeEqual(shown, stored)
  }
}
