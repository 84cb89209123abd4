import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { openListeners } from './local-bus.ts'
import type { Bus } from './storage.ts'

const channel = 'runlayer_changes'
const beatMs = 1000
const deafAfterMs = 5000
const answerMs = 3000
const maxBackoffMs = 5000
/** PostgreSQL refuses payloads of 8000 bytes and more. */
const maxPayloadBytes = 7900

export type NoticeBusOptions = { connectionString: string; pool: pg.Pool; log: Log; now?: () => number }

/**
 * Change notices between processes over LISTEN/NOTIFY on a connection of its own. That connection answers a question
 * every second: PostgreSQL delivers waiting notices before the answer, so an answer proves that all were heard.
 */
export async function openNoticeBus(o: NoticeBusOptions): Promise<Bus & { close(): Promise<void> }> {
  const now = o.now ?? Date.now
  const origin = randomUUID()
  const listeners = openListeners(o.log)
  let client: pg.Client | undefined
  let heardAt = now()
  let closed = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let rereading: Promise<void> | undefined

  const hear = (payload: string | undefined) => {
    const notice = readNotice(payload)
    if (notice !== undefined && notice.origin !== origin) void listeners.fire(notice.topic, notice.id)
  }
  const connect = async () => {
    const next = new pg.Client({
      connectionString: o.connectionString,
      application_name: 'runlayer-bus',
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      keepAlive: true,
    })
    next.on('error', () => undefined)
    next.on('notification', (message) => hear(message.payload))
    try {
      await next.connect()
      await next.query(`LISTEN ${channel}`)
    } catch (error) {
      void next.end().catch(() => undefined)
      throw error
    }
    client = next
    failures = 0
    heardAt = now()
  }
  const drop = () => {
    const broken = client
    client = undefined
    // Ending politely could wait on a dead peer.
    broken?.connection.stream.destroy()
  }
  const beat = async () => {
    if (client === undefined) {
      await connect()
      // Notices sent meanwhile are lost, so everybody reads again.
      await listeners.fireAll()
    } else {
      await client.query('SELECT 1')
      heardAt = now()
    }
  }
  const schedule = (ms: number) => {
    if (closed) return
    timer = setTimeout(() => void tick(), ms)
    timer.unref()
  }
  const tick = async () => {
    try {
      await beat()
      schedule(beatMs)
    } catch (error) {
      if (closed) return
      drop()
      failures += 1
      if (failures === 1) o.log.warn({ err: error }, 'change notices cannot be heard; reconnecting')
      schedule(Math.min(maxBackoffMs, 100 * 2 ** failures))
    }
  }
  const reread = async () => {
    try {
      await o.pool.query('SELECT 1')
    } catch (error) {
      throw new GatewayError(
        'busy',
        'The database does not answer, so current rules cannot be read. Try again in a moment.',
        { cause: error },
      )
    }
    if (!(await listeners.fireAll()))
      throw new GatewayError('busy', 'Current rules could not be read. Try again in a moment.')
  }
  await connect()
  schedule(beatMs)
  return {
    async publish(topic, id) {
      await listeners.fire(topic, id)
      await send(o, JSON.stringify({ origin, topic, id }), JSON.stringify({ origin, topic, id: '*' }))
    },
    on: listeners.on,
    ensureFresh() {
      if (now() - heardAt <= deafAfterMs) return undefined
      rereading ??= reread().finally(() => {
        rereading = undefined
      })
      return rereading
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => undefined)
    },
  }
}

async function send(o: NoticeBusOptions, payload: string, wide: string): Promise<void> {
  const fitting = Buffer.byteLength(payload) <= maxPayloadBytes ? payload : wide
  await o.pool.query('SELECT pg_notify($1, $2)', [channel, fitting])
}

function readNotice(payload: string | undefined): { origin: string; topic: string; id: string } | undefined {
  try {
    const notice = JSON.parse(payload ?? '') as Partial<Record<'origin' | 'topic' | 'id', unknown>>
    if (
      typeof notice.origin !== 'string' ||
      typeof notice.topic !== 'string' ||
      typeof notice.id !== 'string'
    )
      return undefined
    return { origin: notice.origin, topic: notice.topic, id: notice.id }
  } catch {
    return undefined
  }
}
