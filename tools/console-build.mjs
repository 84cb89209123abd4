import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runtime.mjs'

const sources = [
  'web/src',
  'web/public',
  'web/index.html',
  'web/vite.config.ts',
  'web/package.json',
  'contract/client.ts',
  'package-lock.json',
]
const stampFile = join(root, 'web/dist/.stamp')

/** Builds the console when its sources changed since the last build. Returns false when the build failed. */
export function ensureConsole(node) {
  if (!existsSync(join(root, 'web/index.html'))) return true
  const stamp = sourceHash()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true
  process.stderr.write('Building the console …\n')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const { status } = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'web'),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    process.stderr.write('The console could not be built; the reason is above.\n')
    return false
  }
  writeFileSync(stampFile, stamp)
  return true
}

function sourceHash() {
  const hash = createHash('sha256')
  for (const path of sources.flatMap((source) => filesUnder(source)).sort()) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  const whole = join(root, path)
  if (!existsSync(whole)) return []
  if (!statSync(whole).isDirectory()) return [path]
  return readdirSync(whole).flatMap((name) => filesUnder(join(path, name)))
}
