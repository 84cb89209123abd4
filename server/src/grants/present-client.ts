import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { ShownClient, UpstreamClient } from './facts.ts'

/** Signs for a client of ours that it is itself, for one authorization server and moment (RFC 7523 §2.2). */
export type ClientAssertion = (clientId: string, issuer: string) => Promise<string>

/**
 * Gives a client what it proves itself with at this authorization server: a new assertion, or the secret the connector's
 * settings have now, which may have changed since it was used.
 */
export type PresentClient = (
  connector: Connector,
  client: UpstreamClient,
  issuer: string,
) => Promise<ShownClient>

export function presentClient(parts: {
  clientSecret(id: ServerId): Promise<string | undefined>
  clientAssertion: ClientAssertion
}): PresentClient {
  return async (connector, client, issuer) => {
    if (client.auth === 'private_key_jwt')
      return { ...client, assertion: await parts.clientAssertion(client.clientId, issuer) }
    const { auth } = connector
    const isSettled =
      client.origin === 'settings' && auth.type === 'oauth' && auth.clientId === client.clientId
    if (!isSettled) return client
    const secret = await parts.clientSecret(connector.id)
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
