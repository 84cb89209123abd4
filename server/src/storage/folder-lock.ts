import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type FolderLock = { release(): Promise<void> }

export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const path = join(dataDir, 'runlayer.lock')
  const mine = JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid) })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, mine)
      closeSync(file)
      return { release: async () => rmSync(path, { force: true }) }
    } catch {
      const held = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; startedAt: string }
      if (processStart(held.pid) === held.startedAt)
        throw new Error(`the data folder ${dataDir} is in use by process ${held.pid}`)
      rmSync(path, { force: true })
    }
  }
  throw new Error(`the data folder ${dataDir} could not be locked`)
}

function processStart(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').split(' ')[20]
  } catch {
    return undefined
  }
}
