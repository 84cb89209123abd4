// Plain JavaScript without dependencies: this runs on the machine's own Node (18 or newer) before anything is installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Flags of Node for the server.
 * - What is preloaded answers imports that Node itself resolves slowly: a tenth of a start (tools/quick-resolve.mjs).
 * - Without a bound the space for young objects grows with every burst of calls and is never given back: resident memory
 *   would not settle (test/bars/memory.ts).
 * - Pretenuring puts what calls make among the old objects, because calls outlive a collection under load; dead there, it
 *   keeps the rest of its call alive (measured: 55 MB/s promoted against 0.6, collecting 85 ms a second against 15).
 * - With so little to collect, waking the helper threads costs more than they save.
 * - V8 waits for 3,000 runs of a function before it compiles it in full. A call is a few hundred small functions, so the first
 *   half minute of calls ran a seventh slower than it does with 600 (measured, alternating in one run).
 * - A bound on how far old objects may grow (--heap-growing-percent=30) keeps memory down and costs a tenth of the calls.
 */
export const serverFlags = [
  `--import=${pathToFileURL(join(root, 'tools/quick-resolve.mjs'))}`,
  '--max-semi-space-size=32',
  '--no-allocation-site-pretenuring',
  '--no-parallel-scavenge',
  '--invocation-count-for-turbofan=600',
]

/** The flags, where this Node knows all of them: on another one a tuning flag must not keep the server from starting. */
export function flagsFor(node, flags = serverFlags) {
  return spawnSync(node, [...flags, '--version'], { stdio: 'ignore' }).status === 0 ? flags : []
}

/**
 * Environment of the server, below what the operator set.
 * - Compiled modules are kept between starts: a start then loads neither the parser of TypeScript nor its 20 MB, on any thread.
 * - Two places to allocate from in place of one for each thread: each keeps what its busiest moment took.
 */
export const serverEnvironment = {
  NODE_COMPILE_CACHE: join(root, '.cache/compiled'),
  MALLOC_ARENA_MAX: '2',
}

/** Whether `version` (v24.21.0) fits an engines range of the forms `^a.b.c` and `>=a.b.c` joined by `||`. */
export function satisfies(version, range) {
  const have = numbers(version)
  return range.split('||').some((part) => {
    const text = part.trim()
    const want = numbers(text)
    if (text.startsWith('^')) return have[0] === want[0] && atLeast(have, want)
    if (text.startsWith('>=')) return atLeast(have, want)
    return false
  })
}

function numbers(text) {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text)
  return found === null ? [0, 0, 0] : found.slice(1, 4).map(Number)
}

function atLeast(have, want) {
  for (const at of [0, 1, 2]) if (have[at] !== want[at]) return have[at] > want[at]
  return true
}

/** The path of the Node to run the product on: the one that started npm when it is new enough, else the bundled one. */
export function chooseNode(environment = process.env) {
  const range = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node
  for (const path of [
    environment.npm_node_execpath,
    process.execPath,
    join(root, 'node_modules/.bin/node'),
  ]) {
    if (path !== undefined && existsSync(path) && satisfies(versionOf(path), range)) return path
  }
  throw new Error(
    `No Node that satisfies ${range} was found. Install one, or use Linux on x64, where npm ci brings one.`,
  )
}

function versionOf(path) {
  if (path === process.execPath) return process.version
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
