import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { sha256 } from './event.ts'

/** A signed stretch of one writer's chain: events `fromSeq` to `toSeq`, their digests joined (43 characters each). */
export type Head = {
  readonly writer: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly prevHash: string
  readonly hash: string
  readonly digests: string
  readonly signedAt: number
  readonly keyId: string
  readonly signature: string
}

export type Signer = {
  /** Raw Ed25519 public key, base64url. */
  readonly publicKey: string
  /** The first 16 characters of the SHA-256 of `publicKey`. */
  readonly keyId: string
  /** Ed25519 over the UTF-8 text, base64url. */
  sign(text: string): string
}

/** RFC 8410 §7: what stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Start = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The signing key is derived, not stored: every process of an installation has it, and a backup needs no extra file. */
export function makeSigner(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Start, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = String(createPublicKey(key).export({ format: 'jwk' }).x)
  return {
    publicKey,
    keyId: sha256(publicKey).slice(0, 16),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
  }
}

/** What a head's signature covers. The digests are covered through the hash. */
export function headText(
  head: Pick<Head, 'writer' | 'fromSeq' | 'toSeq' | 'prevHash' | 'hash' | 'signedAt'>,
): string {
  return `runlayer-audit-head-1\n${head.writer}\n${head.fromSeq}\n${head.toSeq}\n${head.prevHash}\n${head.hash}\n${head.signedAt}`
}

export function signHead(signer: Signer, head: Omit<Head, 'keyId' | 'signature'>): Head {
  return { ...head, keyId: signer.keyId, signature: signer.sign(headText(head)) }
}
