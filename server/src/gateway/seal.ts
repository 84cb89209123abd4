import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { JsonObject } from '../kernel/json.ts'

/** Sealed JSON handed to clients (session ids, request states, task ids): they can neither read nor change it. */
export type Seal = {
  seal(value: JsonObject): string
  /** undefined when the text was not sealed here, for any reason. */
  open(text: string): JsonObject | undefined
}

const nonceBytes = 12
const tagBytes = 16
const maxSealedLength = 16 * 1024

/**
 * AES-256-GCM under a key derived for this one purpose; `purpose` is bound as associated data. `steady`: equal values
 * become equal texts, so that a client can compare them; the nonce is then made of the value itself (as in RFC 5297).
 */
export function createSeal(key: Buffer, purpose: string, { steady = false } = {}): Seal {
  const bound = Buffer.from(purpose)
  const nonceFor = (text: string) =>
    steady
      ? createHmac('sha256', key).update(`nonce\0${purpose}\0${text}`).digest().subarray(0, nonceBytes)
      : randomBytes(nonceBytes)
  return {
    seal(value) {
      const text = JSON.stringify(value)
      const nonce = nonceFor(text)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(text) {
      if (text.length > maxSealedLength || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length <= nonceBytes + tagBytes) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes)).setAAD(bound)
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
        const plain = Buffer.concat([
          decipher.update(bytes.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ])
        return JSON.parse(plain.toString('utf8')) as JsonObject
      } catch {
        return undefined
      }
    },
  }
}
