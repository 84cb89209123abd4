import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from './finding.ts'

const name = 'data folder'

/** Who may read it, whether it can be written, and who holds it. */
export function checkDataFolder(dataDir: string): Finding {
  const found = statSync(dataDir, { throwIfNoEntry: false })
  if (found === undefined) {
    return isWritable(nearestExisting(dataDir))
      ? { name, state: 'ok', message: `${dataDir} will be created at the first start` }
      : {
          name,
          state: 'failed',
          message: `${dataDir} does not exist and cannot be created`,
          advice: 'Create it, or set RUNLAYER_DATA_DIR to a folder you may write.',
        }
  }
  if (!found.isDirectory())
    return {
      name,
      state: 'failed',
      message: `${dataDir} is not a folder`,
      advice: 'Move the file away or set RUNLAYER_DATA_DIR.',
    }
  if (!isWritable(dataDir)) {
    return {
      name,
      state: 'failed',
      message: `${dataDir} cannot be written by this user`,
      advice: `Give it to the user that runs the server: chown -R USER ${dataDir}`,
    }
  }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return {
      name,
      state: 'warning',
      message: `${dataDir} can be read by others on this machine`,
      advice: `chmod 700 ${dataDir}`,
    }
  }
  const holder = holderOf(dataDir)
  return {
    name,
    state: 'ok',
    message: holder === undefined ? `${dataDir} is free` : `${dataDir} is in use by process ${holder}`,
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function nearestExisting(path: string): string {
  const parent = dirname(path)
  return parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined
    ? parent
    : nearestExisting(parent)
}

/** The living process named by the lock file, if any. */
export function holderOf(dataDir: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'runlayer.lock'), 'utf8')) as { pid: number }
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}
