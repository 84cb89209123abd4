import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import { ownFlowOf } from './own-flow.ts'
import type { Refresher } from './refresh-grant.ts'
import type { GrantStore } from './store.ts'
import type { OpenGrant, Vault } from './vault.ts'

export type AttachParts = {
  readonly store: Pick<GrantStore, 'find'>
  readonly vault: Vault
  readonly refresher: Refresher
  needsSignIn(connector: Connector, why?: string): GatewayError
  /** For a connector whose tokens need no consent: gets the first one. */
  connectItself(connector: Connector, owner: string): Promise<OpenGrant>
  readonly now: () => number
}

type Held = {
  readonly grant: OpenGrant
  readonly until: number
  made?: { base: Credential; credential: Credential }
}

export type Attacher = {
  /** Sync while the token is cached and valid. Throws needs-connection without a usable grant. */
  attach(connector: Connector, userId: UserId | undefined, base: Credential): Credential | Promise<Credential>
  /** The same credential with a token the upstream has not refused yet; throws when there is none. */
  replace(connector: Connector, refused: Credential): Promise<Credential | undefined>
  /** Whether this person has a usable grant; asks nobody outside. */
  has(connector: Connector, userId: UserId | undefined): Promise<boolean>
  forget(serverId: string): void
}

const maxCached = 10_000
/** Invalidation comes by notice; this is the net below it. */
const maxAgeMs = 5 * 60_000
/** Renewed this long before it ends, or in the last tenth of a short life: no call waits for it. */
const aheadMs = 60_000
/** After a fresh token was refused too, refreshing again would only hammer the authorization server. */
const refusedRestMs = 60_000

export function ownerOf(connector: Connector, userId: UserId | undefined): string {
  return isShared(connector) || userId === undefined ? 'shared' : `user:${userId}`
}

export function isShared(connector: Connector): boolean {
  if (connector.auth.type !== 'oauth') return false
  return connector.auth.credential === 'shared' || connector.auth.flow === 'client_credentials'
}

/** A grant made for another address or client of this connector is none: its token must not go there. */
export function isUsable(connector: Connector, { row, secrets }: OpenGrant): boolean {
  const { auth } = connector
  const client = auth.type === 'oauth' ? auth.clientId : undefined
  if (row.facts.serverUrl !== connector.url || secrets === undefined) return false
  return client === undefined || client === row.clientId
}

export function tokenAttacher(parts: AttachParts): Attacher {
  const cache = new BoundedCache<Held>(maxCached)
  let epoch = 0

  const hold = (key: string, grant: OpenGrant, started = epoch): Held => {
    const held = { grant, until: parts.now() + maxAgeMs }
    if (started === epoch) cache.set(key, held)
    return held
  }
  // Many first calls at once are one request.
  const connecting = new Map<string, Promise<OpenGrant>>()
  function connectOnce(connector: Connector, owner: string): Promise<OpenGrant> {
    const key = keyOf(connector.id, owner)
    const before = connecting.get(key)
    if (before !== undefined) return before
    const mine = parts.connectItself(connector, owner).finally(() => connecting.delete(key))
    connecting.set(key, mine)
    return mine
  }
  async function load(connector: Connector, owner: string): Promise<Held> {
    const started = epoch
    const row = await parts.store.find(connector.id, owner)
    const grant = row === undefined ? undefined : parts.vault.open(row)
    if (grant === undefined || !isUsable(connector, grant)) {
      if (ownFlowOf(connector) !== undefined)
        return hold(keyOf(connector.id, owner), await connectOnce(connector, owner))
      throw parts.needsSignIn(connector, row?.reason ?? undefined)
    }
    return hold(keyOf(connector.id, owner), grant, started)
  }
  async function renew(connector: Connector, held: Held): Promise<Held> {
    const grant = await parts.refresher.refresh(connector, held.grant)
    return hold(keyOf(connector.id, grant.row.owner), grant)
  }
  function use(connector: Connector, held: Held, base: Credential): Credential | Promise<Credential> {
    const now = parts.now()
    if (isExpired(held, now))
      return renew(connector, held).then((next) => credentialOf(next, connector, base))
    if (isDue(held, now) && !parts.refresher.isResting(held.grant.row))
      renew(connector, held).catch(() => undefined)
    return credentialOf(held, connector, base)
  }
  return {
    attach(connector, userId, base) {
      const owner = ownerOf(connector, userId)
      const held = cache.get(keyOf(connector.id, owner))
      if (held === undefined || held.until < parts.now() || !isUsable(connector, held.grant))
        return load(connector, owner).then((loaded) => use(connector, loaded, base))
      return use(connector, held, base)
    },
    replace: replacer(parts, hold, renew),
    async has(connector, userId) {
      const owner = ownerOf(connector, userId)
      const held = cache.get(keyOf(connector.id, owner))
      if (held !== undefined && held.until >= parts.now()) return isUsable(connector, held.grant)
      if (ownFlowOf(connector) !== undefined) return true
      const row = await parts.store.find(connector.id, owner)
      return row !== undefined && isUsable(connector, parts.vault.open(row))
    },
    forget(serverId) {
      // A change of a grant is rare: emptying the cache keeps this obviously right.
      epoch += 1
      if (serverId === '*') cache.clear()
      for (const { grant } of [...cache.values()])
        if (grant.row.serverId === serverId) cache.delete(keyOf(grant.row.serverId, grant.row.owner))
    },
  }
}

