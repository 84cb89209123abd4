import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Log } from '../lib/log.ts'

export type BodyPart = 'open' | 'close'

/** Sealed bodies that are too large for their row, one file each. */
export type LargeBodies = {
  /** Idempotent. Past the folder's bound nothing is written: the entry then keeps its hashes only. */
  put(entryId: string, part: BodyPart, sealed: Buffer): Promise<void>
  get(entryId: string, part: BodyPart): Promise<Buffer | undefined>
}

export function openLargeBodies(o: { dir: string; maxBytes: number; log: Log }): LargeBodies {
  let used: Promise<number> | undefined
  let added = 0
  let warned = false
  // Version 7 ids start with their time: one folder for about 4.6 hours.
  const pathOf = (entryId: string, part: BodyPart) => join(o.dir, entryId.slice(0, 6), `${entryId}.${part}`)
  return {
    async put(entryId, part, sealed) {
      used ??= folderBytes(o.dir)
      if ((await used) + added + sealed.length > o.maxBytes) {
        if (!warned)
          o.log.warn({ limit: o.maxBytes }, 'the folder of large audit bodies is full; new ones are not kept')
        warned = true
        return
      }
      added += sealed.length
      const path = pathOf(entryId, part)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(`${path}.part`, sealed, { mode: 0o600 })
      await rename(`${path}.part`, path)
    },
    async get(entryId, part) {
      try {
        return await readFile(pathOf(entryId, part))
      } catch {
        return undefined
      }
    },
  }
}

async function folderBytes(dir: string): Promise<number> {
  let bytes = 0
  const names = await readdir(dir, { recursive: true }).catch(() => [])
  for (const name of names) bytes += (await stat(join(dir, name)).catch(() => undefined))?.size ?? 0
  return bytes
}
