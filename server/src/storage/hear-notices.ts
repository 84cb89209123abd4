import pg from 'pg'
import type { Log } from '../lib/log.ts'

const beatMs = 1000
const answerMs = 3000
const maxBackoffMs = 5000

export type Hearing = {
  /** When the connection last proved that every notice sent before had arrived. */
  heardAt(): number
  close(): Promise<void>
}

export type HearingOptions = {
  connectionString: string
  channel: string
  now: () => number
  log: Log
  onNotice(payload: string): void
  /** Hearing again after a gap in which notices were lost. */
  onGap(): Promise<void>
}

/**
 * Keeps a connection that listens. It is asked a question every second: PostgreSQL delivers waiting notices before the
 * answer, so an answer proves that everything sent before it was heard. Reconnects with growing pauses, up to 5 s.
 * Rejects when the first connection cannot be made.
 */
export async function hearNotices(o: HearingOptions): Promise<Hearing> {
  let client: pg.Client | undefined
  let heardAt = o.now()
  let closed = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined

  const schedule = (ms: number) => {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => {
      ticking = tick()
    }, ms)
    timer.unref()
  }
  const connect = async () => {
    const next = await openListener(o)
    // Noticed at once, and not only at the next question.
    next.on('end', () => {
      if (client === next && !closed) schedule(0)
    })
    client = next
  }
  const beat = async () => {
    if (client === undefined) {
      await connect()
      await o.onGap()
    } else {
      await client.query('SELECT 1')
    }
    heardAt = o.now()
    failures = 0
  }
  const tick = async () => {
    try {
      await beat()
      schedule(beatMs)
    } catch (error) {
      if (closed) return
      destroy(client)
      client = undefined
      failures += 1
      if (failures === 1) o.log.warn({ err: error }, 'change notices cannot be heard; reconnecting')
      schedule(Math.min(maxBackoffMs, 50 * 2 ** Math.min(failures, 10)))
    }
  }
  await connect()
  schedule(beatMs)
  return {
    heardAt: () => heardAt,
    async close() {
      closed = true
      clearTimeout(timer)
      await ticking
      destroy(client)
    },
  }
}

async function openListener(o: HearingOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: o.connectionString,
    application_name: 'runlayer-notices',
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    keepAlive: true,
  })
  // The next question finds out; without a listener a broken connection would end the process.
  client.on('error', () => undefined)
  client.on('notification', (notice) => o.onNotice(notice.payload ?? ''))
  try {
    await client.connect()
    await client.query(`LISTEN ${o.channel}`)
    return client
  } catch (error) {
    destroy(client)
    throw error
  }
}

/** Ending politely could wait on a peer that is gone. */
function destroy(client: pg.Client | undefined): void {
  client?.connection.stream.destroy()
}
