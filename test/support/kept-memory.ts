import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A meter of what this process keeps after everything that can go has gone, in megabytes. */
export function keptMemory(): () => number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  return () => {
    collect()
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return (heapUsed + arrayBuffers) / 2 ** 20
  }
}
