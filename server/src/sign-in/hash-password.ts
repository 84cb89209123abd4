import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../kernel/errors.ts'

/** About a quarter of a second and 32 MiB on a small machine (OWASP's second choice of parameters). */
const cost = { N: 2 ** 15, r: 8, p: 3 }
const keyBytes = 32
const saltBytes = 16
/** Hashes computed at once, and requests that may wait for one: memory stays bounded whoever asks. */
const mostRunning = 2
const mostWaiting = 32

export type PasswordHasher = {
  hash(password: string): Promise<string>
  /** False for a wrong password and, after the same time, for somebody who has none. Throws busy. */
  matches(password: string, stored: string | undefined): Promise<boolean>
}

/** Takes the place of the hash somebody does not have, so that an answer takes as long for them. */
const nobodysSalt = Buffer.alloc(saltBytes)
const nobodysKey = Buffer.alloc(keyBytes)

/** `N`: scrypt's cost. */
export function openPasswordHasher(N = cost.N): PasswordHasher {
  const own = { ...cost, N }
  const waiting: (() => void)[] = []
  let running = 0
  const compute = async (password: string, salt: Buffer, o = own): Promise<Buffer> => {
    if (running >= mostRunning) {
      if (waiting.length >= mostWaiting)
        throw new GatewayError('busy', 'Too many people are signing in at once. Try again in a few seconds.')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await derive(password, salt, o)
    } finally {
      // Whoever waited longest takes over the place.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes)
      const key = await compute(password, salt)
      return `scrypt$${own.N}$${own.r}$${own.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
    },
    async matches(password, stored) {
      const parsed = stored === undefined ? undefined : parse(stored)
      const key = await compute(password, parsed?.salt ?? nobodysSalt, parsed?.cost)
      return timingSafeEqual(key, parsed?.key ?? nobodysKey) && parsed !== undefined
    },
  }
}

function derive(password: string, salt: Buffer, o: typeof cost): Promise<Buffer> {
  // The same letters typed on another keyboard may come composed differently (RFC 8265 §4.2).
  const text = password.normalize('NFKC')
  return new Promise((resolve, reject) =>
    scrypt(text, salt, keyBytes, { ...o, maxmem: 256 * o.N * o.r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  )
}

function parse(stored: string): { cost: typeof cost; salt: Buffer; key: Buffer } | undefined {
  const [name, n, r, p, salt = '', key = ''] = stored.split('$')
  const bytes = Buffer.from(key, 'base64url')
  if (name !== 'scrypt' || bytes.length !== keyBytes) return undefined
  return {
    cost: { N: Number(n), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: bytes,
  }
}
