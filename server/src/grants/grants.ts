/** What people were granted at upstreams: found out, asked for once, renewed in silence, attached to one call. */
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { isShared, ownerOf, tokenAttacher } from './attach-token.ts'
import type { Answer, FlowParts } from './authorize-person.ts'
import type { Challenge } from './challenge.ts'
import { type ClientStore, clientStore } from './client-store.ts'
import { connectItself } from './connect-itself.ts'
import { type ConnectParts, connecting, type GrantState } from './connect-person.ts'
import { discoveryShelf } from './discovery-shelf.ts'
import { unionOfScopes } from './facts.ts'
import { flowStore } from './flow-store.ts'
import { guardCalls } from './guard-calls.ts'
import type { Voices } from './own-flow.ts'
import { type ClientAssertion, presentClient } from './present-client.ts'
import { recordRefresh } from './record-refresh.ts'
import { grantRefresher } from './refresh-grant.ts'
import { type OwnAddresses, resolveClient } from './register-client.ts'
import { type GrantStore, grantStore } from './store.ts'
import { grantVault } from './vault.ts'

export type Grants = {
  /** Whether this connector's upstream is signed in to by OAuth. */
  governs(connector: Connector): boolean
  isShared(connector: Connector): boolean
  /** Adds the access token. Sync while it is cached and valid; throws needs-connection without a grant. */
  attach(connector: Connector, userId: UserId | undefined, base: Credential): Credential | Promise<Credential>
  /** Whether this person has to sign in first; asks nobody outside. */
  lacks(connector: Connector, userId: UserId): Promise<boolean>
  /** Whether an operation needed rights this person was not asked for yet. */
  wantsMore(connector: Connector, userId: UserId): Promise<boolean>
  state(connector: Connector, userId: UserId): Promise<GrantState>
  /** Finds out what the upstream wants and gives the address where this person signs in. */
  begin(connector: Connector, userId: UserId): Promise<URL>
  /** Ends what `begin` began, for the same person only. */
  finish(userId: UserId, answer: Answer): Promise<Connector>
  disconnect(connector: Connector, userId: UserId): Promise<void>
  /** Ends everything a person was granted of their own; answers how many grants. */
  endPerson(userId: UserId): Promise<number>
  /** Upstreams that renew a refused token once and notice who wants OAuth. */
  guard<U extends Pick<Upstreams, 'call' | 'facts' | 'watch'>>(upstreams: U): U
  readonly own: OwnAddresses
  close(): Promise<void>
}

export type GrantsParts = {
  readonly db: Db
  readonly bus: Bus
  readonly keyring: FlowParts['keyring']
  readonly journal: Journal
  readonly fetch: GuardedFetch
  readonly own: OwnAddresses
  /** The OAuth broker that connectors may name. */
  readonly brokerUrl?: string | undefined
  connector(id: ServerId): Connector | undefined
  clientSecret(id: ServerId): Promise<string | undefined>
  readonly clientAssertion: ClientAssertion
  /** For connectors that act for a person without their consent there. */
  readonly voices: Voices
  /** Where a person connects. */
  connectUrl(connector: Connector): string
  readonly now: () => number
  readonly log: Log
}

const topic = 'grants'

