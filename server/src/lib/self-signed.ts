import { generateKeyPair, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'

const bits = 2048
const yearMs = 365 * 24 * 60 * 60_000

/**
 * An RSA key with a certificate it signed itself (RFC 5280, version 3 without extensions), both as PEM. Whoever gets the
 * certificate from its owner needs no authority: it carries a key, and no promise.
 */
export async function makeSelfSigned(o: {
  commonName: string
  years: number
  now: number
}): Promise<{ key: string; certificate: string }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits })
  const name = sequence(tagged(0x31, sequence(commonNameOid, tagged(0x0c, Buffer.from(o.commonName)))))
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    sha256WithRsa,
    name,
    sequence(time(o.now), time(o.now + o.years * yearMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)]))
  const text = sequence(content, sha256WithRsa, signature).toString('base64')
  const lines = text.match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const bytes = Buffer.from(length.toString(16).padStart(length < 0x100 ? 2 : 4, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content])
}

const sequence = (...parts: Buffer[]) => tagged(0x30, Buffer.concat(parts))

/** Positive: the highest bit is that of the sign. */
function integer(bytes: Buffer): Buffer {
  const positive = Buffer.from(bytes)
  positive[0] = (positive[0] ?? 0) & 0x7f || 1
  return tagged(0x02, positive)
}

/** UTCTime, as RFC 5280 wants it until 2049. */
function time(ms: number): Buffer {
  return tagged(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
}

const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'))
const commonNameOid = oid('550403')
const sha256WithRsa = sequence(oid('2a864886f70d01010b'), Buffer.from([0x05, 0x00]))
