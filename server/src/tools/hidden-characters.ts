/** Characters a person does not see but a model reads (T22, T28): the carriers of instructions in tool definitions. */
const hiddenRanges: readonly (readonly [number, number, string])[] = [
  [0x00, 0x08, 'control'],
  [0x0b, 0x0c, 'control'],
  [0x0e, 0x1a, 'control'],
  [0x1b, 0x1b, 'terminal escape'],
  [0x1c, 0x1f, 'control'],
  [0x7f, 0x9f, 'control'],
  [0xad, 0xad, 'invisible'],
  [0x34f, 0x34f, 'invisible'],
  [0x61c, 0x61c, 'bidirectional'],
  [0x115f, 0x1160, 'invisible'],
  [0x17b4, 0x17b5, 'invisible'],
  [0x180b, 0x180f, 'variation selector'],
  [0x200b, 0x200d, 'invisible'],
  [0x200e, 0x200f, 'bidirectional'],
  [0x2028, 0x2029, 'control'],
  [0x202a, 0x202e, 'bidirectional'],
  [0x2060, 0x2064, 'invisible'],
  [0x2065, 0x2069, 'bidirectional'],
  [0x206a, 0x206f, 'invisible'],
  [0x2800, 0x2800, 'invisible'],
  [0x3164, 0x3164, 'invisible'],
  [0xfe00, 0xfe0f, 'variation selector'],
  [0xfeff, 0xfeff, 'invisible'],
  [0xffa0, 0xffa0, 'invisible'],
  [0xfff0, 0xfffb, 'invisible'],
  [0x1bca0, 0x1bca3, 'invisible'],
  [0x1d173, 0x1d17a, 'invisible'],
  [0xe0000, 0xe007f, 'tag'],
  [0xe0080, 0xe00ff, 'invisible'],
  [0xe0100, 0xe01ef, 'variation selector'],
  [0xe01f0, 0xe0fff, 'invisible'],
]

/** A cheap first look: definitions are nearly always free of every range above. */
const suspect = new RegExp(
  `[${hiddenRanges.map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`).join('')}]`,
  'u',
)

const pictograph = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|[#*0-9]|\u20e3/u
const joiningScript =
  /\p{Script=Arabic}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Malayalam}|\p{Script=Sinhala}|\p{Script=Tamil}|\p{Script=Telugu}|\p{Script=Kannada}|\p{Script=Gujarati}/u
/** The three flags Unicode recommends as tag sequences; every other use of tag characters hides text. */
const flagSequences =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu

function kindOf(code: number): string | undefined {
  return hiddenRanges.find(([from, to]) => code >= from && code <= to)?.[2]
}

/** Emoji and joining scripts need some of these characters; there they are visible in their effect. */
function isOrdinary(code: number, before: string, after: string): boolean {
  if (code === 0xfe0e || code === 0xfe0f) return pictograph.test(before)
  if (code === 0x200d && (pictograph.test(before) || before === '\ufe0f') && pictograph.test(after))
    return true
  if (code === 0x200c || code === 0x200d) return joiningScript.test(before)
  if (code >= 0xe0100 && code <= 0xe01ef) return /\p{Script=Han}/u.test(before)
  return false
}

/** The kinds of hidden character in a text, each once; empty for a clean one. */
export function hiddenKinds(text: string): readonly string[] {
  if (!suspect.test(text)) return []
  const kinds = new Set<string>()
  const points = [...text.replace(flagSequences, '')]
  for (const [at, point] of points.entries()) {
    const code = point.codePointAt(0) ?? 0
    const kind = kindOf(code)
    if (kind === undefined || isOrdinary(code, points[at - 1] ?? '', points[at + 1] ?? '')) continue
    kinds.add(kind)
  }
  return [...kinds]
}

/** The text with every hidden character written out, `<U+200B>`, so that a reviewer sees what the model would. */
export function showHidden(text: string): string {
  if (!suspect.test(text)) return text
  let shown = ''
  for (const point of text) {
    const code = point.codePointAt(0) ?? 0
    shown += kindOf(code) === undefined ? point : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
  }
  return shown
}