export async function openGrants(parts: GrantsParts): Promise<Grants> {
  const { db, bus, keyring, fetch, own, now, voices } = parts
  const store = grantStore(db)
  const flows = flowStore(db)
  const vault = grantVault(keyring)
  const clients = clientStore(db, { keyring, redirectUri: own.redirectUri, now })
  const changed = (id: ServerId) => bus.publish(topic, id)
  const discoveries = await discoveryShelf({ store: flows, fetch, brokerUrl: parts.brokerUrl, now, changed })
  const needsSignIn = refusalFor(parts)
  const client = clientResolver(parts, clients)
  const present = presentClient(parts)
  const refresher = grantRefresher({
    ...{ store, vault, fetch, changed, needsSignIn, now, present, voices },
    forgetClient: clients.forget,
    record: (grant, outcome) => recordRefresh(parts.journal, grant, outcome),
  })
  const itself = {
    store,
    vault,
    fetch,
    discoveries,
    client,
    present,
    changed,
    voices,
    needsSignIn,
    now,
  }
  const attacher = tokenAttacher({
    ...{ store, vault, refresher, needsSignIn, now },
    connectItself: (connector, owner) => connectItself(itself, connector, owner),
  })
  const off = bus.on(topic, (id) => {
    attacher.forget(id)
    return discoveries.reread(id)
  })
  const governs = (connector: Connector) =>
    connector.auth.type === 'oauth' ||
    (connector.auth.type === 'auto' && discoveries.of(connector) !== undefined)
  const ground = { ...parts, store, vault, discoveries, client, present, changed, needsSignIn }
  return {
    governs,
    isShared,
    attach: attacher.attach,
    lacks: async (connector, userId) => !(await attacher.has(connector, userId)),
    async wantsMore(connector, userId) {
      const row = await store.find(connector.id, ownerOf(connector, userId))
      return row?.wantedScope != null
    },
    ...connecting({ ...ground, flows }),
    async endPerson(userId) {
      const ended = await store.removeOf(userId)
      for (const id of ended) await changed(id)
      return ended.length
    },
    guard: (upstreams) =>
      guardCalls(upstreams, {
        governs,
        discover: async (connector) => (await discoveries.find(connector)) !== undefined,
        replace: attacher.replace,
        needsSignIn,
        askFor: (connector, credential, challenge) => askFor(store, { connector, credential, challenge }),
      }),
    own,
    close: async () => {
      off()
      await fetch.close()
    },
  }
}

/** By which authorization servers of upstreams know this installation: the page in the console, and our document. */
export function ownAddresses({
  publicUrl,
  productName,
}: Pick<OwnAddresses, 'publicUrl' | 'productName'>): OwnAddresses {
  return {
    productName,
    publicUrl,
    redirectUri: new URL('/connections/callback', publicUrl).href,
    documentUrl: new URL('/.well-known/oauth-client.json', publicUrl).href,
    signingDocumentUrl: new URL('/.well-known/oauth-client-with-key.json', publicUrl).href,
    jwksUrl: new URL('/api/v1/oauth/jwks', publicUrl).href,
  }
}

function clientResolver(
  { fetch, own, now, clientSecret }: GrantsParts,
  shelf: ClientStore,
): ConnectParts['client'] {
  return async (connector, facts) => {
    const settings = connector.auth.type === 'oauth' ? connector.auth : {}
    const secret = await clientSecret(connector.id)
    return resolveClient({ fetch, facts, settings, secret, own, shelf, now })
  }
}

type StepUp = { connector: Connector; credential: Credential; challenge: Challenge }

/** False when the last sign-in asked for all of it already: asking again would not help. */
async function askFor(store: GrantStore, { connector, credential, challenge }: StepUp): Promise<boolean> {
  const row = await store.find(connector.id, credential.owner)
  const asked = row?.facts.scope?.split(' ') ?? []
  const wanted = challenge.scope?.split(' ').filter((word) => !asked.includes(word)) ?? []
  if (row === undefined || wanted.length === 0) return false
  const scope = unionOfScopes(row.wantedScope ?? undefined, ...wanted)
  if (scope !== undefined && scope !== row.wantedScope) await store.wantScope(row, scope)
  return true
}

/** The refusal that sends a person to the page where they sign in. */
function refusalFor(parts: Pick<GrantsParts, 'connectUrl'>) {
  return (connector: Connector, why?: string) => {
    const who = isShared(connector) ? 'an administrator to sign in for everybody' : 'your own sign-in'
    const more = why === undefined ? '' : ` (${why})`
    return new GatewayError('needs-connection', `${connector.name} needs ${who}${more}.`, {
      data: {
        url: parts.connectUrl(connector),
        // Only what this person can do something about.
        ...(isShared(connector) ? {} : { server_id: connector.id }),
      },
      connector: connector.name,
    })
  }
}
