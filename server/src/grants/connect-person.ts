import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { isShared, isUsable, ownerOf } from './attach-token.ts'
import { type Answer, beginFlow, endFlow, type FlowParts } from './authorize-person.ts'
import type { DiscoveryShelf } from './discovery-shelf.ts'
import { type AuthFacts, type UpstreamClient, unionOfScopes } from './facts.ts'
import type { FlowStore } from './flow-store.ts'
import { ownFlowOf } from './own-flow.ts'
import { keptClient, type PresentClient } from './present-client.ts'
import type { OwnAddresses } from './register-client.ts'
import { revokeToken } from './request-token.ts'
import type { GrantRow, GrantStore } from './store.ts'
import { type OpenGrant, secretsFrom, type Vault } from './vault.ts'

export type GrantState = {
  readonly serverId: ServerId
  readonly state: 'connected' | 'needs_sign_in' | 'ended'
  readonly shared: boolean
  readonly reason: string | undefined
  readonly issuer: string | undefined
  readonly scope: string | undefined
  readonly connectedAt: string | undefined
  readonly refreshedAt: string | undefined
  readonly expiresAt: string | undefined
}

export type ConnectParts = {
  readonly store: GrantStore
  readonly flows: FlowStore
  readonly vault: Vault
  readonly discoveries: Pick<DiscoveryShelf, 'find'>
  readonly keyring: FlowParts['keyring']
  readonly fetch: GuardedFetch
  readonly own: OwnAddresses
  client(connector: Connector, facts: AuthFacts): Promise<UpstreamClient>
  readonly present: PresentClient
  connector(id: ServerId): Connector | undefined
  changed(serverId: ServerId): Promise<void>
  readonly now: () => number
}

/** What a person does about a grant: see it, begin and end a sign-in, disconnect. */
export function connecting(parts: ConnectParts) {
  const { store, vault, fetch, own, now } = parts
  const flowParts = { store: parts.flows, keyring: parts.keyring, fetch, now, present: parts.present }
  const known = (id: ServerId) => {
    const connector = parts.connector(id)
    if (connector === undefined) throw new GatewayError('not-found', 'The connector is gone.')
    return connector
  }
  return {
    async state(connector: Connector, userId: UserId): Promise<GrantState> {
      const row = await store.find(connector.id, ownerOf(connector, userId))
      const usable = row !== undefined && isUsable(connector, vault.open(row))
      return stateOf(connector, row, usable || ownFlowOf(connector) !== undefined)
    },
    async begin(connector: Connector, userId: UserId): Promise<URL> {
      if (ownFlowOf(connector) !== undefined)
        throw new GatewayError(
          'conflict',
          `${connector.name} needs no sign-in of yours: the gateway gets its tokens.`,
        )
      const facts = await parts.discoveries.find(connector)
      if (facts === undefined)
        throw new GatewayError('conflict', `${connector.name} does not ask for a sign-in by OAuth.`)
      const owner = ownerOf(connector, userId)
      const before = await store.find(connector.id, owner)
      const grantedBefore = unionOfScopes(before?.facts.scope, before?.wantedScope ?? undefined)
      const client = await parts.client(connector, facts)
      const kept = keptClient(connector, client)
      const flow = { facts, client: kept, redirectUri: own.redirectUri, owner, grantedBefore }
      return beginFlow(flowParts, connector, userId, flow)
    },
    async finish(userId: UserId, answer: Answer): Promise<Connector> {
      const { serverId, flow, tokens } = await endFlow(flowParts, userId, answer, known)
      const place = { serverId, owner: flow.owner }
      await store.put({
        ...place,
        userId: flow.owner === 'shared' ? null : userId,
        issuer: flow.facts.issuer,
        clientId: flow.client.clientId,
        scope: tokens.scope ?? flow.facts.scope ?? null,
        facts: flow.facts,
        tokens: vault.seal(place, secretsFrom(tokens, flow.client)),
        expiresAt: tokens.expiresAt === undefined ? null : new Date(tokens.expiresAt),
        connectedAt: new Date(now()),
      })
      await parts.changed(serverId)
      return known(serverId)
    },
    async disconnect(connector: Connector, userId: UserId): Promise<void> {
      const row = await store.remove(connector.id, ownerOf(connector, userId))
      await parts.changed(connector.id)
      if (row !== undefined) await revoke(parts, connector, vault.open(row))
    },
  }
}

async function revoke(
  { fetch, present }: Pick<ConnectParts, 'fetch' | 'present'>,
  connector: Connector,
  { row, secrets }: OpenGrant,
): Promise<void> {
  const endpoint = row.facts.revocationEndpoint
  if (endpoint === undefined || secrets === undefined) return
  const { refreshToken, accessToken } = secrets
  const client = await present(connector, secrets.client, row.issuer)
  const hint = refreshToken === undefined ? 'access_token' : 'refresh_token'
  await revokeToken({ fetch, endpoint, client, token: refreshToken ?? accessToken, hint })
}

function moreRights(row: GrantRow | undefined): string | undefined {
  return row?.wantedScope == null ? undefined : `An operation needs more rights: ${row.wantedScope}.`
}

function stateOf(connector: Connector, row: GrantRow | undefined, usable: boolean): GrantState {
  const time = (date: Date | null | undefined) => date?.toISOString()
  const state = usable ? 'connected' : row?.state === 'ended' ? 'ended' : 'needs_sign_in'
  return {
    serverId: connector.id,
    state,
    shared: isShared(connector),
    reason: row?.reason ?? moreRights(row),
    issuer: row?.issuer,
    scope: row?.scope ?? undefined,
    connectedAt: time(row?.connectedAt),
    refreshedAt: time(row?.refreshedAt),
    expiresAt: time(row?.expiresAt),
  }
}
