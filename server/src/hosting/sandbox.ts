import { execFile } from 'node:child_process'
import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Connector } from '../kernel/connector.ts'
import { gateCommand } from './gate-command.ts'

/** What stands between a hosted server and this machine. `reason` says in words why there is nothing. */
export type SandboxState =
  | { readonly kind: 'bubblewrap'; readonly path: string; readonly reason: undefined }
  | { readonly kind: 'none'; readonly reason: string }

/** A command before it is wrapped. `readOnly` maps paths of this machine to where the process sees them. */
export type Launch = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly readOnly: readonly { from: string; to: string }[]
  readonly mounts: readonly { from: string; to: string; mode: 'ro' | 'rw' }[]
  readonly network: Connector['network']
}

/** What the operating system is asked to run, behind a gate (gate-command.ts). `fd3` is fed to the sandbox, so that no secret stands in an argument list. */
export type Wrapped = {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly fd3: Buffer | undefined
}

const candidates = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap']
const systemFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
const systemFiles = [
  'ld.so.cache',
  'ssl',
  'pki',
  'ca-certificates',
  'alternatives',
  'nsswitch.conf',
  'localtime',
  'mime.types',
]
const networkFiles = ['resolv.conf', 'hosts', 'services', 'protocols']
/** Everything of ours inside a sandbox; never a place to mount something else. */
export const inside = { node: '/hosted/node', package: '/hosted/package' } as const
const home = '/hosted/home'
const tmpfsBytes = String(256 * 1024 * 1024)
const probeMs = 10_000

/** Finds bubblewrap and starts something in it once: being installed says nothing about being allowed to work. */
export async function probeSandbox(accounts: string): Promise<SandboxState> {
  if (process.platform !== 'linux')
    return { kind: 'none', reason: `There is no sandbox driver for ${process.platform}.` }
  const path = await firstExecutable(candidates)
  if (path === undefined)
    return { kind: 'none', reason: 'bubblewrap is not installed; on Debian: apt-get install bubblewrap.' }
  const launch: Launch = {
    command: '/bin/true',
    args: [],
    env: {},
    readOnly: [],
    mounts: [],
    network: 'none',
  }
  try {
    const options = sandboxOptions(launch, accounts)
    await promisify(execFile)(path, [...options, '--', launch.command], { env: {}, timeout: probeMs })
    return { kind: 'bubblewrap', path, reason: undefined }
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).split('\n')[0] : ''
    return {
      kind: 'none',
      reason: `bubblewrap is installed but cannot start a sandbox here: ${stderr || 'no reason given'}`,
    }
  }
}

/** Wraps a command in the sandbox; the options travel over descriptor 3 because they carry the environment. */
export function wrapInSandbox(launch: Launch, o: { bwrap: string; accounts: string }): Wrapped {
  return {
    file: o.bwrap,
    args: ['--args', '3', '--', ...gateCommand(launch.command, launch.args)],
    env: {},
    cwd: '/',
    fd3: Buffer.from(`${sandboxOptions(launch, o.accounts).join('\0')}\0`),
  }
}

/** Names for the ids inside, since many programs ask who they are. Made once, shown to every sandbox. */
export async function writeAccounts(folder: string): Promise<string> {
  const accounts = join(folder, 'accounts')
  await mkdir(accounts, { recursive: true, mode: 0o755 })
  await writeFile(join(accounts, 'passwd'), `server:x:65534:65534:server:${home}:/bin/false\n`)
  await writeFile(join(accounts, 'group'), 'server:x:65534:\n')
  return accounts
}

function sandboxOptions(launch: Launch, accounts: string): string[] {
  const open = launch.network === 'open'
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--hostname', 'hosted'],
    ...['--uid', '65534', '--gid', '65534'],
    ...(open ? ['--share-net'] : []),
    ...['--ro-bind', '/usr', '/usr', ...systemFolders.flatMap(bindSystemFolder)],
    ...[
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      '--size',
      tmpfsBytes,
      '--tmpfs',
      '/tmp',
      '--size',
      tmpfsBytes,
      '--tmpfs',
      home,
    ],
    ...[
      '--ro-bind',
      join(accounts, 'passwd'),
      '/etc/passwd',
      '--ro-bind',
      join(accounts, 'group'),
      '/etc/group',
    ],
    ...[...systemFiles, ...(open ? networkFiles : [])].flatMap(bindSystemFile),
    ...launch.readOnly.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    ...launch.mounts.flatMap(({ from, to, mode }) => [mode === 'rw' ? '--bind' : '--ro-bind', from, to]),
    ...Object.entries({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: home,
      LANG: 'C.UTF-8',
      ...launch.env,
    }).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', home],
  ]
}

function bindSystemFolder(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** Resolved here, because a link such as resolv.conf often leads to a folder that the sandbox does not have. */
function bindSystemFile(name: string): string[] {
  try {
    return ['--ro-bind', realpathSync(join('/etc', name)), join('/etc', name)]
  } catch {
    return []
  }
}

export async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}
