import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { UpstreamClient } from './facts.ts'

/** Gives a client of the connector's settings the secret it has now, which may have changed since it was used. */
export type PresentClient = (connector: Connector, client: UpstreamClient) => Promise<UpstreamClient>

export function presentClient(clientSecret: (id: ServerId) => Promise<string | undefined>): PresentClient {
  return async (connector, client) => {
    const { auth } = connector
    const isSettled =
      client.origin === 'settings' && auth.type === 'oauth' && auth.clientId === client.clientId
    if (!isSettled) return client
    const secret = await clientSecret(connector.id)
    return secret === undefined ? client : { ...client, secret }
  }
}

/** As a grant or a flow keeps it: a secret that is kept elsewhere is kept nowhere else. */
export function keptClient(connector: Connector, client: UpstreamClient): UpstreamClient {
  if (client.origin !== 'settings' || connector.secretRefs?.['auth.client_secret'] === undefined)
    return client
  const { secret: _secret, ...rest } = client
  return rest
}
