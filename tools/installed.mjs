import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './runtime.mjs'

const lockFile = join(root, 'package-lock.json')
const stampFile = join(root, 'node_modules/.runlayer-stamp')
const say = (words) => process.stderr.write(`${words}\n`)

/** Installs what the lock file says, once. Returns false, with words on stderr, when that failed. */
export function ensureInstalled() {
  const lock = readFileSync(lockFile, 'utf8')
  const stamp = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true
  if (!matchesLock(JSON.parse(lock))) {
    say('Installing dependencies (npm ci) …')
    const [command, args] = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
    if (status !== 0) {
      say(
        'npm ci did not succeed; its words are above. Check that the npm registry can be reached ("npm ping"), then run this again.',
      )
      return false
    }
  }
  writeFileSync(stampFile, stamp)
  return true
}

/** True when somebody already installed exactly this lock file, going by npm's own record of what is there. */
function matchesLock(lock) {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(lock.packages)
    .filter(
      ([path, entry]) =>
        path.startsWith('node_modules/') && entry.optional !== true && entry.devOptional !== true,
    )
    .every(([path, entry]) => present[path]?.version === entry.version && existsSync(join(root, path)))
}

/** npm as it was started, so that it runs on its own Node; else the one on the path. */
function npm(args) {
  const { npm_execpath: script, npm_node_execpath: node } = process.env
  if (script !== undefined && node !== undefined && script.endsWith('.js')) return [node, [script, ...args]]
  return ['npm', args]
}

/** Whether a program is on the path. */
export function hasProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, name)))
}

/** Debian packages can be installed here without asking anybody. */
export function canInstallPackages() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && hasProgram('apt-get')
}

/** Installs Debian packages quietly. Returns whether it worked. */
export function installPackages(names) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (args) => spawnSync('apt-get', args, { env: environment, stdio: 'ignore' }).status === 0
  const install = () => apt(['install', '-y', '-qq', '--no-install-recommends', ...names])
  return install() || (apt(['update', '-qq']) && install())
}
