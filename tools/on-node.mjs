// Runs a script on the right Node: node tools/on-node.mjs SCRIPT [ARGUMENT …]
import { spawnSync } from 'node:child_process'
import { ensureInstalled } from './installed.mjs'
import { chooseNode, root } from './runtime.mjs'

if (ensureInstalled()) {
  const { status, signal } = spawnSync(chooseNode(), process.argv.slice(2), { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 143)
} else {
  process.exitCode = 1
}
