import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { newId } from '../kernel/ids.ts'

/** Seals stored bodies: AES-256-GCM, the entry's id as associated data. */
export type BodySeal = {
  seal(plain: string, entryId: string): Buffer
  /** Throws when the bytes were changed or belong to another entry. */
  open(sealed: Buffer, entryId: string): string
}

const version = 1
const counterBytes = 6
const prefixBytes = 1 + 16 + counterBytes
const tagBytes = 16

/**
 * Every seal has a key of its own, derived from an id made here, and counts its nonces, so no nonce is ever used twice,
 * which random ones could not promise for billions of entries (NIST SP 800-38D §8.3). The id is never an argument: two
 * threads of one process, or a thread and its successor, would count the same nonces under one key.
 * Layout: version, id (16), counter (6), ciphertext, tag (16).
 */
export function openBodySeal(root: Uint8Array): BodySeal {
  const mine = Buffer.from(newId().replaceAll('-', ''), 'hex')
  const myKey = keyOf(root, mine)
  let counter = 0
  let lastRead: { id: string; key: KeyObject } | undefined
  return {
    seal(plain, entryId) {
      counter += 1
      const nonce = Buffer.alloc(12)
      nonce.writeUIntBE(counter, 12 - counterBytes, counterBytes)
      const cipher = createCipheriv('aes-256-gcm', myKey, nonce)
      cipher.setAAD(Buffer.from(entryId, 'latin1'))
      const body = cipher.update(plain, 'utf8')
      cipher.final()
      return Buffer.concat([
        Buffer.of(version),
        mine,
        nonce.subarray(12 - counterBytes),
        body,
        cipher.getAuthTag(),
      ])
    },
    open(sealed, entryId) {
      if (sealed[0] !== version || sealed.length < prefixBytes + tagBytes)
        throw new Error('unknown body format')
      const by = sealed.subarray(1, 17)
      const id = by.toString('hex')
      if (lastRead?.id !== id) lastRead = { id, key: keyOf(root, by) }
      const nonce = Buffer.alloc(12)
      sealed.copy(nonce, 12 - counterBytes, 17, prefixBytes)
      const decipher = createDecipheriv('aes-256-gcm', lastRead.key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(entryId, 'latin1'))
      decipher.setAuthTag(sealed.subarray(-tagBytes))
      return (
        decipher.update(sealed.subarray(prefixBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
      )
    },
  }
}

function keyOf(root: Uint8Array, id: Buffer): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', root, id, 'audit bodies', 32)))
}
