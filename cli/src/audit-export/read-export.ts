import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'

export type JsonRecord = { [name: string]: unknown }

/** An export taken apart. `body` is the exact text that its last member signs. */
export type ReadExport = {
  header: JsonRecord
  entries: JsonRecord[]
  heads: JsonRecord[]
  body: string
  signature: string
}

export const exportFormat = 'runlayer-audit-export-1'
const jsonEnd = /,\n"signature":"([A-Za-z0-9_-]{86})"\}\n$/
const linesEnd = /\n\{"signature":"([A-Za-z0-9_-]{86})"\}\n$/

/** Throws an Error with a sentence when the text is no export in json or jsonl. */
export function readExport(text: string): ReadExport {
  const lines = linesEnd.exec(text)
  if (lines?.[1] !== undefined) {
    const body = text.slice(0, lines.index)
    const [header = {}, ...rest] = body.split('\n').map(parseRecord)
    return {
      header: checkFormat(header),
      entries: rest.filter((line) => 'entry' in line).map((line) => record(line['entry'])),
      heads: rest.filter((line) => 'head' in line).map((line) => record(line['head'])),
      body,
      signature: lines[1],
    }
  }
  const json = jsonEnd.exec(text)
  if (json?.[1] === undefined) throw new Error('the file does not end with the signature of an audit export')
  const header = checkFormat(parseRecord(text))
  return {
    header,
    entries: list(header['entries']).map(record),
    heads: list(header['heads']).map(record),
    body: text.slice(0, json.index),
    signature: json[1],
  }
}

function checkFormat(header: JsonRecord): JsonRecord {
  if (header['format'] !== exportFormat) throw new Error(`the file is not in the format ${exportFormat}`)
  return header
}

function parseRecord(text: string): JsonRecord {
  try {
    return record(JSON.parse(text))
  } catch (cause) {
    throw new Error('the file is not readable JSON', { cause })
  }
}

export function record(value: unknown): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the file holds something that is not a record where one belongs')
  return value as JsonRecord
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('the file holds no list where one belongs')
  return value
}

/** base64url, 43 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** A key as exported: raw Ed25519, base64url. Throws when it is none. */
export function readKey(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
}

/** False too for another spelling of the same signature: base64url leaves unused bits that could be changed. */
export function isSigned(text: string, signature: unknown, key: KeyObject): boolean {
  if (typeof signature !== 'string') return false
  const bytes = Buffer.from(signature, 'base64url')
  return bytes.toString('base64url') === signature && verify(null, Buffer.from(text), key, bytes)
}
