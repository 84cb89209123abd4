import { spawn } from 'node:child_process'
import { GatewayError } from '../kernel/errors.ts'
import { signalGroup } from './start-process.ts'

const installMs = 300_000
const maxOutputBytes = 16 * 1024
/** Where packages come from and through which proxy is the operator's choice; nothing else of our environment is npm's business. */
const passedOn =
  /^(PATH|HOME|USERPROFILE|APPDATA|TMPDIR|TEMP|SystemRoot|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no)_proxy|npm_config_(registry|userconfig|globalconfig|cache|cafile|proxy|https_proxy|noproxy|strict_ssl|.*:_authtoken))$/i

export type HostEnvironment = {
  readonly PATH?: string | undefined
  readonly [name: string]: string | undefined
}

export type Npm = (args: readonly string[], cwd: string) => Promise<void>

/** npm of the host, without a shell and without install scripts. Rejects with hosting-failed in words an admin can use. */
export function hostNpm(hostEnvironment: HostEnvironment): Npm {
  const env: Record<string, string> = { npm_config_update_notifier: 'false' }
  for (const [name, value] of Object.entries(hostEnvironment))
    if (value !== undefined && passedOn.test(name)) env[name] = value
  const common = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    '--loglevel=error',
    '--omit-lockfile-registry-resolved',
    // npm's own patience with a registry out of reach is over a minute for each package.
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ]
  return (args, cwd) =>
    new Promise((resolve, reject) => {
      const child = spawn('npm', [...args.slice(0, 1), ...common, ...args.slice(1)], {
        cwd,
        env,
        shell: false,
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const kill = () => {
        if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
      }
      // Its own process group: without this it would go on after our process ended.
      process.once('exit', kill)
      const late = setTimeout(kill, installMs)
      const ended = () => {
        clearTimeout(late)
        process.off('exit', kill)
      }
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        if (said.length < maxOutputBytes) said += chunk.toString('utf8')
      })
      child.once('error', (cause) => {
        ended()
        reject(
          new GatewayError('hosting-failed', 'npm was not found on this host; it installs hosted packages.', {
            cause,
          }),
        )
      })
      child.once('close', (code, signal) => {
        ended()
        if (code === 0) resolve()
        else
          reject(
            new GatewayError('hosting-failed', explain(said, signal), {
              cause: new Error(said.slice(0, maxOutputBytes)),
            }),
          )
      })
    })
}

/** npm's code for what went wrong; its own words may name folders and hosts and stay in the log. */
function explain(said: string, signal: string | null): string {
  if (signal !== null) return 'Installing the package took too long and was stopped.'
  const code = /npm (?:error|ERR!) code (\S+)/.exec(said)?.[1] ?? 'unknown'
  switch (code) {
    case 'E404':
      return 'The registry has no such package.'
    case 'ETARGET':
      return 'The registry has no such version of this package.'
    case 'EINTEGRITY':
      return 'The registry sent other bytes than those that were pinned.'
    case 'ENOTFOUND':
    case 'ECONNREFUSED':
    case 'EAI_AGAIN':
    case 'ETIMEDOUT':
    case 'ECONNRESET':
      return 'The package registry could not be reached.'
    default:
      return `npm could not install the package (${code}); the server log has its words.`
  }
}
