import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import type { Log } from '../lib/log.ts'
import { lowerPriority } from '../lib/lower-priority.ts'
import { landingParts } from './build-rows.ts'
import { startLanding } from './land-events.ts'
import type { LandingAsk, LandingSay, LandingSetup } from './landing-words.ts'
import { spoolCounters } from './spool-counters.ts'
import { auditStore } from './store.ts'

lowerPriority(10)

const setup = workerData as LandingSetup
const port = parentPort
if (port === null) throw new Error('landing-worker runs only as a worker')
const say = (word: LandingSay) => port.postMessage(word)

/** What can be sent: an error without its members, and with words where a refused connection has none. */
const plain = (error: unknown): Error => {
  if (error instanceof AggregateError) return new Error(error.errors.map(String).join('; '))
  return error instanceof Error ? error : new Error(String(error))
}
const logged = (level: keyof Log) => (fields: { err?: unknown }, message: string) =>
  say({
    kind: 'log',
    level,
    fields: fields.err === undefined ? fields : { ...fields, err: plain(fields.err) },
    message,
  })
const log: Log = {
  debug: logged('debug'),
  info: logged('info'),
  warn: logged('warn'),
  error: logged('error'),
}

// One batch lands at a time, so there is nothing for a second connection to do.
const pool = new pg.Pool({ ...setup.connection, application_name: 'runlayer-audit', max: 1 })
pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'))

const counters = spoolCounters(setup.counters)
const { dir, writer, firstSegment, chain } = setup
const lander = startLanding({
  ...landingParts({ keys: setup.keys, large: setup.large, now: Date.now, log }),
  spool: {
    dir,
    writer,
    firstSegment,
    written: counters.written,
    lastSegment: counters.lastSegment,
    release: (below) => say({ kind: 'release', below }),
  },
  store: auditStore(pool),
  log,
  chain,
  onLanded: counters.publishLanded,
})

async function flush(id: number): Promise<void> {
  try {
    await lander.flush()
    say({ kind: 'flushed', id })
  } catch (error) {
    say({ kind: 'refusal', id, error: plain(error).message })
  }
}

async function close(): Promise<void> {
  await lander.close()
  await pool.end()
  // Nothing keeps the thread alive any more.
  port?.close()
}

/** Sleeps while nothing is written, and is woken by the counter itself: a message a turn would cost the calls more. */
async function follow(): Promise<never> {
  for (;;) {
    const seen = counters.written()
    lander.wake()
    await lander.rest()
    await counters.writtenBeyond(seen)
  }
}

port.on('message', (ask: LandingAsk) => void (ask.kind === 'flush' ? flush(ask.id) : close()))
say({ kind: 'ready' })
void follow()
