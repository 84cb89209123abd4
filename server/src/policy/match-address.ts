import { isIP } from 'node:net'

/** A range such as 10.0.0.0/8 or 2001:db8::/32; a bare address is a range of one. */
export type AddressRange = { readonly bytes: Uint8Array; readonly bits: number }

/** The bytes of an address, 4 or 16; an IPv4 address written as IPv6 (::ffff:a.b.c.d) counts as IPv4. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  switch (isIP(bare)) {
    case 4:
      return Uint8Array.from(bare.split('.'), Number)
    case 6:
      return unmapped(parseV6(bare.split('%')[0] ?? bare))
    default:
      return undefined
  }
}

/** undefined when the text is not a range. Bits behind the prefix are ignored. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const bytes = parseAddress(address)
  if (bytes === undefined || rest.length > 0) return undefined
  const most = bytes.length * 8
  if (length === undefined) return { bytes, bits: most }
  if (!/^\d{1,3}$/.test(length)) return undefined
  // A mapped range such as ::ffff:10.0.0.0/104 is counted in IPv6 bits.
  const bits = Number(length) - (isIP(address) === 6 && most === 32 ? 96 : 0)
  return bits >= 0 && bits <= most ? { bytes, bits } : undefined
}

export function inRange(address: Uint8Array, range: AddressRange): boolean {
  if (address.length !== range.bytes.length) return false
  const whole = range.bits >> 3
  for (let index = 0; index < whole; index++) {
    if (address[index] !== range.bytes[index]) return false
  }
  const rest = range.bits & 7
  if (rest === 0) return true
  const mask = 0xff & (0xff << (8 - rest))
  return ((address[whole] ?? 0) & mask) === ((range.bytes[whole] ?? 0) & mask)
}

function parseV6(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const [head = '', tail] = text.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  bytes.set(before, 0)
  bytes.set(after, 16 - after.length)
  return bytes
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function unmapped(bytes: Uint8Array): Uint8Array {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return bytes
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.slice(12) : bytes
}
