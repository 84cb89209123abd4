import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { hearNotices } from './hear-notices.ts'
import { type Listeners, openListeners } from './listeners.ts'

const channel = 'runlayer_changes'
const deafAfterMs = 5000
/** PostgreSQL refuses payloads of 8000 bytes and more. */
const maxPayloadBytes = 7900
/** Ids waiting per topic; more than that and the topic is read again as a whole. */
const maxWaiting = 1000
const sendPausesMs = [0, 100, 400]

export type NoticeBus = {
  publish(topic: string, id: string): Promise<void>
  on: Listeners['on']
  ensureFresh(): Promise<void> | undefined
  close(): Promise<void>
}

export type NoticeBusOptions = { connectionString: string; pool: pg.Pool; log: Log; now: () => number }

/**
 * Change notices between processes over LISTEN/NOTIFY. Notices are hints to read again, so a lost one is healed by
 * reading everything: after each gap in hearing, and per request while a process is deaf.
 */
export async function openNoticeBus(o: NoticeBusOptions): Promise<NoticeBus> {
  const origin = randomUUID()
  const listeners = openListeners(o.log)
  const arrivals = openArrivals(listeners)
  const hearing = await hearNotices({
    connectionString: o.connectionString,
    channel,
    now: o.now,
    log: o.log,
    onNotice(payload) {
      const notice = readNotice(payload)
      if (notice !== undefined && notice.origin !== origin) arrivals.add(notice.topic, notice.id)
    },
    async onGap() {
      await listeners.fireAll()
    },
  })
  let rereading: Promise<void> | undefined
  return {
    async publish(topic, id) {
      await listeners.fire(topic, id)
      await send(o, { origin, topic, id })
    },
    on: listeners.on,
    ensureFresh() {
      if (o.now() - hearing.heardAt() <= deafAfterMs) return undefined
      rereading ??= reread(o.pool, listeners).finally(() => {
        rereading = undefined
      })
      return rereading
    },
    close: hearing.close,
  }
}

/** Listeners of one topic run one notice after the other, so that an older reading never lands on a newer one. */
function openArrivals(listeners: Listeners): { add(topic: string, id: string): void } {
  const waiting = new Map<string, Set<string>>()
  const drain = async (topic: string, ids: Set<string>) => {
    for (const id of ids) {
      ids.delete(id)
      await listeners.fire(topic, id)
    }
    waiting.delete(topic)
  }
  return {
    add(topic, id) {
      const ids = waiting.get(topic)
      if (ids === undefined) {
        const first = new Set([id])
        waiting.set(topic, first)
        void drain(topic, first)
      } else if (ids.size < maxWaiting) ids.add(id)
      else {
        ids.clear()
        ids.add('*')
      }
    },
  }
}

async function reread(pool: pg.Pool, listeners: Listeners): Promise<void> {
  try {
    await pool.query('SELECT 1')
  } catch (error) {
    const detail = 'The database does not answer, so current rules cannot be read. Try again in a moment.'
    throw new GatewayError('busy', detail, { cause: error })
  }
  if (!(await listeners.fireAll())) {
    throw new GatewayError('busy', 'Current rules could not be read. Try again in a moment.')
  }
}

type Notice = { origin: string; topic: string; id: string }

/** The change is committed already, so a notice that cannot be sent is logged and does not fail the request. */
async function send(o: NoticeBusOptions, notice: Notice): Promise<void> {
  const exact = JSON.stringify(notice)
  const payload = Buffer.byteLength(exact) <= maxPayloadBytes ? exact : JSON.stringify({ ...notice, id: '*' })
  let failure: unknown
  for (const pauseMs of sendPausesMs) {
    if (pauseMs > 0) await delay(pauseMs)
    try {
      await o.pool.query('SELECT pg_notify($1, $2)', [channel, payload])
      return
    } catch (error) {
      failure = error
    }
  }
  o.log.error({ err: failure, topic: notice.topic }, 'a change notice could not be sent')
}

/** Anybody who may connect to the database may notify, so the payload is not trusted to be ours. */
function readNotice(payload: string): Notice | undefined {
  try {
    const notice = JSON.parse(payload) as Partial<Record<keyof Notice, unknown>>
    const { origin, topic, id } = notice
    if (typeof origin !== 'string' || typeof topic !== 'string' || typeof id !== 'string') return undefined
    return { origin, topic, id }
  } catch {
    return undefined
  }
}
