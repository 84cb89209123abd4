import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** First byte of everything sealed, so that another cipher can come later. */
const formatVersion = 1
/** Ties the wrapped key to its use, so that it opens as nothing else. */
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
  const store = keyringStore(o.db)
  const stored = await store.load()
  const secretKeys =
    o.secretKeys.length > 0 || !o.embedded ? o.secretKeys : fileKeys(o.dataDir, stored === undefined)
  const [first] = secretKeys
  if (first === undefined) throw new Error('RUNLAYER_SECRET_KEY is required with a PostgreSQL database')
  // Two processes may make the first key at once: one insert wins and both use that one.
  const wrapped = stored ?? (await store.insert(wrapKey(first, randomBytes(keyBytes))))
  const { dataKey, position } = unwrapKey(wrapped, secretKeys, o.dataDir)
  if (position > 0) await store.rewrap(wrapKey(first, dataKey), wrapped)
  return keyringOf(dataKey)
}

export function wrapKey(secretKey: Buffer, dataKey: Buffer): string {
  return sealWith(secretKey, dataKey, Buffer.from(wrapBind))
}

export function unwrapKey(
  wrapped: string,
  secretKeys: readonly Buffer[],
  dataDir: string,
): { dataKey: Buffer; position: number } {
  for (const [position, secretKey] of secretKeys.entries()) {
    try {
      return { dataKey: openWith(secretKey, wrapped, Buffer.from(wrapBind)), position }
    } catch {
      // The next key may fit; which ones did not is nobody's business.
    }
  }
  throw new Error(
    `No key fits this database. Set RUNLAYER_SECRET_KEY to the key it was made with (without that setting the file ${join(dataDir, 'secret.key')} is used). To change the key, put the new one first and keep the old one behind a comma for one start.`,
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

/** The keys that whoever may read the host's secrets has: those of the settings, or the one of the file. */
export function hostKeys(o: { secretKeys: readonly Buffer[]; dataDir: string }): readonly Buffer[] {
  return o.secretKeys.length > 0 ? o.secretKeys : [readKeyFile(keyFile(o.dataDir))]
}

/** The key the embedded store makes for itself: readable by this user only, made with the database. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'secret.key')
}

/** The key of the file, and the one of a rotation that was interrupted before it took its place. */
function fileKeys(dataDir: string, mayCreate: boolean): Buffer[] {
  const path = keyFile(dataDir)
  // On disk before anything is encrypted with it: without it the database's secrets are gone.
  if (mayCreate && !existsSync(path)) writeKeyFile(path, randomBytes(keyBytes))
  const next = `${path}.next`
  return [readKeyFile(path), ...(existsSync(next) ? [readKeyFile(next)] : [])]
}

export function writeKeyFile(path: string, key: Buffer): void {
  writeFileSync(path, `${key.toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true })
}

export function readKeyFile(path: string): Buffer {
  if (!existsSync(path)) {
    throw new Error(
      `${path} is missing, and this database was made with it. Put the file back, or set RUNLAYER_SECRET_KEY to what it held.`,
    )
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length !== keyBytes) throw new Error(`${path} does not hold a key of 32 bytes in base64`)
  return key
}
