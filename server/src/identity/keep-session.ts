import { createHmac } from 'node:crypto'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type SessionId, type UserId } from '../kernel/ids.ts'
import type { Bus } from '../storage/storage.ts'
import { sessionIdleMs, sessionMs } from './authenticate-caller.ts'
import { isTokenShaped, keyedHash, makeToken } from './make-secret.ts'
import { callerOf, type Device, type Person, type SignInMethod } from './person.ts'
import type { SessionStore } from './session-store.ts'
import type { PeopleStore } from './store.ts'
import { tellEnded } from './tell-ended.ts'

const linkMs = 24 * 3_600_000
export const invitationMs = 7 * linkMs
export const recoveryMs = 15 * 60_000
const maxSessions = 20

export type SignedIn = { readonly caller: Caller; readonly csrfToken: string; readonly setCookie: string }

/** Where a session begins. */
export type Origin = { ip: string; userAgent: string }

export type SignInLink = { readonly url: string; readonly token: string; readonly expiresAt: Date }

/** Console sessions: rows on the server, a random token in the browser. */
export type Sessions = {
  readonly cookieName: string
  /** One use; the newest of a person is the only one that works. Throws not-found without such an active person. */
  mintSignInLink(email: string, lifeMs?: number): Promise<SignInLink>
  /**
   * Throws unauthenticated when the link is unknown, used or expired, or its person deactivated. `identified` hears whose
   * link it is before it is used up.
   */
  signIn(token: string, from: Origin, identified?: (person: Person) => Promise<void>): Promise<SignedIn>
  /** A new session for somebody whose proof the caller of this has checked. */
  start(person: Person, from: Origin, method: SignInMethod): Promise<SignedIn>
  /** The person's sessions that have not ended, newest first. */
  devices(userId: UserId): Promise<Device[]>
  /** Ends sessions of the person from the next request on: one, all, or all but one. Answers how many. */
  end(userId: UserId, which?: { only?: SessionId; except?: SessionId }): Promise<number>
  /** Answers the Set-Cookie value that clears the cookie. A caller with a key has no session to end: not-found. */
  signOut(caller: Caller): Promise<string>
  /** What the header x-csrf-token must say on a change made with the cookie. */
  csrfTokenOf(caller: Caller): string
}

export type SessionParts = {
  people: PeopleStore
  sessions: SessionStore
  bus: Bus
  hashKeys: { session: Buffer; link: Buffer; csrf: Buffer }
  publicUrl: URL
  now: () => number
}

/** A cookie of this name is taken only over https, for this host and every path (RFC 6265bis §4.1.3.2). */
const secureName = '__Host-runlayer'
const loopbackName = 'runlayer'

export function keepSessions(parts: SessionParts): Sessions {
  const { people, sessions, bus, hashKeys, now } = parts
  const isSecure = parts.publicUrl.protocol === 'https:'
  const cookieName = isSecure ? secureName : loopbackName
  const cookie = (value: string, maxAgeSeconds: number) =>
    `${cookieName}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  const csrfTokenOf = (caller: Caller) =>
    createHmac('sha256', hashKeys.csrf).update(`${caller.proof.kind} ${caller.proof.id}`).digest('base64url')
  const ended = (at: number) => ({
    idleSince: new Date(at - sessionIdleMs),
    createdBefore: new Date(at - sessionMs),
  })
  const start = async (person: Person, from: Origin, method: SignInMethod): Promise<SignedIn> => {
    const at = now()
    const secret = makeToken()
    const id: SessionId = newId<'console_session'>(at)
    const created = new Date(at)
    await sessions.insert(
      {
        id,
        userId: person.id,
        hash: keyedHash(hashKeys.session, secret),
        createdAt: created,
        seenAt: created,
        method,
        ...from,
      },
      { most: maxSessions, ...ended(at) },
    )
    // Older sessions may have been ended to make room.
    await bus.publish('identity', `key:${id}`)
    const caller = callerOf(person, { kind: 'session', id })
    return { caller, csrfToken: csrfTokenOf(caller), setCookie: cookie(secret, sessionMs / 1000) }
  }
  return {
    cookieName,
    csrfTokenOf,
    mintSignInLink: (email, lifeMs = linkMs) => mintSignInLink(parts, email, lifeMs),
    start,
    async signIn(token, from, identified) {
      const hash = isTokenShaped(token) ? keyedHash(hashKeys.link, token) : undefined
      const at = new Date(now())
      if (identified !== undefined)
        await identified(
          await activePerson(people, hash === undefined ? undefined : await sessions.readLink(hash, at)),
        )
      return start(
        await activePerson(people, hash === undefined ? undefined : await sessions.takeLink(hash, at)),
        from,
        'link',
      )
    },
    devices: (userId) => sessions.list(userId, ended(now())),
    async end(userId, which) {
      const ids = await sessions.end(userId, which)
      if (ids.length > 0) await bus.publish('identity', userId)
      for (const id of ids) await tellEnded(bus, 'session', id)
      return ids.length
    },
    async signOut(caller) {
      if (caller.proof.kind !== 'session') {
        throw new GatewayError(
          'not-found',
          'This request was made with an API key, which has no session to end.',
        )
      }
      await sessions.end(caller.id, { only: caller.proof.id })
      await bus.publish('identity', `key:${caller.proof.id}`)
      await tellEnded(bus, 'session', caller.proof.id)
      return cookie('', 0)
    },
  }
}

function withSlash(url: URL): URL {
  return url.href.endsWith('/') ? url : new URL(`${url.href}/`)
}

async function activePerson(people: PeopleStore, userId: UserId | undefined): Promise<Person> {
  const person = userId === undefined ? undefined : await people.find(userId)
  if (person?.status === 'active') return person
  throw new GatewayError(
    'unauthenticated',
    'This sign-in link is unknown, used or expired. Ask for a new one.',
  )
}

async function mintSignInLink(parts: SessionParts, email: string, lifeMs: number): Promise<SignInLink> {
  const { people, sessions, hashKeys, now } = parts
  const person = await people.findByEmail(email)
  if (person === undefined || person.status !== 'active') {
    throw new GatewayError('not-found', 'No active person has this email.')
  }
  const token = makeToken()
  const expiresAt = new Date(now() + lifeMs)
  await sessions.putLink({ hash: keyedHash(hashKeys.link, token), userId: person.id, expiresAt })
  // In the query, because the console reads it there; it works once, and the console drops it from the address.
  const url = new URL(`sign-in?token=${token}`, withSlash(parts.publicUrl)).href
  return { url, token, expiresAt }
}
