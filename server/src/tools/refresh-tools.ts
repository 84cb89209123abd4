import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import type { Upstreams, Watch } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import { learnCapabilities, learnLane } from './ask-upstream.ts'

export type RefreshParts = {
  readonly upstreams: Upstreams
  /** Connectors whose tools are kept fresh: active and reached by this installation. */
  connectors(): readonly Connector[]
  attach(connector: Connector, userId: UserId | undefined): Credential | Promise<Credential>
  /** When the tools were last learned, by any process, and whose credential did it. */
  lastLearned(serverId: ServerId): Promise<{ at: number; by: UserId | undefined } | undefined>
  relearn(connector: Connector, userId: UserId | undefined): Promise<void>
  readonly now: () => number
  readonly random: () => number
  readonly log: Log
  readonly intervalMs: number
}

export type Refresh = {
  /** The upstream said that its list changed: learns it again soon, however often it says so. */
  hearListChanged(serverId: ServerId): void
  close(): void
}

const jitter = 0.2
const atOnce = 4
/** A list that changes in bursts is asked for once. */
const settleMs = 250
const tickMs = 15_000
const firstRetryMs = 30_000
const lastRetryMs = 15 * 60_000

type Due = {
  at: number
  watch: Watch | undefined
  watchAt: number
  retryMs: number
  readonly revision: number
  timer: NodeJS.Timeout | undefined
}

/**
 * Keeps learned tools fresh: on a jittered timer, so that connectors do not all answer at once, and when an upstream
 * says its list changed. Hosted processes are not kept alive just to be watched.
 */
export function startRefresh(parts: RefreshParts): Refresh {
  const schedule = new Schedule(parts)
  schedule.tick()
  const timer = setInterval(() => schedule.tick(), Math.min(tickMs, parts.intervalMs))
  timer.unref()
  return {
    hearListChanged: (serverId) => schedule.hearListChanged(serverId),
    close() {
      clearInterval(timer)
      schedule.close()
    },
  }
}

class Schedule {
  readonly #parts: RefreshParts
  readonly #dues = new Map<ServerId, Due>()
  #running = 0
  #isClosed = false

  constructor(parts: RefreshParts) {
    this.#parts = parts
  }

  /** Starts what is due, at most four refreshes at once; what finds no place is due again at the next tick. */
  tick(): void {
    const connectors = this.#parts.connectors()
    const revisions = new Map(connectors.map((connector) => [connector.id, connector.revision]))
    for (const [id, due] of this.#dues) if (revisions.get(id) !== due.revision) this.#forget(id, due)
    const now = this.#parts.now()
    for (const connector of connectors) {
      const due = this.#dues.get(connector.id) ?? this.#newDue(connector)
      if (this.#running < atOnce && due.at <= now) void this.#refresh(connector, due, false)
      const isWatchable = connector.transport !== 'stdio' && due.watch === undefined
      if (isWatchable && due.watchAt <= now) void this.#watch(connector, due)
    }
  }

  hearListChanged(serverId: ServerId): void {
    if (this.#isClosed) return
    // A connector made since the last tick has no entry yet, and may change all the same.
    const known = this.#parts.connectors().find((each) => each.id === serverId)
    const due = this.#dues.get(serverId) ?? (known === undefined ? undefined : this.#newDue(known))
    if (due === undefined || due.timer !== undefined) return
    due.timer = setTimeout(() => {
      due.timer = undefined
      const connector = this.#parts.connectors().find((each) => each.id === serverId)
      if (connector !== undefined && !this.#isClosed) void this.#refresh(connector, due, true)
    }, settleMs)
    due.timer.unref()
  }

  close(): void {
    this.#isClosed = true
    for (const [id, due] of this.#dues) this.#forget(id, due)
  }

  #newDue(connector: Connector): Due {
    const { revision } = connector
    const due: Due = {
      at: this.#later(),
      watch: undefined,
      watchAt: 0,
      retryMs: firstRetryMs,
      revision,
      timer: undefined,
    }
    this.#dues.set(connector.id, due)
    return due
  }

  #later(): number {
    return this.#parts.now() + this.#parts.intervalMs * (1 - jitter + 2 * jitter * this.#parts.random())
  }

  #forget(id: ServerId, due: Due): void {
    due.watch?.close()
    clearTimeout(due.timer)
    this.#dues.delete(id)
  }

  /** Never rejects. Unless forced it leaves out what another process learned just now. */
  async #refresh(connector: Connector, due: Due, isForced: boolean): Promise<void> {
    this.#running++
    due.at = this.#later()
    try {
      const last = await this.#parts.lastLearned(connector.id)
      const isRecent = last !== undefined && this.#parts.now() - last.at < this.#parts.intervalMs / 2
      if (isForced || !isRecent) await this.#parts.relearn(connector, last?.by)
    } catch (error) {
      this.#parts.log.warn({ err: error, server_id: connector.id }, 'tools could not be refreshed')
    } finally {
      this.#running--
    }
  }

  /** Never rejects. Tried again with growing pauses. */
  async #watch(connector: Connector, due: Due): Promise<void> {
    due.watchAt = this.#parts.now() + due.retryMs
    due.retryMs = Math.min(lastRetryMs, due.retryMs * 2)
    try {
      const opened = await this.#openWatch(connector, due)
      if (opened === undefined) return
      // The connector may have changed or gone while the watch was being opened.
      if (this.#isClosed || this.#dues.get(connector.id) !== due) return opened.close()
      due.watch = opened
      due.retryMs = firstRetryMs
    } catch (error) {
      this.#parts.log.debug({ err: error, server_id: connector.id }, 'list changes cannot be heard')
    }
  }

  async #openWatch(connector: Connector, due: Due): Promise<Watch | undefined> {
    const last = await this.#parts.lastLearned(connector.id)
    if (last === undefined) return undefined
    const credential = await this.#parts.attach(connector, last.by)
    const { upstreams } = this.#parts
    const facts = await upstreams.facts(connector, credential, learnLane, learnCapabilities)
    if (!announcesChanges(facts.capabilities['tools'])) {
      due.watchAt = Number.POSITIVE_INFINITY
      return undefined
    }
    return upstreams.watch({
      connector,
      credential,
      lane: learnLane,
      capabilities: learnCapabilities,
      resources: [],
      onNotification: (method) => {
        if (method === 'notifications/tools/list_changed') this.hearListChanged(connector.id)
      },
      onEnd: () => {
        due.watch = undefined
        due.watchAt = this.#parts.now() + due.retryMs
      },
    })
  }
}

function announcesChanges(tools: Json | undefined): boolean {
  return typeof tools === 'object' && tools !== null && !Array.isArray(tools) && tools['listChanged'] === true
}
