import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import type { DiscoveryShelf } from './discovery-shelf.ts'
import type { AuthFacts, UpstreamClient } from './facts.ts'
import { ownParams, userIn, type Voices } from './own-flow.ts'
import { keptClient, type PresentClient } from './present-client.ts'
import { requestToken, TokenError } from './request-token.ts'
import type { GrantStore } from './store.ts'
import { type OpenGrant, secretsFrom, type Vault } from './vault.ts'

export type OwnFlowParts = {
  readonly store: GrantStore
  readonly vault: Vault
  readonly fetch: GuardedFetch
  readonly discoveries: Pick<DiscoveryShelf, 'find'>
  client(connector: Connector, facts: AuthFacts): Promise<UpstreamClient>
  readonly present: PresentClient
  changed(id: ServerId): Promise<void>
  readonly voices: Voices
  needsSignIn(connector: Connector, why?: string): GatewayError
  readonly now: () => number
}

/** Gets a token for `owner` without sending anybody anywhere; the grant is renewed the same way. */
export async function connectItself(
  parts: OwnFlowParts,
  connector: Connector,
  owner: string,
): Promise<OpenGrant> {
  const facts = await parts.discoveries.find(connector)
  if (facts === undefined)
    throw new GatewayError('conflict', `${connector.name} does not ask for a sign-in by OAuth.`)
  const client = await parts.client(connector, facts)
  try {
    const params = await ownParams(connector, { facts, owner, voices: parts.voices })
    if (params === undefined) throw parts.needsSignIn(connector, 'it acts for one person at a time')
    const { fetch, now } = parts
    const shown = await parts.present(connector, client, facts.issuer)
    const tokens = await requestToken({ fetch, endpoint: facts.tokenEndpoint, client: shown, params, now })
    const place = { serverId: connector.id, owner }
    await parts.store.put({
      ...place,
      userId: userIn(owner) ?? null,
      issuer: facts.issuer,
      clientId: client.clientId,
      scope: tokens.scope ?? facts.scope ?? null,
      facts,
      tokens: parts.vault.seal(place, secretsFrom(tokens, keptClient(connector, client))),
      expiresAt: tokens.expiresAt === undefined ? null : new Date(tokens.expiresAt),
      connectedAt: new Date(now()),
    })
    await parts.changed(connector.id)
    const row = await parts.store.find(connector.id, owner)
    if (row === undefined) throw new Error('the grant was removed while it was made')
    return parts.vault.open(row)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new GatewayError(
      'upstream-failed',
      `${connector.name}: its authorization server ${facts.issuer} ${error.trouble.what}.`,
      { connector: connector.name, cause: error },
    )
  }
}
