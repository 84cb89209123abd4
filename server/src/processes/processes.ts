/** The processes of one installation, as far as they must reach each other: a name, an address, a sign of life. */
import { randomBytes } from 'node:crypto'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../storage/storage.ts'
import { processStore } from './store.ts'

export type Processes = {
  /** The name of this process, in what clients carry around; undefined where processes do not reach each other. */
  readonly self: string | undefined
  /** Where a process is reached (an origin); undefined when it has ended, or is only thought to have. */
  addressOf(id: string): Promise<string | undefined>
  /** It did not answer: for a while it counts as ended. */
  lost(id: string): void
  close(): Promise<void>
}

export type ProcessesParts = {
  db: Db
  /** RUNLAYER_INTERNAL_URL, where others reach this process. */
  internalUrl: string | undefined
  now: () => number
  log: Log
}

const beatMs = 10_000
/** Three signs of life missed. */
const aliveMs = 3 * beatMs
const rememberedMs = 5_000
const forgottenMs = 60 * 60_000
const maxRemembered = 256

/** Alone, a process has no name: nothing is passed on, and nothing costs anything. */
const alone: Processes = {
  self: undefined,
  addressOf: () => Promise.resolve(undefined),
  lost: () => undefined,
  close: () => Promise.resolve(),
}

export async function openProcesses(parts: ProcessesParts): Promise<Processes> {
  const { internalUrl, now, log } = parts
  if (internalUrl === undefined) return alone
  const store = processStore(parts.db)
  const self = randomBytes(6).toString('hex')
  const origin = new URL(internalUrl).origin
  const known = new BoundedCache<{ address: string | undefined; untilMs: number }>(maxRemembered)
  const remember = (id: string, address: string | undefined) => {
    known.set(id, { address, untilMs: now() + rememberedMs })
    return address
  }
  await store.sweep(forgottenMs)
  await store.beat(self, origin)
  const beating = setInterval(() => {
    store
      .beat(self, origin)
      .catch((thrown: unknown) =>
        log.warn({ err: thrown }, 'other processes could not be told that this one lives'),
      )
  }, beatMs)
  beating.unref()
  return {
    self,
    async addressOf(id) {
      const remembered = known.get(id)
      if (remembered !== undefined && remembered.untilMs > now()) return remembered.address
      return remember(id, await store.find(id, aliveMs))
    },
    lost: (id) => void remember(id, undefined),
    async close() {
      clearInterval(beating)
      await store.remove(self)
    },
  }
}
