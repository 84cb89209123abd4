import { createHmac } from 'node:crypto'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type SessionId, type UserId } from '../kernel/ids.ts'
import type { Bus } from '../storage/storage.ts'
import { sessionIdleMs, sessionMs } from './authenticate-caller.ts'
import { isTokenShaped, keyedHash, makeToken } from './make-secret.ts'
import { callerOf } from './person.ts'
import type { SessionStore } from './proof-store.ts'
import type { PeopleStore } from './store.ts'

const linkMs = 24 * 3_600_000
const maxSessions = 20

export type SignedIn = { readonly caller: Caller; readonly csrfToken: string; readonly setCookie: string }

export type SignInLink = { readonly url: string; readonly token: string; readonly expiresAt: Date }

/** Console sessions: rows on the server, a random token in the browser. */
export type Sessions = {
  readonly cookieName: string
  /** One use, 24 hours; the newest of a person is the only one that works. Throws not-found without such a person. */
  mintSignInLink(email: string): Promise<SignInLink>
  /** Throws unauthenticated when the link is unknown, used or expired, or its person deactivated. */
  signIn(token: string, from: { ip: string; userAgent: string }): Promise<SignedIn>
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

  return {
    cookieName,
    csrfTokenOf,
    async mintSignInLink(email) {
      const person = await people.findByEmail(email)
      if (person === undefined || person.status !== 'active') {
        throw new GatewayError('not-found', 'No active person has this email.')
      }
      const token = makeToken()
      const expiresAt = new Date(now() + linkMs)
      await sessions.putLink({ hash: keyedHash(hashKeys.link, token), userId: person.id, expiresAt })
      // In the query, because the console reads it there; it works once, and the console drops it from the address.
      const url = new URL(`sign-in?token=${token}`, withSlash(parts.publicUrl)).href
      return { url, token, expiresAt }
    },
    async signIn(token, from) {
      const at = now()
      const userId: UserId | undefined = isTokenShaped(token)
        ? await sessions.takeLink(keyedHash(hashKeys.link, token), new Date(at))
        : undefined
      const person = userId === undefined ? undefined : await people.find(userId)
      if (person === undefined || person.status !== 'active') {
        throw new GatewayError(
          'unauthenticated',
          'This sign-in link is unknown, used or expired. Ask for a new one.',
        )
      }
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
          ...from,
        },
        {
          most: maxSessions,
          idleSince: new Date(at - sessionIdleMs),
          createdBefore: new Date(at - sessionMs),
        },
      )
      // Older sessions may have been ended to make room.
      await bus.publish('identity', `key:${id}`)
      const caller = callerOf(person, { kind: 'session', id })
      return { caller, csrfToken: csrfTokenOf(caller), setCookie: cookie(secret, sessionMs / 1000) }
    },
    async signOut(caller) {
      if (caller.proof.kind !== 'session') {
        throw new GatewayError(
          'not-found',
          'This request was made with an API key, which has no session to end.',
        )
      }
      await sessions.remove(caller.proof.id)
      await bus.publish('identity', `key:${caller.proof.id}`)
      return cookie('', 0)
    },
  }
}

function withSlash(url: URL): URL {
  return url.href.endsWith('/') ? url : new URL(`${url.href}/`)
}
