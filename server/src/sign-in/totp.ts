import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const stepMs = 30_000
const digits = 6
/** A code of the step before or after is taken too: clocks differ. */
const drift = 1
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A secret of 160 bits in base32, as authenticator apps take it. */
export function makeTotpSecret(): string {
  return base32(randomBytes(20))
}

/** The code of a time step (RFC 6238, RFC 4226 §5.3). */
export function totpAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The time step `code` is right for, or undefined. The caller sees to it that no step is used twice. */
export function stepOf(secret: string, code: string, atMs: number): number | undefined {
  const given = Buffer.from(code)
  if (given.length !== digits) return undefined
  const current = Math.floor(atMs / stepMs)
  let found: number | undefined
  for (let step = current - drift; step <= current + drift; step++)
    if (timingSafeEqual(Buffer.from(totpAt(secret, step)), given)) found = step
  return found
}

/** What an authenticator app reads, as text or from a picture of it. */
export function totpUri(o: { secret: string; account: string; issuer: string }): string {
  const label = `${encodeURIComponent(o.issuer)}:${encodeURIComponent(o.account)}`
  return `otpauth://totp/${label}?secret=${o.secret}&issuer=${encodeURIComponent(o.issuer)}&algorithm=SHA1&digits=${digits}&period=30`
}

/** Codes to keep on paper, for when the phone is gone: 50 bits each. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: 10 }, () => {
    const text = base32(randomBytes(7)).slice(0, 10)
    return `${text.slice(0, 5)}-${text.slice(5)}`
  })
}

/** One spelling for what people type: they leave out the dash and take 0 for O. */
export function plainRecoveryCode(typed: string): string {
  return typed
    .toUpperCase()
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replace(/[^A-Z2-7]/g, '')
}

function base32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >>> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text
}

function fromBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of text) {
    held = (held << 5) | alphabet.indexOf(letter)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >>> bits) & 255)
    held &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}
