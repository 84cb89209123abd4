import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Db } from '../storage/storage.ts'
import { keyringStore } from './keyring-store.ts'

/** Encryption at rest and derived keys. `bind` ties a sealed text to its row: opened elsewhere it fails. */
export type Keyring = {
  seal(plain: string, bind: string): string
  open(sealed: string, bind: string): string
  /** 32 bytes, stable for the life of the installation. */
  derive(label: string): Buffer
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** First byte of everything sealed, so that another cipher can come later. */
const formatVersion = 1
const wrapBind = 'runlayer/data-key'

/**
 * Opens the installation's data key, or makes it on the first start. Any of `secretKeys` may unwrap it; if that was
 * not the first, the key is wrapped again with the first, which is how a key is rotated. Throws an Error for the
 * operator when none fits.
 */
export async function openKeyring(o: {
  db: Db
  secretKeys: readonly Buffer[]
  dataDir: string
  embedded: boolean
}): Promise<Keyring> {
  const secretKeys = o.secretKeys.length > 0 || !o.embedded ? o.secretKeys : [fileKey(o.dataDir)]
  const [first] = secretKeys
  if (first === undefined) throw new Error('RUNLAYER_SECRET_KEY is required with a PostgreSQL database')
  const store = keyringStore(o.db)
  // Two processes may start at once: the first insert wins and both read it back.
  const wrapped =
    (await store.load()) ??
    (await store.insert(sealWith(first, randomBytes(keyBytes), Buffer.from(wrapBind))))
  const dataKey = unwrap(wrapped, secretKeys, o.dataDir)
  if (dataKey.keyIndex > 0) await store.rewrap(sealWith(first, dataKey.key, Buffer.from(wrapBind)), wrapped)
  return keyringOf(dataKey.key)
}

function unwrap(
  wrapped: string,
  secretKeys: readonly Buffer[],
  dataDir: string,
): { key: Buffer; keyIndex: number } {
  for (const [keyIndex, secretKey] of secretKeys.entries()) {
    try {
      return { key: openWith(secretKey, wrapped, Buffer.from(wrapBind)), keyIndex }
    } catch {
      // The next key may fit; which ones did not is nobody's business.
    }
  }
  throw new Error(
    `None of the keys fits this database. Set RUNLAYER_SECRET_KEY to the key it was made with (without that setting: the file ${join(dataDir, 'secret.key')}); to change the key, put the new one first and keep the old one behind a comma for one start.`,
  )
}

/** Seals and derives under a data key. Separate keys for each use, so that one use says nothing about another. */
export function keyringOf(dataKey: Buffer): Keyring {
  const derive = (label: string) =>
    Buffer.from(hkdfSync('sha256', dataKey, 'runlayer', `derive:${label}`, keyBytes))
  const sealKey = Buffer.from(hkdfSync('sha256', dataKey, 'runlayer', 'seal', keyBytes))
  return {
    seal: (plain, bind) => sealWith(sealKey, Buffer.from(plain), Buffer.from(bind)),
    open: (sealed, bind) => openWith(sealKey, sealed, Buffer.from(bind)).toString('utf8'),
    derive,
  }
}

/** AES-256-GCM: version byte, random nonce, ciphertext, tag, in base64url. The version is authenticated with `bind`. */
function sealWith(key: Buffer, plain: Buffer, bind: Buffer): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.concat([Buffer.from([formatVersion]), bind]))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([formatVersion]), nonce, body, cipher.getAuthTag()]).toString('base64url')
}

function openWith(key: Buffer, sealed: string, bind: Buffer): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  // Lenient decoding would let a changed text open: only the one canonical spelling is accepted.
  if (bytes.toString('base64url') !== sealed) throw new Error('the sealed text is damaged')
  if (bytes[0] !== formatVersion || bytes.length < 1 + nonceBytes + tagBytes) {
    throw new Error('the sealed text has an unknown format')
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.concat([Buffer.from([formatVersion]), bind]))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()])
}

/** The key the embedded store makes for itself: readable by this user only, made once, never replaced. */
function fileKey(dataDir: string): Buffer {
  const path = join(dataDir, 'secret.key')
  try {
    writeFileSync(path, `${randomBytes(keyBytes).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length !== keyBytes) throw new Error(`${path} does not hold a key of 32 bytes in base64`)
  return key
}
