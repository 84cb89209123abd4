import type { UpstreamReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamFacts, UpstreamRequest, Watch } from '../kernel/upstream.ts'
import { type Session, SessionGone, type Watcher } from './session.ts'
import { type SessionPool, type Slot, sessionOf, type Wanted } from './session-pool.ts'
import type { Verdicts } from './verdicts.ts'

/** Runs requests over pooled sessions. */
export class Relay {
  readonly #sessions: SessionPool
  readonly #verdicts: Verdicts
  #stopping = false

  constructor(sessions: SessionPool, verdicts: Verdicts) {
    this.#sessions = sessions
    this.#verdicts = verdicts
  }

  call(request: UpstreamRequest): Promise<UpstreamReply> {
    if (!request.signal.aborted) return this.over(request, request.signal, (session) => session.call(request))
    return Promise.reject(new GatewayError('call-lost', 'The call was cancelled by its client.'))
  }

  /** Runs `use` over a session; once more over a new one when the first turns out to be gone before it did anything. */
  async over<T>(
    wanted: Wanted,
    signal: AbortSignal | undefined,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#once(wanted, signal, use)
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error
    }
    try {
      return await this.#once(wanted, signal, use)
    } catch (error) {
      throw error instanceof SessionGone ? error.failure : error
    }
  }

  async #once<T>(
    wanted: Wanted,
    signal: AbortSignal | undefined,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const slot = this.#lease(wanted)
    try {
      return await use(slot.session ?? (await sessionOf(slot, signal)))
    } catch (error) {
      if (error instanceof SessionGone) this.#forget(slot)
      throw error
    } finally {
      this.#sessions.release(slot, wanted.lane.exclusive)
    }
  }

  #lease(wanted: Wanted): Slot {
    if (this.#stopping) throw new GatewayError('stopping', 'The server is shutting down.')
    return this.#sessions.lease(wanted)
  }

  #forget(slot: Slot): void {
    this.#verdicts.drop(slot.peer)
    this.#sessions.retire(slot)
  }

  async facts(wanted: Wanted): Promise<UpstreamFacts> {
    const known = this.#verdicts.of(wanted)
    if (known !== undefined) return known.facts
    return this.over(shared(wanted), undefined, async (session) => {
      const opened = this.#verdicts.of(wanted)
      if (opened !== undefined || !session.stateless) return session.facts
      // The verdict aged while the session stayed in use: ask again, but an upstream that will not say keeps its facts.
      await session.ping().catch(() => undefined)
      this.#verdicts.record(wanted, 'modern', session.facts)
      return session.facts
    })
  }

  /** The watch keeps its session until it ends, from whichever side. */
  async watch(wanted: Wanted & Watcher): Promise<Watch> {
    const slot = this.#lease(shared(wanted))
    let open = true
    const end = () => {
      if (!open) return false
      open = false
      this.#sessions.unlisten(slot)
      return true
    }
    try {
      const session = await sessionOf(slot, undefined)
      const inner = await session.watch({
        resources: wanted.resources,
        tasks: wanted.tasks ?? [],
        onNotification: (method, params) => wanted.onNotification(method, params),
        onEnd: () => {
          if (end()) wanted.onEnd()
        },
      })
      this.#sessions.listen(slot)
      return {
        close: () => {
          if (end()) inner.close()
        },
      }
    } catch (error) {
      if (error instanceof SessionGone) this.#forget(slot)
      this.#sessions.release(slot, false)
      throw error instanceof SessionGone ? error.failure : error
    }
  }

  stop(): void {
    this.#stopping = true
  }
}

/** Listening and asking for facts disturb no call, so they need no session of their own. */
function shared<W extends Wanted>(wanted: W): W {
  return wanted.lane.exclusive ? { ...wanted, lane: { ...wanted.lane, exclusive: false } } : wanted
}
