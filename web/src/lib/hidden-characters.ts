// Characters that change what a reader sees without being seen: controls, zero-width, bidirectional overrides,
// variation selectors and the tag block used to smuggle instructions to models (T9).
// As ranges of code points, because written as characters they would hide in this file too.
const ranges = [
  ['0', '8'],
  ['b', '1f'],
  ['7f', '9f'],
  ['ad', 'ad'],
  ['34f', '34f'],
  ['61c', '61c'],
  ['115f', '1160'],
  ['17b4', '17b5'],
  ['180b', '180e'],
  ['200b', '200f'],
  ['2028', '202e'],
  ['2060', '206f'],
  ['3164', '3164'],
  ['fe00', 'fe0f'],
  ['feff', 'feff'],
  ['ffa0', 'ffa0'],
  ['fff9', 'fffb'],
  ['e0000', 'e0fff'],
] as const
const hidden = new RegExp(`[${ranges.map(([from, to]) => `\\u{${from}}-\\u{${to}}`).join('')}]`, 'gu')

export type Piece = { at: number; text: string; hidden: boolean }

export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  let end = 0
  for (const match of text.matchAll(hidden)) {
    if (match.index > end) out.push({ at: end, text: text.slice(end, match.index), hidden: false })
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    out.push({ at: match.index, text: `U+${code}`, hidden: true })
    end = match.index + match[0].length
  }
  if (end < text.length) out.push({ at: end, text: text.slice(end), hidden: false })
  return out
}
