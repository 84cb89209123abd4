import { hasLongRun } from './long-run.ts'
import { secretKinds } from './secret-kinds.ts'

/** A secret in a text: what `[REDACTED:kind]` is written over. */
export type Secret = { readonly kind: string; readonly at: number; readonly length: number }

const privateKey =
  /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[A-Za-z0-9+/=:,. \r\n\\-]){40,20000}-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const cutKey = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\r\n]{40,20000}/g
const putty = /PuTTY-User-Key-File-\d:[\s\S]{40,8000}?Private-MAC: [a-f0-9]{40,64}/g
const connection = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,100}:([^\s@"'<>/]{3,200})@[A-Za-z0-9.[-]/g
const header = /\b(?:bearer|basic|token)\s{1,3}([A-Za-z0-9._~+/=-]{16,2000})/gi
/** name = value, name: value, "name": "value": the value is judged by how random it looks. */
const assigned =
  /(?<![A-Za-z0-9])["']?([A-Za-z][A-Za-z0-9_.-]{0,40}?(?:password|passwd|pwd|passphrase|secret(?:[_-]?(?:key|access[_-]?key))?|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|client[_-]?secret|account[_-]?key|credentials?|connection[_-]?string)|password|passwd|pwd|passphrase|secret|token|apikey|credentials)["']?\s{0,3}(?:=>|:=|=|:)\s{0,3}(?:"([^"\n]{6,512})"|'([^'\n]{6,512})'|([^\s"',;&<>(){}[\]]{8,512}))/gi
const assignedHint = /pass|pwd|secret|token|key|credential|connection/i
const harmlessName =
  /(?:next|page|prev|previous|cursor|continuation|sync|csrf|max|min|total|input|output|prompt|completion|num|count|special|pad|eos|bos|stop|primary|foreign|public|sort|partition|cache|map|object|idempotency)[_-]?(?:token|key)s?$/i
const placeholder =
  /^(?:\$|\{|<|%|\*|x{4}|\.{3}|your|my[_-]|example|placeholder|changeme|redacted|\[redacted|null|none|true|false|undefined|process\.|os\.|env\.|config\.|string|secret$|password$|token$|test$|dummy|sample|insert|enter|replace)|example$|\*{3}|x{6}|(?:^|[_-])(?:here|placeholder|example)(?:$|[_-])|\[REDACTED/i
/** What documentation writes in place of a real one. */
const examples = /EXAMPLE|0{12}|1234567890|abcdefghij|x{8}/i

/** No kind told by its shape is shorter than this. */
const shortestShape = 16

/** Every secret in a text, without overlaps, in order. Bounded by the text's length; never throws. */
export function findSecrets(text: string, name = ''): Secret[] {
  if (text.length < 8) return []
  const found: Secret[] = []
  const kinds = hasLongRun(text, shortestShape) ? secretKinds : []
  for (const { kind, signs, find } of kinds) {
    if (!signs.some((sign) => text.includes(sign))) continue
    for (const match of text.matchAll(find)) {
      if (!examples.test(match[0])) found.push({ kind, at: match.index, length: match[0].length })
    }
  }
  findBlocks(text, found)
  findNamed(text, name, found)
  return withoutOverlaps(found)
}

function findBlocks(text: string, found: Secret[]): void {
  const take = (pattern: RegExp) => {
    for (const match of text.matchAll(pattern))
      found.push({ kind: 'private-key', at: match.index, length: match[0].length })
  }
  if (text.includes('PRIVATE KEY')) {
    take(privateKey)
    take(cutKey)
  }
  if (text.includes('PuTTY-User')) take(putty)
  if (text.includes('://') && text.includes('@')) findInAddresses(text, found)
}

function findInAddresses(text: string, found: Secret[]): void {
  for (const match of text.matchAll(connection)) {
    const value = match[1] ?? ''
    if (placeholder.test(value) || /^(?:pass(?:word)?|pw|secret)$/i.test(value)) continue
    found.push({ kind: 'password', at: match.index + match[0].lastIndexOf(value), length: value.length })
  }
}

function findNamed(text: string, name: string, found: Secret[]): void {
  if (name !== '' && namesSecret(name) && looksRandom(text, 12) && !/\s/.test(text)) {
    found.push({ kind: 'secret', at: 0, length: text.length })
    return
  }
  if (/earer|asic|oken/.test(text)) findInHeaders(text, found)
  if (!assignedHint.test(text)) return
  for (const match of text.matchAll(assigned)) {
    const label = match[1] ?? ''
    const value = match[2] ?? match[3] ?? match[4] ?? ''
    if (harmlessName.test(label) || !isSecretValue(label, value)) continue
    const kind = /pass|pwd/i.test(label) ? 'password' : 'secret'
    found.push({ kind, at: match.index + match[0].lastIndexOf(value), length: value.length })
  }
}

function findInHeaders(text: string, found: Secret[]): void {
  for (const match of text.matchAll(header)) {
    const value = match[1] ?? ''
    if (!looksRandom(value, 20)) continue
    found.push({
      kind: 'authorization',
      at: match.index + match[0].length - value.length,
      length: value.length,
    })
  }
}

const namesSecret = (name: string) =>
  /(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credential)s?$/i.test(
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
function looksRandom(value: string, least: number): boolean {
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

/** Of overlapping finds the first in the table stays: it names the more exact kind. */
function withoutOverlaps(found: Secret[]): Secret[] {
  const kept: Secret[] = []
  for (const secret of found) {
    const clash = kept.some(({ at, length }) => secret.at < at + length && at < secret.at + secret.length)
    if (!clash) kept.push(secret)
    if (kept.length >= 256) break
  }
  return kept.sort((one, other) => one.at - other.at)
}

/** The text with every secret written over. */
export function redact(text: string, secrets: readonly Secret[]): string {
  let out = ''
  let copied = 0
  for (const { kind, at, length } of secrets) {
    out += `${text.slice(copied, at)}[REDACTED:${kind}]`
    copied = at + length
  }
  return out + text.slice(copied)
}
