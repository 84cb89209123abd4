import type { ClientFacts } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { LiveSession } from './live-session.ts'
import { type SessionFacts, sessionLifeMs } from './session-token.ts'
import type { SessionStore } from './store.ts'

/** Idle sessions kept in memory; a session that falls out is rebuilt from its token when it speaks again. */
const maxIdleSessions = 1_000
const idleMs = 10 * 60 * 1000

export type LiveSessions = {
  /** The live session of a token; rejects with session-unknown when it was ended. Sync when known here. */
  get(facts: SessionFacts): LiveSession | Promise<LiveSession>
  find(key: string): LiveSession | undefined
  /** A session just issued: known to be new, so no look-up is needed. */
  add(facts: SessionFacts): LiveSession
  end(facts: SessionFacts): Promise<void>
  setLogLevel(session: LiveSession, level: string): Promise<void>
  /** Another process ended or changed this session. */
  heard(key: string): Promise<void>
  all(): Iterable<LiveSession>
  /** News of a task are told to the session that started it under the id its client knows. */
  rememberTask(call: { client: Pick<ClientFacts, 'sessionKey'> }, taskId: string, known: string): void
  sweep(): void
  /** Ends what only waits; requests that run go on. */
  drain(): void
  close(): void
}

export type LiveSessionParts = {
  store: SessionStore
  now: () => number
  publish(key: string): Promise<void>
  /** Called when a session leaves memory for good, so that its upstream sessions end too. */
  onGone(key: string): void
}

/** The sessions in memory, least recently used first. */
class Shelf {
  readonly #sessions = new Map<string, LiveSession>()
  readonly #parts: LiveSessionParts

  constructor(parts: LiveSessionParts) {
    this.#parts = parts
  }

  find(key: string): LiveSession | undefined {
    return this.#sessions.get(key)
  }

  all(): Iterable<LiveSession> {
    return this.#sessions.values()
  }

  insert(session: LiveSession): LiveSession {
    this.#sessions.set(session.facts.key, session)
    if (this.#sessions.size > maxIdleSessions) this.#evictOne()
    return session
  }

  touch(session: LiveSession): LiveSession {
    session.lastSeenMs = this.#parts.now()
    this.#sessions.delete(session.facts.key)
    this.#sessions.set(session.facts.key, session)
    return session
  }

  drop(session: LiveSession): void {
    this.#sessions.delete(session.facts.key)
    session.end()
    this.#parts.onGone(session.facts.key)
  }

  sweep(): void {
    const limit = this.#parts.now() - idleMs
    for (const session of [...this.#sessions.values()]) {
      if (!session.busy && session.lastSeenMs < limit) this.drop(session)
    }
  }

  close(): void {
    for (const session of [...this.#sessions.values()]) session.end()
    this.#sessions.clear()
  }

  #evictOne(): void {
    let looked = 0
    for (const session of this.#sessions.values()) {
      if (looked++ > 64) return
      if (session.busy || session.subscriptions.size > 0) continue
      this.drop(session)
      return
    }
  }
}

export function liveSessions(parts: LiveSessionParts): LiveSessions {
  const shelf = new Shelf(parts)
  const rebuild = async (facts: SessionFacts) => {
    const row = await parts.store.find(facts.key)
    if (row?.ended === true) throw new GatewayError('session-unknown', 'this session has ended')
    const raced = shelf.find(facts.key)
    if (raced !== undefined) return shelf.touch(raced)
    const session = new LiveSession(facts, parts.now())
    session.logLevel = row?.logLevel
    return shelf.insert(session)
  }
  const expiry = (facts: SessionFacts) => new Date(facts.issuedAtMs + sessionLifeMs)

  return {
    get(facts) {
      const known = shelf.find(facts.key)
      return known === undefined ? rebuild(facts) : shelf.touch(known)
    },
    find: (key) => shelf.find(key),
    add: (facts) => shelf.insert(new LiveSession(facts, parts.now())),
    async end(facts) {
      await parts.store.end(facts.key, facts.userId, expiry(facts))
      const session = shelf.find(facts.key)
      if (session === undefined) parts.onGone(facts.key)
      else shelf.drop(session)
      await parts.publish(facts.key)
    },
    async setLogLevel(session, level) {
      const { key, userId } = session.facts
      await parts.store.setLogLevel(key, { userId, level, expiresAt: expiry(session.facts) })
      session.logLevel = level
      await parts.publish(key)
    },
    async heard(key) {
      const session = shelf.find(key)
      if (session === undefined) return
      const row = await parts.store.find(key)
      if (row?.ended === true) shelf.drop(session)
      else session.logLevel = row?.logLevel
    },
    all: () => shelf.all(),
    rememberTask: (call, taskId, known) =>
      shelf.find(call.client.sessionKey ?? '')?.rememberTask(taskId, known),
    sweep: () => shelf.sweep(),
    drain() {
      for (const session of shelf.all()) session.drain()
    },
    close: () => shelf.close(),
  }
}
