import { createHmac, randomBytes, randomInt } from 'node:crypto'

/** A personal key as this product makes them: rl_ and 43 characters, 256 bits. */
const keyLength = 43
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Keys given by the environment may be longer and hold - and _ as well. */
const keyShape = /^rl_[A-Za-z0-9_-]{32,256}$/
const tokenShape = /^[A-Za-z0-9_-]{43}$/

export function makeKeySecret(): string {
  let text = 'rl_'
  for (let index = 0; index < keyLength; index++) text += alphabet.charAt(randomInt(alphabet.length))
  return text
}

/** A token for a session or a sign-in link. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url')
}

export function isKeyShaped(text: string): boolean {
  return keyShape.test(text)
}

export function isTokenShaped(text: string): boolean {
  return tokenShape.test(text)
}

/** Enough to tell keys apart in a list, far from enough to guess one. */
export function prefixOf(secret: string): string {
  return secret.slice(0, 9)
}

/** What is stored instead of a secret: worthless without the installation's key. */
export function keyedHash(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(secret).digest('base64url')
}
