import type { Hit } from './finding.ts'

/** What a person does not see but a model reads, by how surely it hides text. */
const ranges = String.raw`[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{13430}-\u{1343f}\u{16fe4}\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]`
/** One picture, or several that joiners make one; a digit in a key; the three flags Unicode recommends as tag sequences. */
const picture = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\ufe0e\ufe0f])?`
const flags = String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`
const emoji = String.raw`${flags}|${picture}(?:\u200d${picture}){0,8}|[#*0-9]\ufe0f\u20e3`
const emojiOrSuspect = new RegExp(`(${emoji})|${ranges}+`, 'gu')
const anySuspect = new RegExp(ranges, 'u')
const joining =
  /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Mongolian}]/u
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}]/u
const [esc, bell] = [String.fromCharCode(0x1b), String.fromCharCode(0x07)]
const terminal = new RegExp(
  String.raw`${esc}(?:\[[0-9;:?]{0,32}[@-~]|\][^${bell}${esc}]{0,512}(?:${bell}|${esc}\\)?)`,
  'g',
)
/** Sequences that only colour text hide nothing, as long as the text is not made invisible. */
const hidingTerminal = /\[(?:[0-9;]{0,16};)?8m|\[[0-9;]{0,8}[JKHfABCDGsu]|\]/
const plain = /^[\t\n\f\r -~]*$/

export type Hidden = {
  /** The text without what was hidden. */
  readonly text: string
  readonly hits: readonly Hit[]
  /** What tag characters or variation selectors spelled, if anything. */
  readonly spelled: string
  /** Only single marks that documents carry by accident (soft hyphen, byte order mark, zero-width space). */
  readonly harmless: boolean
}

/** Removes what a person cannot see and tells what it was. Emoji and scripts that need joiners keep them. */
export function findHidden(text: string): Hidden | undefined {
  if (plain.test(text) || !anySuspect.test(text)) return undefined
  const hits: Hit[] = []
  let spelled = ''
  const withoutColour = text.replace(terminal, (sequence, at: number) => {
    if (hidingTerminal.test(sequence)) hits.push({ at, length: sequence.length, weight: 0.7 })
    return ''
  })
  const styles = { text: 0, picture: 0 }
  const kept = withoutColour.replace(
    emojiOrSuspect,
    (run: string, isEmoji: string | undefined, at: number, whole: string) => {
      if (isEmoji !== undefined) return emojiKept(run, styles)
      const weight = weightOf(run, whole, at)
      if (weight === undefined) return run
      hits.push({ at, length: run.length, weight })
      spelled += spell(run)
      return run.includes('\u2028') || run.includes('\u2029') ? '\n' : ''
    },
  )
  // Nobody asks for both styles of pictures again and again; bits can be told that way.
  if (Math.min(styles.text, styles.picture) >= 4) hits.push({ at: 0, length: 1, weight: 0.75 })
  if (kept === text && hits.length === 0) return undefined
  const harmless = spelled === '' && hits.every(({ weight }) => weight < 0.3)
  return { text: kept, hits: hits.slice(0, 16), spelled: spelled.slice(0, 4_096), harmless }
}

function emojiKept(run: string, styles: { text: number; picture: number }): string {
  if (run.includes('\ufe0e')) styles.text++
  else if (run.includes('\ufe0f')) styles.picture++
  return run.includes('\u{e007f}') ? '\u{1f3f4}' : run
}

/** How surely a run hides something; undefined where the script or emoji before it needs it. */
function weightOf(run: string, whole: string, at: number): number | undefined {
  const before = whole.slice(Math.max(0, at - 2), at)
  const after = whole.slice(at + run.length, at + run.length + 2)
  const code = run.codePointAt(0) ?? 0
  const single = run.length <= (code > 0xffff ? 2 : 1)
  if (single && isNeeded(code, before, after)) return undefined
  return strengthOf(run, code, { single, before, after, whole })
}

function strengthOf(
  run: string,
  code: number,
  { single, before, after, whole }: { single: boolean; before: string; after: string; whole: string },
): number {
  if (within(code, 0xe0000, 0xe0fff)) return 0.99
  if (within(code, 0xfe00, 0xfe0f)) return single ? 0.2 : 0.95
  if (turnsText(code)) return rightToLeft.test(whole) ? 0.15 : 0.75
  if (code < 0x20 || within(code, 0x7f, 0x9f)) return 0.2
  // Byte order marks between words are left where texts were put together.
  if (run === '\ufeff' && /\s/.test(before.slice(-1) + after.charAt(0))) return 0.05
  // A soft hyphen, mark or zero-width space alone is what typesetters and copied web pages leave.
  return run.length >= 4 ? 0.9 : 0.15
}

const turnsText = (code: number) => within(code, 0x202a, 0x202e) || within(code, 0x2066, 0x2069)

const within = (code: number, from: number, to: number) => code >= from && code <= to

function isNeeded(code: number, before: string, after: string): boolean {
  if (code === 0x200b || code === 0x200c || code === 0x200d)
    return joining.test(before) || joining.test(after)
  if (code === 0x200e || code === 0x200f || code === 0x61c) return rightToLeft.test(before + after)
  if (code >= 0x180b && code <= 0x180f) return joining.test(before)
  return code >= 0xe0100 && code <= 0xe01ef && /\p{Script=Han}/u.test(before)
}

/** Tag characters are ASCII moved up; variation selectors can carry bytes (0..15, 16..255). */
function spell(run: string): string {
  let out = ''
  for (const point of run) {
    const code = point.codePointAt(0) ?? 0
    if (code >= 0xe0020 && code <= 0xe007e) out += String.fromCharCode(code - 0xe0000)
    else if (code >= 0xe0100 && code <= 0xe01ef) out += byteText(code - 0xe0100 + 16)
  }
  return out.length >= 3 ? out : ''
}

const byteText = (byte: number) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '')
