import { randomBytes } from 'node:crypto'
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const beatMs = 2000
/** A holder of another machine or container cannot be looked up, so it counts as gone after three missed beats. */
const silentMs = 3 * beatMs
const lookMs = 200
const settleMs = 30

/** The process that holds a folder. `place` names the kernel and its process namespace: pids mean nothing outside. */
type Holder = { pid: number; startedAt: string; place: string }

export type FolderLock = { release(): Promise<void> }

/**
 * Takes a data folder for this process alone: two engines on one folder destroy it. The lock of a process that is gone
 * is taken over. Throws an Error naming the holder's pid. `onLost` hears when the lock file was removed by somebody.
 */
export async function lockFolder(dataDir: string, onLost: () => void): Promise<FolderLock> {
  const path = join(dataDir, 'runlayer.lock')
  const draft = join(dataDir, `runlayer.lock.${process.pid}.${randomBytes(4).toString('hex')}`)
  writeFileSync(draft, JSON.stringify(thisProcess()), { flag: 'wx', mode: 0o600 })
  const mine = statSync(draft).ino
  try {
    for (let attempt = 0; !linked(draft, path); attempt++) {
      if (attempt === 5)
        throw new Error(`the data folder ${dataDir} could not be locked: others keep taking it`)
      await removeStale(path, dataDir)
    }
    // Somebody who was removing the same stale file may have moved this one; afterwards it stands or it does not.
    await delay(settleMs)
    if (inodeOf(path) !== mine) throw inUse(dataDir, readHolder(path)?.pid)
  } finally {
    rmSync(draft, { force: true })
  }
  const beat = setInterval(() => {
    if (inodeOf(path) === mine) return touch(path)
    clearInterval(beat)
    onLost()
  }, beatMs)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      if (inodeOf(path) === mine) rmSync(path, { force: true })
    },
  }
}

/** The pid of the process that holds the folder, unless that process is known to be gone. */
export function livingHolder(dataDir: string): number | undefined {
  const holder = readHolder(join(dataDir, 'runlayer.lock'))
  if (holder === undefined) return undefined
  const lives = holder.place !== thisPlace() || processStart(holder.pid) === holder.startedAt
  return lives ? holder.pid : undefined
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeStale(path: string, dataDir: string): Promise<void> {
  const seen = inodeOf(path)
  const holder = readHolder(path)
  if (seen === undefined) return
  if (holder !== undefined && (await isAlive(holder, path))) throw inUse(dataDir, holder.pid)
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  // Another process was faster and this is its new lock: put it back.
  if (inodeOf(aside) !== seen) linked(aside, path)
  rmSync(aside, { force: true })
}

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  if (holder.place === thisPlace()) return processStart(holder.pid) === holder.startedAt
  const before = beatOf(path)
  if (before === undefined || Date.now() - before > silentMs) return false
  for (let waitedMs = 0; waitedMs < silentMs; waitedMs += lookMs) {
    await delay(lookMs)
    const beat = beatOf(path)
    if (beat !== before) return beat !== undefined
  }
  return false
}

function inUse(dataDir: string, pid: number | undefined): Error {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new Error(
    `the data folder ${dataDir} is in use by ${who}; stop it first or set RUNLAYER_DATA_DIR to another folder`,
  )
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, startedAt, place } = JSON.parse(readFileSync(path, 'utf8')) as Partial<
      Record<keyof Holder, unknown>
    >
    if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof place !== 'string')
      return undefined
    return { pid, startedAt, place }
  } catch {
    return undefined
  }
}

function thisProcess(): Holder {
  return { pid: process.pid, startedAt: processStart(process.pid) ?? '', place: thisPlace() }
}

/** Field 22 of /proc/PID/stat, which tells a process from a later one with its pid; elsewhere only whether it lives. */
function processStart(pid: number): string | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim()
    return afterName.split(' ')[19]
  } catch {
    return process.platform === 'linux' ? undefined : livingPid(pid)
  }
}

function livingPid(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch {
    return undefined
  }
}

function thisPlace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return process.platform
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

function beatOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The next beat sees whether the file is still there.
  }
}
