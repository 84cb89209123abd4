import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Finding } from './finding.ts'

const name = 'sandbox'
const probe = [
  '--ro-bind',
  '/',
  '/',
  '--dev',
  '/dev',
  '--proc',
  '/proc',
  '--unshare-all',
  '--die-with-parent',
  '/bin/true',
]

/** Starts something in bubblewrap once: being installed says nothing about being allowed to work. */
export async function checkSandbox(unsandboxedAllowed: boolean): Promise<Finding> {
  const why = await failureOf()
  if (why === undefined)
    return { name, state: 'ok', message: 'bubblewrap works; hosted stdio servers run isolated' }
  if (unsandboxedAllowed) {
    return {
      name,
      state: 'warning',
      message: `${why}; hosted stdio servers run without isolation (RUNLAYER_UNSANDBOXED_STDIO=1)`,
      advice: 'Install bubblewrap and unset RUNLAYER_UNSANDBOXED_STDIO.',
    }
  }
  return {
    name,
    state: 'warning',
    message: `${why}; hosted stdio servers will not start`,
    advice: 'On Debian: apt-get install bubblewrap. In a container, allow user namespaces.',
  }
}

async function failureOf(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `there is no sandbox for ${process.platform}`
  try {
    await promisify(execFile)('bwrap', probe, { timeout: 10_000 })
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return 'bubblewrap is not installed'
    return 'bubblewrap is installed but cannot start a sandbox here'
  }
}
