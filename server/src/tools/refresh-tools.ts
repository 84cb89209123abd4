import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
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
const settleMs = 1_000
const tickMs = 15_000
const firstRetryMs = 30_000
const lastRetryMs = 15 * 60_000

type Due = {
  at: number
  watch: Watch | undefined
  watchAt: number
  retryMs: number
  revision: number
  timer: NodeJS.Timeout | undefined
}

/**
 * Keeps learned tools fresh: on a jittered timer, so that connectors do not all answer at once, and when an upstream
 * says its list changed. Hosted processes are not kept alive just to be watched.
 */
export function startRefresh(parts: RefreshParts): Refresh {
  const dues = new Map<ServerId, Due>()
  let running = 0
  let isClosed = false
  const later = () => parts.now() + parts.intervalMs * (1 - jitter + 2 * jitter * parts.random())

  const refresh = async (connector: Connector, due: Due, isForced: boolean): Promise<void> => {
    running++
    due.at = later()
    try {
      const last = await parts.lastLearned(connector.id)
      // Another process was here just now.
      if (!isForced && last !== undefined && parts.now() - last.at < parts.intervalMs / 2) return
      await parts.relearn(connector, last?.by)
    } catch (error) {
      parts.log.warn({ err: error, server_id: connector.id }, 'tools could not be refreshed')
    } finally {
      running--
    }
  }

  const hearListChanged = (serverId: ServerId): void => {
    const due = dues.get(serverId)
    if (due === undefined || due.timer !== undefined || isClosed) return
    due.timer = setTimeout(() => {
      due.timer = undefined
      const connector = parts.connectors().find((each) => each.id === serverId)
      if (connector !== undefined && !isClosed) void refresh(connector, due, true)
    }, settleMs)
    due.timer.unref()
  }

  const watch = async (connector: Connector, due: Due): Promise<void> => {
    due.watchAt = parts.now() + due.retryMs
    due.retryMs = Math.min(lastRetryMs, due.retryMs * 2)
    try {
      const last = await parts.lastLearned(connector.id)
      if (last === undefined) return
      const credential = await parts.attach(connector, last.by)
      const facts = await parts.upstreams.facts(connector, credential, learnLane, learnCapabilities)
      const tools = facts.capabilities['tools']
      const announces =
        typeof tools === 'object' && tools !== null && !Array.isArray(tools) && tools['listChanged'] === true
      if (!announces) {
        due.watchAt = Number.POSITIVE_INFINITY
        return
      }
      const opened = await parts.upstreams.watch({
        connector,
        credential,
        lane: learnLane,
        capabilities: learnCapabilities,
        resources: [],
        onNotification: (method) => {
          if (method === 'notifications/tools/list_changed') hearListChanged(connector.id)
        },
        onEnd: () => {
          due.watch = undefined
          due.watchAt = parts.now() + due.retryMs
        },
      })
      if (isClosed || dues.get(connector.id) !== due || due.revision !== connector.revision)
        return opened.close()
      due.watch = opened
      due.retryMs = firstRetryMs
    } catch (error) {
      parts.log.debug({ err: error, server_id: connector.id }, 'list changes cannot be heard')
    }
  }

  const forget = (id: ServerId, due: Due): void => {
    due.watch?.close()
    clearTimeout(due.timer)
    dues.delete(id)
  }

  const tick = (): void => {
    const connectors = parts.connectors()
    const present = new Map(connectors.map((connector) => [connector.id, connector]))
    for (const [id, due] of dues) if (present.get(id)?.revision !== due.revision) forget(id, due)
    for (const connector of connectors) {
      const due = dues.get(connector.id) ?? {
        at: later(),
        watch: undefined,
        watchAt: 0,
        retryMs: firstRetryMs,
        revision: connector.revision,
        timer: undefined,
      }
      dues.set(connector.id, due)
      if (running < atOnce && due.at <= parts.now()) void refresh(connector, due, false)
      if (connector.transport !== 'stdio' && due.watch === undefined && due.watchAt <= parts.now())
        void watch(connector, due)
    }
  }

  tick()
  const timer = setInterval(tick, Math.min(tickMs, parts.intervalMs))
  timer.unref()
  return {
    hearListChanged,
    close() {
      isClosed = true
      clearInterval(timer)
      for (const [id, due] of dues) forget(id, due)
    },
  }
}