/** A token we were given by force and that was refused too is not replaced again for a while. */
function replacer(
  parts: AttachParts,
  hold: (key: string, grant: OpenGrant) => Held,
  renew: (connector: Connector, held: Held) => Promise<Held>,
): Attacher['replace'] {
  const forced = new BoundedCache<{ refreshes: number; until: number }>(maxCached)
  return async (connector, credential) => {
    const key = keyOf(connector.id, credential.owner)
    const row = await parts.store.find(connector.id, credential.owner)
    if (row === undefined || row.state === 'ended')
      throw parts.needsSignIn(connector, row?.reason ?? undefined)
    const held = hold(key, parts.vault.open(row))
    // Another call or process has a newer one already.
    if (bearerOf(held.grant) !== credential.headers['authorization'])
      return withToken(held, connector, credential)
    const mark = forced.get(key)
    if (mark?.refreshes === row.refreshes && mark.until > parts.now()) return undefined
    const next = await renew(connector, held)
    forced.set(key, { refreshes: next.grant.row.refreshes, until: parts.now() + refusedRestMs })
    return withToken(next, connector, credential)
  }
}

function keyOf(serverId: ServerId, owner: string): string {
  return `${serverId} ${owner}`
}

function isExpired({ grant }: Held, now: number): boolean {
  return grant.row.expiresAt !== null && grant.row.expiresAt.getTime() <= now
}

function isDue({ grant }: Held, now: number): boolean {
  const { expiresAt, refreshedAt, connectedAt } = grant.row
  if (expiresAt === null) return false
  const life = expiresAt.getTime() - (refreshedAt ?? connectedAt).getTime()
  return now >= expiresAt.getTime() - Math.min(aheadMs, life / 10)
}

function bearerOf({ secrets }: OpenGrant): string {
  return `Bearer ${secrets?.accessToken ?? ''}`
}

/** The same object as long as neither part changed: sessions tell a new token by it. */
function credentialOf(held: Held, connector: Connector, base: Credential): Credential {
  if (held.made?.base === base) return held.made.credential
  const credential = withToken(held, connector, base)
  held.made = { base, credential }
  return credential
}

/** Sessions outlive a refresh, so `revision` grows with a new consent only; a stream of SSE carries its token for good. */
function withToken({ grant }: Held, connector: Connector, base: Credential): Credential {
  const { generation, refreshes, owner } = grant.row
  const own = connector.transport === 'sse' ? `${generation}.${refreshes}` : `${generation}`
  return {
    ...base,
    owner,
    revision: `${base.revision.replace(/~.*$/, '')}~${own}`,
    headers: { ...base.headers, authorization: bearerOf(grant) },
  }
}
