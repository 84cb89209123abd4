import { nearMisses } from './near-misses.ts'
import { codeText, jsonText, logText } from './plain-texts.ts'
import { makeValue, type Random, seeded } from './random-values.ts'
import { type SecretFormat, secretFormats } from './secret-formats.ts'

/**
 * Plants one made-up secret in every two kilobytes of made-up JSON, logs and code, with values that only look like
 * secrets around it. It knows the vendors' formats and nothing of the detectors.
 */
export type Planted = {
  readonly form: 'json' | 'log' | 'code'
  readonly text: string
  /** What must be found and masked; undefined in texts with near misses alone. */
  readonly secret: { readonly kind: string; readonly value: string } | undefined
  /** What must be left alone, as it stands in the text. */
  readonly near: readonly string[]
}

const forms = ['json', 'log', 'code'] as const
const textOf = { json: jsonText, log: logText, code: codeText }
const sizeBytes = 2_048

export const plantedKinds: readonly string[] = secretFormats.map(({ kind }) => kind)

/** `rounds` texts of every kind in every form. The same seed gives the same texts. */
export function* plantSecrets(seed: number, rounds = 1): Generator<Planted> {
  const random = seeded(seed)
  for (let round = 0; round < rounds; round++) {
    for (const format of secretFormats) for (const form of forms) yield plant(random, form, format)
  }
}

/** Texts of the same make without any secret, for false alarms per megabyte. */
export function* plantNothing(seed: number, count: number): Generator<Planted> {
  const random = seeded(seed)
  for (let at = 0; at < count; at++) yield plant(random, forms[at % forms.length] ?? 'json', undefined)
}

function plant(random: Random, form: Planted['form'], format: SecretFormat | undefined): Planted {
  const value = format === undefined ? undefined : makeValue(random, format.make)
  const near = nearMisses(random, 3)
  const text = textOf[form](random, {
    sizeBytes,
    secret: value === undefined ? undefined : { value, under: format?.under },
    near,
  })
  const secret = value === undefined || format === undefined ? undefined : { kind: format.kind, value }
  return { form, text, secret, near: near.map(({ value: shown }) => shown) }
}

/**
 * Whether a masked text still gives the secret away: any twelve characters in a row of its random part. Fixed parts
 * (scheme, header name, label of a key block) may stay.
 */
export function leaks(masked: string, { kind, value }: { kind: string; value: string }): boolean {
  const format = secretFormats.find((each) => each.kind === kind)
  if (format === undefined) return masked.includes(value)
  const runs = randomParts(format.make, value)
  return runs.some((run) => masked.includes(run.length <= 12 ? run : run.slice(-12)))
}

/** The characters of a value that its pattern leaves to chance, as runs of eight or more. */
function randomParts(make: string, value: string): string[] {
  const fixed = make.split(/\{[^{}]{1,20}\}/).map((part) => part.replaceAll('\\n', '\n'))
  const parts: string[] = []
  let at = 0
  for (const [index, part] of fixed.entries()) {
    const next = index === 0 ? 0 : part === '' ? -1 : value.indexOf(part, at)
    const end = next === -1 ? value.length : next
    if (index > 0 && end - at >= 8) parts.push(value.slice(at, end))
    if (next !== -1) at = end + part.length
  }
  return parts
}
