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
 * Puts the end with its parent and resource limits in front of a command, both set by small programs of util-linux,
 * which most Linux systems have. Elsewhere the command stays as it is.
 */
export async function findLimiter(): Promise<Limiter> {
  if (process.platform !== 'linux') return (wrapped) => wrapped
  const [setpriv, prlimit] = await Promise.all([
    firstExecutable(['/usr/bin/setpriv', '/bin/setpriv']),
    firstExecutable(['/usr/bin/prlimit', '/bin/prlimit']),
  ])
  const dying = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
  const limited = prlimit === undefined ? [] : [prlimit, ...limits, '--']
  return (wrapped) => {
    const [file, ...args] = [...dying, ...limited, wrapped.file, ...wrapped.args]
    return { ...wrapped, file: file ?? wrapped.file, args }
  }
}
