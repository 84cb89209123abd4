import { GatewayError } from '../kernel/errors.ts'
import { type AgentId, type DelegationId, isUuid, newId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import {
  type Delegation,
  type DelegationStore,
  delegationStore,
  type SessionGrant,
} from './delegation-store.ts'
import type { Use } from './store.ts'

export const delegationMs = 90 * 24 * 3_600_000
/** Uses of lent credentials waiting to be written; more are not noted until the next write. */
const maxLentUses = 5_000

export type Ended = 'none' | 'expired' | 'revoked'

/** What people let agents do for them, and which of their credentials those may use. */
export type Delegations = {
  /** As it stands now, with what is lent; or why there is none. */
  between(userId: UserId, agentId: AgentId): Promise<Living | { ended: Ended }>
  living(id: string): Promise<Living | undefined>
  ofPerson(userId: UserId): Promise<Delegation[]>
  grantsOf(delegationIds: readonly DelegationId[]): Promise<SessionGrant[]>
  /** Throws conflict while one is in force. */
  create(draft: {
    userId: UserId
    agentId: AgentId
    servers: readonly ServerId[] | undefined
  }): Promise<Delegation>
  /** The person's own; throws not-found for another's. */
  own(id: string, userId: UserId): Promise<Delegation>
  /** Another 90 days from now, with what it lends. Throws conflict once it was revoked. */
  renew(delegation: Delegation): Promise<Delegation>
  setServers(delegation: Delegation, servers: readonly ServerId[] | undefined): Promise<Delegation>
  revoke(delegation: Delegation): Promise<void>
  /** Revokes what a person delegated: whoever is deactivated does not get it back with their account. */
  endPerson(userId: UserId): Promise<void>
  lend(delegation: Delegation, serverId: ServerId): Promise<SessionGrant>
  ownGrant(id: string, userId: UserId): Promise<{ grant: SessionGrant; delegation: Delegation }>
  takeBack(grant: SessionGrant): Promise<void>
  isInForce(delegation: Delegation): boolean
  /** Remembers that a lent credential was used; written with the other uses. */
  noteLent(delegationId: string, serverId: string): void
  recordUses(uses: readonly Use[]): Promise<void>
}

export type Living = {
  delegation: Delegation
  lent: readonly ServerId[]
  /** When what is lent changes by itself. */
  freshUntil: number
}

export type DelegationParts = { db: Db; bus: Bus; now: () => number }

export function openDelegations({ db, bus, now }: DelegationParts): Delegations {
  const store = delegationStore(db)
  const changed = (id: string) => bus.publish('identity', `key:delegation:${id}`)
  const isInForce = ({ revokedAt, expiresAt }: Delegation) =>
    revokedAt === undefined && expiresAt.getTime() > now()
  const own = async (id: string, userId: UserId) => {
    const found = isUuid(id) ? await store.find(id as DelegationId) : undefined
    if (found === undefined || found.userId !== userId)
      throw new GatewayError('not-found', 'You have no delegation with this id.')
    return found
  }
  const again = async ({ id, userId }: Delegation) => {
    await changed(id)
    return own(id, userId)
  }
  const living = async (delegation: Delegation) => livingOf(store, delegation, now())
  return {
    async between(userId, agentId) {
      const found = await store.between(userId, agentId)
      if (found === undefined) return { ended: 'none' }
      if (found.revokedAt !== undefined) return { ended: 'revoked' }
      return isInForce(found) ? living(found) : { ended: 'expired' }
    },
    async living(id) {
      const found = isUuid(id) ? await store.find(id as DelegationId) : undefined
      return found !== undefined && isInForce(found) ? living(found) : undefined
    },
    ofPerson: store.ofPerson,
    grantsOf: store.grants.of,
    own,
    isInForce,
    async create(draft) {
      const id = newId<'delegation'>(now())
      const servers = draft.servers === undefined ? null : [...draft.servers]
      const [createdAt, expiresAt] = [new Date(now()), new Date(now() + delegationMs)]
      if (!(await store.insert({ ...draft, id, servers, createdAt, expiresAt })))
        throw new GatewayError('conflict', 'You already let this agent act for you. Renew or change that.')
      await changed(id)
      return own(id, draft.userId)
    },
    async renew(delegation) {
      if (delegation.revokedAt !== undefined)
        throw new GatewayError('conflict', 'This delegation was revoked. Make a new one.')
      await store.renew(delegation.id, new Date(now() + delegationMs))
      return again(delegation)
    },
    async setServers(delegation, servers) {
      await store.setServers(delegation.id, servers)
      return again(delegation)
    },
    async revoke(delegation) {
      await store.revoke(delegation.id, new Date(now()))
      await changed(delegation.id)
    },
    async endPerson(userId) {
      for (const id of await store.revokeOf(userId, new Date(now()))) await changed(id)
    },
    ...lending({ store, changed, own, isInForce, now }),
  }
}

async function livingOf(store: DelegationStore, delegation: Delegation, at: number): Promise<Living> {
  const grants = (await store.grants.of([delegation.id])).filter(({ expiresAt }) => expiresAt.getTime() > at)
  const ends = [delegation.expiresAt, ...grants.map(({ expiresAt }) => expiresAt)]
  return {
    delegation,
    lent: grants.map(({ serverId }) => serverId),
    freshUntil: Math.min(...ends.map((end) => end.getTime())),
  }
}

type LendingParts = {
  store: DelegationStore
  changed(id: string): Promise<void>
  own: Delegations['own']
  isInForce: Delegations['isInForce']
  now: () => number
}

function lending({ store, changed, own, isInForce, now }: LendingParts) {
  const lentUses = new Map<string, { delegationId: string; serverId: string; at: Date }>()
  return {
    async lend(delegation: Delegation, serverId: ServerId) {
      if (!isInForce(delegation))
        throw new GatewayError('conflict', 'This delegation is over. Renew it or make a new one first.')
      const grant = await store.grants.put({
        id: newId(now()),
        delegationId: delegation.id,
        serverId,
        createdAt: new Date(now()),
        expiresAt: new Date(now() + delegationMs),
      })
      await changed(delegation.id)
      return grant
    },
    async ownGrant(id: string, userId: UserId) {
      const grant = isUuid(id) ? await store.grants.find(id) : undefined
      if (grant === undefined) throw new GatewayError('not-found', 'You have no session grant with this id.')
      return { grant, delegation: await own(grant.delegationId, userId) }
    },
    async takeBack(grant: SessionGrant) {
      await store.grants.remove(grant.id)
      await changed(grant.delegationId)
    },
    noteLent(delegationId: string, serverId: string) {
      const key = `${delegationId} ${serverId}`
      if (lentUses.size < maxLentUses || lentUses.has(key))
        lentUses.set(key, { delegationId, serverId, at: new Date(now()) })
    },
    async recordUses(uses: readonly Use[]) {
      const lent = [...lentUses.values()]
      lentUses.clear()
      await store.recordUses(uses)
      await store.recordLent(lent)
    },
  }
}
