import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

/**
 * Loaded into a server by `node --expose-gc --import`, and so into its threads too: on SIGUSR2 every thread collects all
 * garbage, and the first writes what all of them still use to the file that MEMORY_FILE names.
 */
type Used = { heapUsed: number; external: number }

const file = process.env['MEMORY_FILE']
const collect = (globalThis as { gc?: () => void }).gc
if (file === undefined || collect === undefined)
  throw new Error('usage: MEMORY_FILE=… node --expose-gc --import …')

const ask = new BroadcastChannel('collect')
const say = new BroadcastChannel('collected')
ask.unref()
say.unref()

/** Finalizers run between collections and free what the next one finds. */
async function collectAll(): Promise<Used> {
  for (let round = 0; round < 5; round++) {
    collect?.()
    await delay(100)
  }
  const { heapUsed, external } = process.memoryUsage()
  return { heapUsed, external }
}

if (isMainThread) {
  const others: Used[] = []
  say.onmessage = (event) => others.push((event as { data: Used }).data)
  process.on('SIGUSR2', () => {
    others.length = 0
    ask.postMessage('now')
    collectAll()
      .then(async (own) => {
        await delay(2_000)
        const all = [own, ...others]
        const sum = (name: keyof Used) => all.reduce((total, one) => total + one[name], 0)
        const report = {
          heapUsed: sum('heapUsed'),
          external: sum('external'),
          rss: process.memoryUsage.rss(),
          threads: all.length,
        }
        writeFileSync(file, JSON.stringify(report))
      })
      .catch((error: unknown) => process.emitWarning(String(error)))
  })
} else {
  ask.onmessage = () => {
    collectAll()
      .then((used) => say.postMessage(used))
      .catch((error: unknown) => process.emitWarning(String(error)))
  }
}
