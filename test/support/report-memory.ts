import { writeFileSync } from 'node:fs'

/**
 * Loaded into a server by `node --expose-gc --import`: on SIGUSR2 it collects all garbage and writes what is still used
 * to the file that MEMORY_FILE names.
 */
const file = process.env['MEMORY_FILE']
const collect = (globalThis as { gc?: () => void }).gc
if (file === undefined || collect === undefined)
  throw new Error('usage: MEMORY_FILE=… node --expose-gc --import …')

process.on('SIGUSR2', () => {
  // Finalizers run between collections and free what the next one finds.
  let rounds = 0
  const next = () => {
    collect()
    if (++rounds < 5) setTimeout(next, 50)
    else writeFileSync(file, JSON.stringify(process.memoryUsage()))
  }
  next()
})
