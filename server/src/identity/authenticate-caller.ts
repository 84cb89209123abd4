import { hash, randomBytes } from 'node:crypto'
import type { Caller } from '../kernel/caller.ts'
import type { ShownProof } from '../kernel/challenge.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { AgentId, ConnectionId, UserId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Log } from '../lib/log.ts'
import type { Bus } from '../storage/storage.ts'
import { keyedHash } from './make-secret.ts'
import { type ActingFacts, callerOf, callerOfActing, callerOfAgent, callerOfKey } from './person.ts'
import type { KeyStore } from './proof-store.ts'
import { type Failure, type Presented, readProof, type Shown } from './read-proof.ts'
import { recordUses, type Use } from './record-uses.ts'
import type { SessionStore } from './session-store.ts'
import type { PeopleStore } from './store.ts'

/** A session ends after this long without a request, and in any case after `sessionMs`. */
export const sessionIdleMs = 8 * 3_600_000
export const sessionMs = 7 * 24 * 3_600_000

const maxCached = 10_000
/** Longest life of a cached caller, should a notice of a change be lost. */
const maxAgeMs = 30_000

export type AuthenticatorParts = {
  keys: KeyStore
  sessions: SessionStore
  bus: Bus
  people: Pick<PeopleStore, 'find'>
  tokens: TokenSource
  onFailed(why: Failure, ip: string): void
  /** Keys of the stored hashes. */
  hashKeys: { apiKey: Buffer; session: Buffer }
  cookieName: string
  now: () => number
  log: Log
}

/** What the authorization server knows of an access token. */
export type TokenSource = {
  /** undefined for whatever is not a living token of ours. */
  find(text: string): Promise<KnownToken | undefined>
  /** True when a token for this audience counts at this MCP path; never without one. */
  accepts(audience: string, path: string | undefined): boolean
  readonly proofs: {
    /** Takes the proof of the key a token is bound to, once. Throws in words why it does not count. */
    take(
      proof: ShownProof | undefined,
      token: { text: string; boundTo: string | undefined },
    ): Promise<unknown>
  }
  recordUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void>
  recordAgentUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void>
}
export type KnownToken = (
  | { kind: 'person'; userId: UserId; connectionId: ConnectionId }
  | { kind: 'agent'; agentId: AgentId }
  | ({ kind: 'acting'; userId: UserId; freshUntil: number } & ActingFacts)
) & {
  clientId: string
  clientName: string
  audience: string
  endsAt: number
  boundTo: string | undefined
  /** The scopes it would need where it is for, when it has too few. */
  lacks: string | undefined
}

type Known = {
  caller: Caller
  goodUntil: number
  use: Use
  audience: string | undefined
  /** Thumbprint of the key its token is bound to. */
  boundTo: string | undefined
  lacks: string | undefined
  /** The path it was last found to be for: the same client asks at the same one again and again. */
  countsAt?: string | undefined
}

export type Authenticator = {
  authenticate(presented: Presented): Caller | Promise<Caller>
  /** Writes who used what when. */
  writeUses(): Promise<void>
  close(): Promise<void>
}

/** Always the same words: whoever tries credentials learns nothing from the answer. */
export const unauthenticated = () =>
  new GatewayError('unauthenticated', 'The credential is missing, unknown, expired or revoked.')

export function openAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { now } = parts
  const known = new BoundedCache<Known>(maxCached)
  // Secrets are looked up by a hash salted for this process, so the cache holds none of them.
  const salt = randomBytes(16).toString('base64url')
  let generation = 0
  const uses = recordUses({ ...parts, tokens: parts.tokens })
  const pending = new Map<string, Promise<Known>>()

  const stop = parts.bus.on('identity', () => {
    generation++
    known.clear()
    // Whoever asks from now on must not be answered by a look-up that began before the change.
    pending.clear()
  })

  const refuse = (why: Failure, ip: string): GatewayError => {
    parts.onFailed(why, ip)
    return unauthenticated()
  }

  const lookUp = async (shown: Proof, cacheKey: string, ip: string): Promise<Known> => {
    const started = generation
    const at = now()
    const found = await finders[shown.kind](parts, shown, at)
    if ('failure' in found) throw refuse(found.failure, ip)
    const { kind, id } = found.caller.proof
    const use: Use = { kind, id, at, ip, isNoted: false }
    const { caller, endsAt, audience, boundTo, lacks, freshUntil = endsAt } = found
    const goodUntil = Math.min(endsAt, freshUntil, at + maxAgeMs)
    const entry: Known = { caller, goodUntil, use, audience, boundTo, lacks }
    if (started === generation) known.set(cacheKey, entry)
    return entry
  }
  const admit = admission(parts, { uses, refuse })
  /** Many requests with one key that is not cached ask the store once. */
  const lookUpOnce = (shown: Proof, cacheKey: string, ip: string): Promise<Known> => {
    const running = pending.get(cacheKey)
    if (running !== undefined) return running
    const started = lookUp(shown, cacheKey, ip).finally(() => {
      if (pending.get(cacheKey) === started) pending.delete(cacheKey)
    })
    pending.set(cacheKey, started)
    return started
  }

  return {
    authenticate(presented) {
      const shown = readProof(presented, parts.cookieName)
      if ('failure' in shown) throw refuse(shown.failure, presented.ip)
      const cacheKey = hash('sha256', salt + shown.kind + shown.secret, 'base64')
      const fresh = parts.bus.ensureFresh()
      const admitted = (entry: Known) => admit(entry, presented, shown)
      if (fresh !== undefined) return fresh.then(() => lookUp(shown, cacheKey, presented.ip)).then(admitted)
      const entry = known.get(cacheKey)
      if (entry === undefined || now() >= entry.goodUntil)
        return lookUpOnce(shown, cacheKey, presented.ip).then(admitted)
      return admit(entry, presented, shown)
    },
    writeUses: uses.write,
    async close() {
      stop()
      await uses.close()
    },
  }
}

