import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { ownFlowOf, ownParams, type Voices } from './own-flow.ts'
import { keptClient, type PresentClient } from './present-client.ts'
import { requestToken, TokenError, type Tokens } from './request-token.ts'
import type { GrantRow, GrantStore } from './store.ts'
import { type OpenGrant, secretsFrom, type Vault } from './vault.ts'

export type RefreshParts = {
  readonly store: GrantStore
  readonly vault: Vault
  readonly fetch: GuardedFetch
  /** After a change: other processes and caches hear of it. */
  changed(serverId: ServerId): Promise<void>
  /** The refusal that sends a person to sign in. */
  needsSignIn(connector: Connector, why?: string): GatewayError
  readonly present: PresentClient
  readonly voices: Voices
  forgetClient(issuer: string, clientId: string): Promise<void>
  record(grant: GrantRow, outcome: { error?: string }): Promise<void>
  readonly now: () => number
}

export type Refresher = {
  /** Renews `grant`, or gives what another call or process renewed meanwhile. One request at a time for each grant. */
  refresh(connector: Connector, grant: OpenGrant): Promise<OpenGrant>
  /** A refresh failed a moment ago: asking again so soon would only hammer the server. */
  isResting(grant: GrantRow): boolean
}

/** Longer than a token request can take, so that a lease never ends under its holder. */
const leaseSeconds = 20
const waitForOtherMs = 25_000
const pollMs = 50
const firstRestMs = 500
const longestRestMs = 10_000
const maxResting = 10_000

type Rest = { until: number; ms: number; what: string }

export function grantRefresher(parts: RefreshParts): Refresher {
  const running = new Map<string, Promise<OpenGrant>>()
  const resting = new BoundedCache<Rest>(maxResting)
  const keyOf = (row: GrantRow) => `${row.serverId} ${row.owner} ${row.generation}`
  const restOf = (row: GrantRow) => {
    const rest = resting.get(keyOf(row))
    return rest !== undefined && rest.until > parts.now() ? rest : undefined
  }
  async function renew(connector: Connector, grant: OpenGrant): Promise<OpenGrant> {
    const rest = restOf(grant.row)
    if (rest !== undefined) throw later(connector, grant.row, rest.what)
    try {
      const renewed = await renewOnce(parts, connector, grant)
      resting.delete(keyOf(grant.row))
      return renewed
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      const before = resting.get(keyOf(grant.row))?.ms ?? firstRestMs / 2
      const ms = error.trouble.retryAfterMs ?? Math.min(before * 2, longestRestMs)
      const until = parts.now() + ms
      resting.set(keyOf(grant.row), { until, ms: Math.min(ms, longestRestMs), what: error.trouble.what })
      throw later(connector, grant.row, error.trouble.what, error)
    }
  }
  return {
    isResting: (row) => restOf(row) !== undefined,
    refresh(connector, grant) {
      const key = keyOf(grant.row)
      const before = running.get(key)
      if (before !== undefined) return before
      const mine = renew(connector, grant).finally(() => running.delete(key))
      running.set(key, mine)
      return mine
    },
  }
}

function later(connector: Connector, row: GrantRow, what: string, cause?: unknown): GatewayError {
  return new GatewayError(
    'upstream-failed',
    `${connector.name}: its authorization server ${row.issuer} ${what}. Your sign-in is kept and tried again by itself.`,
    { connector: connector.name, cause },
  )
}

/** Takes the lease and renews, or waits for who holds it. Throws TokenError for what may work later. */
async function renewOnce(parts: RefreshParts, connector: Connector, seen: OpenGrant): Promise<OpenGrant> {
  const me = randomUUID()
  const { serverId, owner, generation, refreshes } = seen.row
  for (let waited = 0; waited <= waitForOtherMs; waited += pollMs) {
    const row = await parts.store.find(serverId, owner)
    if (row === undefined) throw parts.needsSignIn(connector)
    if (row.state === 'ended') throw parts.needsSignIn(connector, row.reason ?? undefined)
    if (row.generation !== generation || row.refreshes > refreshes) return parts.vault.open(row)
    if (await parts.store.lease(row, me, leaseSeconds)) return await withLease(parts, connector, row, me)
    await wait(pollMs)
  }
  throw new TokenError({ kind: 'later', what: 'is being asked by another process, which does not finish' })
}

async function withLease(
  parts: RefreshParts,
  connector: Connector,
  ...[row, me]: [GrantRow, string]
): Promise<OpenGrant> {
  const { secrets } = parts.vault.open(row)
  if (secrets === undefined) throw parts.needsSignIn(connector, row.reason ?? undefined)
  try {
    const tokens = await ask(parts, connector, row, secrets)
    const renewed = await parts.store.renew(row, me, {
      tokens: parts.vault.seal(row, secretsFrom(tokens, keptClient(connector, secrets.client), secrets)),
      expiresAt: tokens.expiresAt === undefined ? null : new Date(tokens.expiresAt),
      scope: tokens.scope ?? row.scope,
      refreshedAt: new Date(parts.now()),
    })
    if (renewed === undefined) throw new TokenError({ kind: 'later', what: 'took too long' })
    await parts.record(renewed, {})
    await parts.changed(row.serverId)
    return parts.vault.open(renewed)
  } catch (error) {
    if (!(error instanceof TokenError)) {
      await parts.store.release(row, me)
      throw error
    }
    throw await afterTrouble(parts, { connector, row, me, client: secrets.client, error })
  }
}

async function ask(
  parts: RefreshParts,
  connector: Connector,
  ...[row, secrets]: [GrantRow, NonNullable<OpenGrant['secrets']>]
): Promise<Tokens> {
  const auth = connector.auth.type === 'oauth' ? connector.auth : undefined
  const resource = auth?.resource === 'omit' ? undefined : row.facts.resource
  const own = ownFlowOf(connector) !== undefined
  if (!own && secrets.refreshToken === undefined)
    throw new TokenError({ kind: 'ended', what: 'gave no way to renew the sign-in, and it has expired' })
  const { facts, owner } = row
  const params = own
    ? await ownParams(connector, { facts, owner, voices: parts.voices })
    : { grant_type: 'refresh_token', refresh_token: secrets.refreshToken, resource }
  if (params === undefined) throw new TokenError({ kind: 'ended', what: 'has nobody to give a token to' })
  return requestToken({
    fetch: parts.fetch,
    endpoint: row.facts.tokenEndpoint,
    client: await parts.present(connector, secrets.client, row.issuer),
    params,
    now: parts.now,
  })
}

type Trouble = {
  connector: Connector
  row: GrantRow
  me: string
  client: NonNullable<OpenGrant['secrets']>['client']
  error: TokenError
}

/** Only a word of the server that the grant is over ends it; everything else leaves it as it was (R1). */
async function afterTrouble(parts: RefreshParts, at: Trouble): Promise<Error> {
  const { connector, row, me, client, error } = at
  const { kind, what } = error.trouble
  const isGone = kind === 'client' && client.origin === 'registered'
  await parts.record(row, { error: what })
  // What needs no consent is not over because it was refused once: nobody could consent again.
  const mayEnd = kind === 'ended' && ownFlowOf(connector) === undefined
  if (!mayEnd && !isGone) {
    await parts.store.release(row, me)
    return error
  }
  if (isGone) await parts.forgetClient(row.issuer, client.clientId)
  const reason = `${row.issuer} ${what}`
  await parts.store.end(row, reason, '')
  await parts.changed(row.serverId)
  return parts.needsSignIn(connector, reason)
}
