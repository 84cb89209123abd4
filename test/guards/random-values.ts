export type Random = {
  /** 0 ≤ n < limit */
  below(limit: number): number
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T
}

/** A seeded generator (mulberry32), so that a failing text can be made again. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit)
  return {
    below,
    pick(list) {
      const chosen = list[below(list.length)]
      if (chosen === undefined) throw new Error('nothing to pick from')
      return chosen
    },
  }
}

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const lower = upper.toLowerCase()
const digits = '0123456789'

const alphabets: Readonly<Record<string, string>> = {
  hex: `${digits}abcdef`,
  HEX: `${digits}ABCDEF`,
  digits,
  dollar: '$',
  lower,
  letters: upper + lower,
  lowdig: lower + digits,
  AZ09: upper + digits,
  base32: `${upper}234567`,
  bech32: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
  b62: digits + upper + lower,
  b64: `${upper + lower + digits}+/`,
  url: `${upper + lower + digits}-_`,
}

/** Fills a pattern such as `ghp_{30:b62}{crc32}`. */
export function makeValue(random: Random, pattern: string): string {
  let out = ''
  for (const part of pattern.replaceAll('\\n', '\n').split(/(\{[^{}]{1,20}\})/)) {
    const hole = /^\{(\d+):(\w+)\}$/.exec(part)
    if (part === '{crc32}') out += checksum(out)
    else if (hole === null) out += part
    else out += run(random, alphabetOf(hole[2] ?? ''), Number(hole[1]))
  }
  return out
}

function alphabetOf(name: string): string {
  const alphabet = alphabets[name]
  if (alphabet === undefined) throw new Error(`no alphabet ${name}`)
  return alphabet
}

/** No mark at either end, where a real one may stand but a reader would take it for punctuation. */
function run(random: Random, alphabet: string, length: number): string {
  let out = ''
  while (out.length < length) {
    const next = alphabet[random.below(alphabet.length)] ?? ''
    const isEdge = out.length === 0 || out.length === length - 1
    if (isEdge && /[-_+/]/.test(next)) continue
    out += next
  }
  return out
}

/** Six base-62 digits of the CRC-32 over what follows the prefix, as GitHub and npm append them. */
function checksum(token: string): string {
  const body = token.slice(token.lastIndexOf('_') + 1)
  let crc = 0xffffffff
  for (const byte of Buffer.from(body)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  let left = (crc ^ 0xffffffff) >>> 0
  const alphabet = alphabets['b62'] ?? ''
  let out = ''
  for (let at = 0; at < 6; at++) {
    out = (alphabet[left % 62] ?? '') + out
    left = Math.floor(left / 62)
  }
  return out
}
