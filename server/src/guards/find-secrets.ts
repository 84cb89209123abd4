import { firstSecret, leafFinder, secretsOnly } from './find-in-leaf.ts'
import { looksRandom, namesSecret, type SecretReader, secretReaders } from './find-secret-values.ts'

/** A secret in a text: what `[REDACTED:kind]` is written over. */
export type Secret = { readonly kind: string; readonly at: number; readonly length: number }

/** Every secret in a text, without overlaps, in order. Bounded by the text's length; never throws. */
export function findSecrets(text: string, name = ''): Secret[] {
  if (text.length < 8) return []
  leafFinder.read(text, secretsOnly)
  return readSecrets(text, name)
}

const shortText = 512

/** Prose is told by its first space, without a pattern. */
const spaced = (text: string) => text.includes(' ') || /\s/.test(text)

/** The secrets of the text that the finder of leaves read last. */
export function readSecrets(text: string, name: string): Secret[] {
  if (text.length < 8) return []
  const isSecret = name !== '' && !spaced(text) && namesSecret(name) && looksRandom(text, 12)
  const found: Secret[] = []
  for (let each = 0; each < leafFinder.touchedCount; each++) {
    const at = leafFinder.touched[each] as number
    const reader = secretReaders[at - firstSecret]
    if (reader !== undefined && !(isSecret && reader.isNamed)) readKind(text, at, reader, found)
  }
  if (isSecret) found.push({ kind: 'secret', at: 0, length: text.length })
  return found.length < 2 ? found : withoutOverlaps(found)
}

function readKind(text: string, at: number, { holds, read }: SecretReader, found: Secret[]): void {
  let isSure = holds === undefined
  // In a short text looking for a key's characters costs less than one try of its pattern.
  if (text.length <= shortText && holds?.(text) === false) return
  for (let match = leafFinder.next(at, text); match !== null; match = leafFinder.next(at, text)) {
    if (!isSure && holds?.(text) === false) return
    isSure = true
    const secret = read(match)
    if (secret !== undefined) found.push(secret)
  }
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
