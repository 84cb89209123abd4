import { hash, randomBytes } from 'node:crypto'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Log } from '../lib/log.ts'
import type { Bus } from '../storage/storage.ts'
import { keyedHash } from './make-secret.ts'
import { callerOf } from './person.ts'
import type { KeyStore } from './proof-store.ts'
import { type Failure, type Presented, readProof, type Shown } from './read-proof.ts'
import { recordUses, type Use } from './record-uses.ts'
import type { SessionStore } from './session-store.ts'

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
  onFailed(why: Failure, ip: string): void
  /** Keys of the stored hashes. */
  hashKeys: { apiKey: Buffer; session: Buffer }
  cookieName: string
  now: () => number
  log: Log
}

type Known = { caller: Caller; goodUntil: number; use: Use }

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
  const uses = recordUses(parts)
  const pending = new Map<string, Promise<Caller>>()

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

  const lookUp = async (shown: Proof, cacheKey: string, ip: string): Promise<Caller> => {
    const started = generation
    const at = now()
    const found = await (shown.kind === 'api_key' ? findKey(parts, shown, at) : findSession(parts, shown, at))
    if ('failure' in found) throw refuse(found.failure, ip)
    const use: Use = { kind: shown.kind, id: found.caller.proof.id, at, ip, isNoted: false }
    const entry: Known = { caller: found.caller, goodUntil: Math.min(found.endsAt, at + maxAgeMs), use }
    if (started === generation) known.set(cacheKey, entry)
    uses.note(use, at, ip)
    return found.caller
  }
  /** Many requests with one key that is not cached ask the store once. */
  const lookUpOnce = (shown: Proof, cacheKey: string, ip: string): Promise<Caller> => {
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
      if (fresh !== undefined) return fresh.then(() => lookUp(shown, cacheKey, presented.ip))
      const entry = known.get(cacheKey)
      const at = now()
      if (entry === undefined || at >= entry.goodUntil) return lookUpOnce(shown, cacheKey, presented.ip)
      uses.note(entry.use, at, presented.ip)
      return entry.caller
    },
    writeUses: uses.write,
    async close() {
      stop()
      await uses.close()
    },
  }
}

type Proof = Exclude<Shown, { failure: Failure }>
type Found = { caller: Caller; endsAt: number } | { failure: Failure }

async function findKey(parts: AuthenticatorParts, shown: Proof, at: number): Promise<Found> {
  const key = await parts.keys.findByHash(keyedHash(parts.hashKeys.apiKey, shown.secret))
  if (key === undefined) return { failure: 'unknown' }
  const endsAt = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
  if (endsAt <= at) return { failure: 'expired' }
  if (key.person.status !== 'active') return { failure: 'deactivated' }
  return { caller: callerOf(key.person, { kind: 'api_key', id: key.id }), endsAt }
}

async function findSession(parts: AuthenticatorParts, shown: Proof, at: number): Promise<Found> {
  const found = await parts.sessions.findByHash(keyedHash(parts.hashKeys.session, shown.secret))
  if (found === undefined) return { failure: 'unknown' }
  const { session, person } = found
  const endsAt = Math.min(session.createdAt.getTime() + sessionMs, session.seenAt.getTime() + sessionIdleMs)
  if (endsAt <= at) return { failure: 'expired' }
  if (person.status !== 'active') return { failure: 'deactivated' }
  return { caller: callerOf(person, { kind: 'session', id: session.id }), endsAt }
}