const tooFewScopes = (scope: string) =>
  new GatewayError('scope-missing', `This token needs the scope ${scope} for this.`, { data: { scope } })

type Admission = {
  uses: { note(use: Use, at: number, ip: string): void }
  refuse(why: Failure, ip: string): Error
}
type Admit = (entry: Known, presented: Presented, shown: Proof) => Caller | Promise<Caller>

/** A token counts where it is for, whoever looked it up; a key of the workspace only where somebody asks for one. */
function admission(parts: AuthenticatorParts, { uses, refuse }: Admission): Admit {
  const { tokens, now } = parts
  /** A token bound to a key counts with a proof of that key, and never as a bearer's. */
  const proven = async (entry: Known, presented: Presented, shown: Proof): Promise<Caller> => {
    const { ip, isProven, keyProof } = presented
    const token = { text: shown.secret, boundTo: entry.boundTo }
    try {
      if (!isProven) await tokens.proofs.take(shown.withKey ? keyProof : undefined, token)
    } catch (thrown) {
      parts.onFailed('unproven', ip)
      throw thrown
    }
    if (entry.lacks !== undefined) throw tooFewScopes(entry.lacks)
    uses.note(entry.use, now(), ip)
    return entry.caller
  }
  return (entry, presented, shown) => {
    const { ip, resource, takesOrganizationKeys } = presented
    if (entry.caller.type === 'organization' && takesOrganizationKeys !== true)
      throw new GatewayError(
        'not-allowed',
        'This key acts for the workspace, not for a person, so it opens no MCP endpoint. Use a personal key.',
      )
    if (entry.audience !== undefined && (resource === undefined || entry.countsAt !== resource)) {
      if (!tokens.accepts(entry.audience, resource)) throw refuse('elsewhere', ip)
      entry.countsAt = resource
    }
    if (entry.boundTo !== undefined || shown.withKey) return proven(entry, presented, shown)
    if (entry.lacks !== undefined) throw tooFewScopes(entry.lacks)
    uses.note(entry.use, now(), ip)
    return entry.caller
  }
}

type Proof = Exclude<Shown, { failure: Failure }>
type Found =
  | {
      caller: Caller
      endsAt: number
      audience: string | undefined
      boundTo?: string | undefined
      lacks?: string | undefined
      freshUntil?: number
    }
  | { failure: Failure }

async function findKey(parts: AuthenticatorParts, shown: Proof, at: number): Promise<Found> {
  const key = await parts.keys.findByHash(keyedHash(parts.hashKeys.apiKey, shown.secret))
  if (key === undefined) return { failure: 'unknown' }
  const endsAt = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
  if (endsAt <= at) return { failure: 'expired' }
  const { person, role } = key
  if (role !== undefined) return { caller: callerOfKey({ ...key, role }), endsAt, audience: undefined }
  if (person?.status !== 'active') return { failure: 'deactivated' }
  return { caller: callerOf(person, { kind: 'api_key', id: key.id }), endsAt, audience: undefined }
}

async function findSession(parts: AuthenticatorParts, shown: Proof, at: number): Promise<Found> {
  const found = await parts.sessions.findByHash(keyedHash(parts.hashKeys.session, shown.secret))
  if (found === undefined) return { failure: 'unknown' }
  const { session, person } = found
  const endsAt = Math.min(session.createdAt.getTime() + sessionMs, session.seenAt.getTime() + sessionIdleMs)
  if (endsAt <= at) return { failure: 'expired' }
  if (person.status !== 'active') return { failure: 'deactivated' }
  return { caller: callerOf(person, { kind: 'session', id: session.id }), endsAt, audience: undefined }
}

async function findToken(parts: AuthenticatorParts, shown: Proof, at: number): Promise<Found> {
  const token = await parts.tokens.find(shown.secret)
  if (token === undefined) return { failure: 'unknown' }
  const { clientId, clientName, endsAt } = token
  const { audience, boundTo, lacks } = token
  const terms = { endsAt, audience, boundTo, lacks }
  if (endsAt <= at) return { failure: 'expired' }
  if (token.kind === 'agent') return { caller: callerOfAgent(token), ...terms }
  const person = await parts.people.find(token.userId)
  if (person === undefined || person.status !== 'active') return { failure: 'deactivated' }
  if (token.kind === 'acting') {
    const { freshUntil } = token
    return { caller: callerOfActing(person, token), ...terms, freshUntil }
  }
  const proof = { kind: 'access_token', id: token.connectionId, clientId, clientName } as const
  return { caller: callerOf(person, proof), ...terms }
}

const finders = { api_key: findKey, session: findSession, access_token: findToken } as const
