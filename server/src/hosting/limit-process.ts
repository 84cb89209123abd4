import { firstExecutable, type Wrapped } from './sandbox.ts'

const gib = 1024 ** 3
/** Per process. Data, not address space: V8 reserves far more than it uses. CPU is the sum over a process's life. */
const limits = [
  `--data=${4 * gib}`,
  '--cpu=7200',
  '--nofile=4096',
  '--nproc=512',
  '--core=0',
  `--fsize=${gib}`,
]

export type Limiter = (wrapped: Wrapped) => Wrapped

/**
 * Puts resource limits, and for a process without a sandbox the end with its parent, in front of a command: both are
 * set by small programs of util-linux, which most Linux systems have. Elsewhere the command stays as it is.
 */
export async function findLimiter(): Promise<Limiter> {
  if (process.platform !== 'linux') return (wrapped) => wrapped
  const prlimit = await firstExecutable(['/usr/bin/prlimit', '/bin/prlimit'])
  const setpriv = await firstExecutable(['/usr/bin/setpriv', '/bin/setpriv'])
  return (wrapped) => {
    // bubblewrap ends with its parent by itself.
    const dying =
      wrapped.fd3 === undefined && setpriv !== undefined ? [setpriv, '--pdeathsig', 'KILL', '--'] : []
    const limited = prlimit === undefined ? [] : [prlimit, ...limits, '--']
    const [file, ...args] = [...limited, ...dying, wrapped.file, ...wrapped.args]
    return { ...wrapped, file: file ?? wrapped.file, args }
  }
}
