import type { Secret } from './find-secrets.ts'
import { hasLongRun } from './long-run.ts'
import { secretKinds } from './secret-kinds.ts'

const privateKey =
  /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[A-Za-z0-9+/=:,. \r\n\\-]){40,20000}-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const cutKey = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\r\n]{40,20000}/g
const putty = /PuTTY-User-Key-File-\d:[\s\S]{40,8000}?Private-MAC: [a-f0-9]{40,64}/g
const connection = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,100}:([^\s@"'<>/]{3,200})@[A-Za-z0-9.[-]/g
const header = /\b(?:bearer|basic|token)\s{1,3}([A-Za-z0-9._~+/=-]{16,2000})/gi
/** name = value, name: value, "name": "value": the value is judged by how random it looks. */
const assigned =
  /(?<![A-Za-z0-9])["']?([A-Za-z][A-Za-z0-9_.-]{0,40}?(?:password|passwd|pwd|passphrase|secret(?:[_-]?(?:key|access[_-]?key))?|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|client[_-]?secret|account[_-]?key|credentials?|connection[_-]?string)|password|passwd|pwd|passphrase|secret|token|apikey|credentials)["']?\s{0,3}(?:=>|:=|=|:)\s{0,3}(?:"([^"\n]{6,512})"|'([^'\n]{6,512})'|([^\s"',;&<>(){}[\]]{8,512}))/gi
const harmlessName =
  /(?:next|page|prev|previous|cursor|continuation|sync|csrf|max|min|total|input|output|prompt|completion|num|count|special|pad|eos|bos|stop|primary|foreign|public|sort|partition|cache|map|object|idempotency)[_-]?(?:token|key)s?$/i
const placeholder =
  /^(?:\$|\{|<|%|\*|x{4}|\.{3}|your|my[_-]|example|placeholder|changeme|redacted|\[redacted|null|none|true|false|undefined|process\.|os\.|env\.|config\.|string|secret$|password$|token$|test$|dummy|sample|insert|enter|replace)|example$|\*{3}|x{6}|(?:^|[_-])(?:here|placeholder|example)(?:$|[_-])|\[REDACTED/i
/** What documentation writes in place of a real one. */
const examples = /EXAMPLE|0{12}|1234567890|abcdefghij|x{8}/i

/** No kind told by its shape is shorter than this. */
const shortestShape = 16

type Found = RegExpExecArray
/** What is made of a match: a secret, or nothing. */
type Reader = (found: Found) => Secret | undefined
export type SecretReader = {
  readonly find: RegExp
  /** Said of the whole text, once it has a match. */
  readonly holds?: (text: string) => boolean
  readonly read: Reader
  /** Not looked for where the whole text is one secret already. */
  readonly isNamed?: true
}

const whole =
  (kind: string): Reader =>
  ({ index, 0: { length } }) => ({ kind, at: index, length })

/** The first names what is found where several find the same. */
export const secretReaders: readonly SecretReader[] = [
  ...secretKinds.map(
    ({ kind, signs, find }): SecretReader => ({
      find,
      holds: (text) => hasLongRun(text, shortestShape) && signs.some((sign) => text.includes(sign)),
      read: (found) => (examples.test(found[0]) ? undefined : whole(kind)(found)),
    }),
  ),
  { find: privateKey, read: whole('private-key') },
  { find: cutKey, read: whole('private-key') },
  { find: putty, read: whole('private-key') },
  { find: connection, read: inAddress },
  // Written in capitals, these words are names of settings.
  { find: header, holds: (text) => /earer|asic|oken/.test(text), read: inHeader, isNamed: true },
  { find: assigned, read: behindName, isNamed: true },
]
/** Where in a match its value stands. */
const valueIn = (found: Found, value: string) => ({
  at: found.index + found[0].lastIndexOf(value),
  length: value.length,
})

function inAddress(found: Found): Secret | undefined {
  const value = found[1] ?? ''
  if (placeholder.test(value) || /^(?:pass(?:word)?|pw|secret)$/i.test(value)) return undefined
  return { kind: 'password', ...valueIn(found, value) }
}

function behindName(found: Found): Secret | undefined {
  const label = found[1] ?? ''
  const value = found[2] ?? found[3] ?? found[4] ?? ''
  if (harmlessName.test(label) || !isSecretValue(label, value)) return undefined
  return { kind: /pass|pwd/i.test(label) ? 'password' : 'secret', ...valueIn(found, value) }
}

function inHeader(found: Found): Secret | undefined {
  const value = found[1] ?? ''
  if (!looksRandom(value, 20)) return undefined
  return { kind: 'authorization', at: found.index + found[0].length - value.length, length: value.length }
}

export const namesSecret = (name: string) =>
  /(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credential|^auth)s?$/i.test(
    name,
  ) && !harmlessName.test(name)

function isSecretValue(name: string, value: string): boolean {
  if (/pass|pwd/i.test(name)) return looksLikePassword(value)
  return looksRandom(value, 16)
}

/** A password written down: digits or marks among letters, no spaces, no placeholder. */
function looksLikePassword(value: string): boolean {
  if (value.length < 8 || placeholder.test(value) || /\s/.test(value)) return false
  return (
    /[A-Za-z]/.test(value) && /[\d!@#$%^&*+]/.test(value) && !/^[A-Za-z_]+\(|^[a-z_]+\.[a-z_.]+$/i.test(value)
  )
}

/** Letters and digits mixed without words: bits per character, as random strings have and names have not. */
export function looksRandom(value: string, least: number): boolean {
  if (value.length < least || placeholder.test(value) || examples.test(value)) return false
  if (/^[A-Za-z_.-]+$|^\d+$|^https?:|[\s(){}]/.test(value)) return false
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)) return false
  return entropy(value) > 3.1
}

function entropy(value: string): number {
  const counts = new Map<string, number>()
  const part = value.slice(0, 256)
  for (const character of part) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / part.length) * Math.log2(count / part.length)
  return bits
}
