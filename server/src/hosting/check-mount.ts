import { realpath } from 'node:fs/promises'
import { isAbsolute, join, normalize, relative, sep } from 'node:path'

/** Folder of the data folder that may be given to hosted servers. */
export const sharedFolder = 'files'

/** Neither these nor what is in them, nor a folder that holds one of them. */
const systemFolders = [
  '/proc',
  '/sys',
  '/dev',
  '/etc',
  '/boot',
  '/run',
  '/var/run',
  '/var/lib',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/hosted',
]
/** Not as a whole: they hold everybody's files. */
const wholeHomes = ['/root', '/home', '/Users', '/var', '/tmp', '/opt', '/srv', '/mnt', '/media']
const secretNames = new Set([
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.config',
  '.npmrc',
  '.netrc',
  '.git-credentials',
])

/** Where a mount really leads, or words that say why this path may not be given to a hosted server (T8, T14). */
export async function resolveMount(
  path: string,
  dataDir: string,
): Promise<{ real: string } | { problem: string }> {
  if (!isAbsolute(path) || normalize(path) !== path || (path !== '/' && path.endsWith(sep))) {
    return { problem: 'A mount is an absolute path without "..", "." or a slash at its end.' }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(path)) return { problem: 'A path has no control characters.' }
  const real = await realpath(path).catch(() => undefined)
  if (real === undefined) return { problem: 'This path does not exist on the host.' }
  const data = await realpath(dataDir).catch(() => dataDir)
  const problem = problemOf(path, data) ?? problemOf(real, data)
  return problem === undefined ? { real } : { problem }
}

function problemOf(path: string, dataDir: string): string | undefined {
  if (path === sep || wholeHomes.includes(path))
    return 'This folder holds too much; name the folder the server needs.'
  if (systemFolders.some((folder) => isWithin(path, folder) || isWithin(folder, path))) {
    return 'Folders of the operating system cannot be mounted.'
  }
  if (path.split(sep).some((part) => secretNames.has(part))) return 'This path is known to hold credentials.'
  const shared = join(dataDir, sharedFolder)
  if ((isWithin(path, dataDir) && !isWithin(path, shared)) || isWithin(dataDir, path)) {
    return `The data folder of this installation cannot be mounted; only what is in its "${sharedFolder}" folder can.`
  }
  return undefined
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way))
}
