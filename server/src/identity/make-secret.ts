import { createHmac, randomBytes, randomInt } from 'node:crypto'

/** Behind its prefix a key is 43 characters, 256 bits. */
const keyLength = 43
const prefixes = { personal: 'rl_', organization: 'rl_org_', enrollment: 'rl_enroll_' } as const
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Keys given by the environment may be longer and hold - and _ as well. */
const keyShape = /^rl_[A-Za-z0-9_-]{32,256}$/
const maxAccessToken = 4096
const tokenShape = /^[A-Za-z0-9_-]{43}$/

export function makeKeySecret(kind: keyof typeof prefixes = 'personal'): string {
  let text: string = prefixes[kind]
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

/** What begins like a JWT. It runs with every request: the rest is judged once, when its mark is checked. */
export function isAccessTokenShaped(text: string): boolean {
  return text.startsWith('eyJ') && text.length <= maxAccessToken
}

export function isTokenShaped(text: string): boolean {
  return tokenShape.test(text)
}

/** Enough to tell keys apart in a list, far from enough to guess one. */
export function prefixOf(secret: string): string {
  const known = /^rl_(org_|enroll_)?/.exec(secret)?.[0].length ?? 0
  return secret.slice(0, known + 6)
}

/** What is stored instead of a secret: worthless without the installation's key. */
export function keyedHash(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(secret).digest('base64url')
}
