#!/usr/bin/env node
// Starts the command line on a Node that can run it: this one when it is new enough, else the one in node_modules.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(realpathSync(fileURLToPath(import.meta.url)))
const main = join(here, '../src/main.ts')

/** The engines range of package.json, spelled out: nothing else is loaded before the right Node runs. */
function isSupported(version) {
  const [major, minor, patch] = version.slice(1).split('.').map(Number)
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2)
  if (major === 24) return minor >= 15
  return major >= 26
}

function bundledNode() {
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules/.bin/node')
    if (existsSync(candidate)) return candidate
  }
  return undefined
}

if (isSupported(process.version)) {
  const { runMain } = await import(main)
  process.exitCode = await runMain(process.argv.slice(2))
} else {
  const node = bundledNode()
  if (node === undefined) {
    process.stderr.write(
      `Node ${process.version} is too old: 22.22.2, 24.15 or 26 and newer will do. In the clone, run npm ci first.\n`,
    )
    process.exitCode = 1
  } else {
    const { status, signal } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
    })
    process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 1)
  }
}
