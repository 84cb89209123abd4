import { Provider } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import type { Caller, Principal } from '../kernel/caller.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import type { Log } from '../lib/log.ts'
import { addressGuard } from '../lib/network.ts'
import type { Sso } from '../sso/sso.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { compareByHash } from './agent-clients.ts'
import { type Devices, openDevices } from './ask-for-device.ts'
import { type Consents, openConsents } from './ask-person.ts'
import { configureProvider } from './configure-provider.ts'
import { type Connection, connectionStore } from './connection-store.ts'
import { exchangeTokens } from './exchange-token.ts'
import { documentFetch } from './fetch-documents.ts'
import { grantToAgents } from './grant-agents.ts'
import { type AssertionParts, grantToAssertions } from './grant-assertions.ts'
import { type Issuers, keepIssuers } from './keep-issuers.ts'
import { keepRedirectRules, type RedirectRules } from './keep-redirect-rules.ts'
import { hourlyLimit } from './limit-hourly.ts'
import { baseOf } from './name-resource.ts'
import { type OauthHandle, oauthPaths, serveOauth } from './serve-oauth.ts'
import type { Tokens } from './tokens.ts'

/** Client documents fetched for one address and hour; cached ones do not count. */
const fetchesPerHour = 300

/** The authorization server for AI clients. */
export type Oauth = {
  /** Answers the paths of `paths`, and no others. */
  readonly handle: OauthHandle
  readonly paths: typeof oauthPaths
  readonly consents: Consents
  readonly devices: Devices
  readonly redirects: RedirectRules
  readonly issuers: Issuers
  /** What a person connected, newest first. */
  connectionsOf(userId: UserId): Promise<Connection[]>
  /** Ends a connection and every token of it. Throws not-found for another person's. */
  disconnect(id: string, userId: UserId): Promise<Connection>
  /** Ends every connection of a person: whoever is deactivated does not get them back with their account. */
  endPerson(userId: UserId): Promise<void>
  close(): Promise<void>
}

export type OauthParts = {
  db: Db
  bus: Bus
  keyring: { derive(label: string): Buffer }
  publicUrl: URL
  /** CIDRs client documents may come from besides public addresses. */
  allowedNetworks: readonly string[]
  tokens: Tokens
  agents: AgentAccounts
  journal: Journal
  /** Who signs in to the console as whom. */
  sso: Pick<Sso, 'personOf' | 'identitiesOf'>
  identity: {
    find(id: UserId): Promise<Principal | undefined>
    personByEmail(email: string): Promise<UserId | undefined>
    authenticate(presented: {
      authorization: undefined
      apiKey: undefined
      cookie: string | undefined
      ip: string
    }): Caller | Promise<Caller>
  }
  now: () => number
  log: Log
}

export async function openOauth(parts: OauthParts): Promise<Oauth> {
  const { db, bus, identity, tokens, agents, now, log } = parts
  const base = baseOf(parts.publicUrl)
  const connections = connectionStore(db)
  const redirects = await keepRedirectRules({ db, bus, now })
  const guarded = openGuardedFetch({ guard: addressGuard(parts.allowedNetworks) })
  const provider = new Provider(
    base,
    configureProvider({
      base,
      fetch: documentFetch(guarded),
      mayFetch: hourlyLimit(fetchesPerHour, now),
      keys: tokens.signingKeys,
      records: tokens.records,
      agents,
      cookieKeys: [parts.keyring.derive('oauth-cookie').toString('base64url')],
      nonceSecret: parts.keyring.derive('oauth-dpop-nonce'),
      findPerson: async (id) => (isUuid(id) ? await identity.find(id) : undefined),
    }),
  )
  compareByHash(provider, agents)
  const granting = { provider, agents, sign: tokens.sign, proofs: tokens.proofs, base }
  grantToAgents(granting)
  exchangeTokens({ ...granting, tokens, identity, now })
  const issuers = await keepIssuers({ db, bus, fetch: documentFetch(guarded), now })
  provider.on('server_error', (_ctx, error) => log.error({ err: error }, 'an OAuth request failed'))
  const making = { provider, connections, records: tokens.records, base, now }
  grantToAssertions({ ...granting, ...making, issuers, identity, signIns: signInsOf(parts.sso) })
  const end = async (ids: readonly string[]) => {
    for (const name of await connections.grantsOf(ids)) await tokens.records.endGrant(name)
    for (const id of ids) await connections.remove(id)
  }
  return {
    handle: serveOauth({
      provider,
      base,
      journal: parts.journal,
      judge: redirects.judge,
      agents,
      issuers,
      personOf: (cookie, ip) => personOf(identity, cookie, ip),
      now,
      log,
    }),
    paths: oauthPaths,
    consents: openConsents({ ...making, judge: redirects.judge }),
    devices: openDevices(making),
    redirects,
    issuers: endingWith(issuers, async (issuer) => end(await connections.idsAt(issuer))),
    connectionsOf: connections.ofPerson,
    async disconnect(id, userId) {
      const found = isUuid(id) ? await connections.find(id) : undefined
      if (found === undefined || found.userId !== userId)
        throw new GatewayError('not-found', 'You have no connected client with this id.')
      await end([id])
      return found
    },
    endPerson: async (userId) => end((await connections.ofPerson(userId)).map(({ id }) => id)),
    async close() {
      redirects.close()
      issuers.close()
      await guarded.close()
    },
  }
}

/** What was given on the word of an issuer ends with the trust in it. */
function endingWith(issuers: Issuers, end: (issuer: string) => Promise<void>): Issuers {
  return {
    ...issuers,
    async remove(id) {
      // First as well: should it fail, the issuer is still there and can be removed again.
      const known = issuers.list().find((one) => one.id === id)
      if (known !== undefined) await end(known.issuer)
      const gone = await issuers.remove(id)
      await end(gone.issuer)
      return gone
    },
  }
}

function signInsOf(sso: OauthParts['sso']): AssertionParts['signIns'] {
  return {
    bySignIn: sso.personOf,
    issuersOf: async (id) => (await sso.identitiesOf(id)).map(({ issuer }) => issuer),
  }
}

async function personOf(identity: OauthParts['identity'], cookie: string | undefined, ip: string) {
  try {
    return await identity.authenticate({ authorization: undefined, apiKey: undefined, cookie, ip })
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.reason === 'unauthenticated') return undefined
    throw thrown
  }
}
