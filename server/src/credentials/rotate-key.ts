import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../kernel/errors.ts'
import type { Db } from '../storage/storage.ts'
import { keyBytes, keyFile, readKeyFile, unwrapKey, wrapKey, writeKeyFile } from './keyring.ts'
import { keyringStore } from './keyring-store.ts'

export type KeyRotation = {
  /** One at a time; what is interrupted anywhere can be begun again. */
  rotate(): Promise<Rotated>
}

/** `file`: a new key was made, the old one moved aside. `settings`: the first key of the list opens everything now. */
export type Rotated =
  | { readonly kind: 'file'; readonly oldKeyFile: string }
  | { readonly kind: 'settings'; readonly droppable: number }

/**
 * Replaces the key that protects everything sealed. That key wraps one data key, so that replacing it is one row, whole
 * or not at all, and nothing has to stand still: running processes hold the data key.
 */
export function keyRotation(o: {
  db: Db
  secretKeys: readonly Buffer[]
  dataDir: string
  /** The keys by which the host proves itself, newest first; a new one is put in front. */
  hostKeys: Buffer[]
  now: () => number
}): KeyRotation {
  let running: Promise<Rotated> | undefined
  return {
    rotate() {
      if (running !== undefined) return running
      const way = o.secretKeys.length === 0 ? rotateFile(o) : rotateSettings(o)
      running = way.finally(() => {
        running = undefined
      })
      return running
    },
  }
}

type Ground = Parameters<typeof keyRotation>[0]

async function rotateFile({ db, dataDir, hostKeys, now }: Ground): Promise<Rotated> {
  const [path, next] = [keyFile(dataDir), `${keyFile(dataDir)}.next`]
  // Left by a rotation that was interrupted: on disk already, so it may be what wraps the data key.
  if (!existsSync(next)) writeKeyFile(next, randomBytes(keyBytes))
  const [old, fresh] = [readKeyFile(path), readKeyFile(next)]
  await rewrap(db, [fresh, old], dataDir)
  const day = new Date(now()).toISOString().replace(/[:.]/g, '-')
  const oldKeyFile = join(dataDir, `secret.key.until-${day}`)
  writeKeyFile(oldKeyFile, old)
  renameSync(next, path)
  hostKeys.unshift(fresh)
  return { kind: 'file', oldKeyFile }
}

async function rotateSettings({ db, secretKeys, dataDir }: Ground): Promise<Rotated> {
  if (secretKeys.length < 2)
    throw new GatewayError(
      'conflict',
      'RUNLAYER_SECRET_KEY holds one key. Put the new key first and the old one behind a comma, start each process anew, then rotate.',
    )
  await rewrap(db, secretKeys, dataDir)
  return { kind: 'settings', droppable: secretKeys.length - 1 }
}

/** Wraps the data key with the first of these keys, whichever opens it, and looks that it really does. */
async function rewrap(db: Db, keys: readonly Buffer[], dataDir: string): Promise<void> {
  const store = keyringStore(db)
  const [first] = keys
  const wrapped = await store.load()
  if (first === undefined || wrapped === undefined) throw new Error('there is no key to rotate')
  const { dataKey, position } = unwrapKey(wrapped, keys, dataDir)
  if (position > 0) await store.rewrap(wrapKey(first, dataKey), wrapped)
  const stored = await store.load()
  if (stored === undefined || !unwrapKey(stored, [first], dataDir).dataKey.equals(dataKey))
    throw new Error('the data key was wrapped by somebody else meanwhile')
}
