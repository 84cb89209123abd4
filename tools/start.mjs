// `npm start`: installs what is missing, builds what is stale, then runs the server in this terminal.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureConsole } from './console-build.mjs'
import { canInstallPackages, ensureInstalled, hasProgram, installPackages } from './installed.mjs'
import { chooseNode, flagsFor, root, serverEnvironment } from './runtime.mjs'

function prepare() {
  if (!ensureInstalled()) return undefined
  const node = chooseNode()
  if (!ensureConsole(node)) return undefined
  if (!hasProgram('bwrap') && canInstallPackages() && !installPackages(['bubblewrap'])) {
    process.stderr.write(
      'bubblewrap could not be installed, so hosted stdio servers have no sandbox here; "npx runlayer doctor" says more.\n',
    )
  }
  return node
}

function run(node) {
  const main = join(root, 'server/src/main.ts')
  const server = spawn(node, [...flagsFor(node), main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...serverEnvironment, ...process.env },
  })
  const forwarded = new Set()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends its signals to every process in it, the server too: passing them on would send them twice.
      if (forwarded.has(signal) || (signal !== 'SIGTERM' && process.stdin.isTTY)) return
      forwarded.add(signal)
      server.kill(signal)
    })
  }
  endWithNpm(server, forwarded)
  server.on('error', (error) => {
    process.stderr.write(`The server could not be started: ${error.message}\n`)
    process.exitCode = 1
  })
  server.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
    // The forwarding listeners would keep this process alive.
    process.exit()
  })
}

/** npm killed outright passes nothing on; a server nobody started would keep the port and the data folder. */
function endWithNpm(server, forwarded) {
  const starter = process.ppid
  setInterval(() => {
    if (process.ppid === starter || forwarded.has('SIGTERM')) return
    forwarded.add('SIGTERM')
    server.kill('SIGTERM')
  }, 500).unref()
}

try {
  const node = prepare()
  if (node === undefined) process.exitCode = 1
  else run(node)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
