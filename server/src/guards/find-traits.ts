/** What a text holds that makes it worth a closer look. A text with no trait is read as it stands, in lower case. */
export const trait = {
  /** Characters that may hide text, stand for others, or carry accents. */
  odd: 1,
  entity: 2,
  angle: 4,
  percent: 8,
  backslash: 16,
  /** A run as long as encoded payloads are. */
  longRun: 32,
  hexRun: 64,
} as const

/**
 * Runs are counted from here, so that 32 is reached at 24 characters of a payload and 32 of a hexadecimal one: then all
 * counts put together by bits tell whether any was reached.
 */
export const runStart = 8
export const hexStart = 0
const reached = ~31

/** Beside the traits: members of encoded runs, and of hexadecimal ones. */
export const inRun = 128
export const inHex = 256

/** What is said of a text by its characters put together by bits, and so by the counts of runs. */
export function traitsFrom(chars: number, runs: number, hexes: number): number {
  const long = (runs & reached) === 0 ? 0 : trait.longRun
  return (chars & (inRun - 1)) | long | ((hexes & reached) === 0 ? 0 : trait.hexRun)
}

/**
 * Characters beyond ASCII that no form of Unicode changes and that hide nothing: dashes, quotes and bullets, boxes and
 * shapes, ideographs.
 */
function isEven(code: number): boolean {
  if (code < 0x2010) return false
  if (code <= 0x2027) return code !== 0x2011 && code !== 0x2017 && (code < 0x2024 || code > 0x2026)
  return (code >= 0x2500 && code <= 0x25ff) || (code >= 0x4e00 && code <= 0x9fff)
}

function charTraits(code: number): number {
  if (code >= 128) return isEven(code) ? 0 : trait.odd
  const letter = String.fromCharCode(code)
  const single =
    { '&': trait.entity, '<': trait.angle, '%': trait.percent, '\\': trait.backslash }[letter] ?? 0
  const odd = /[\t\n\f\r -~]/.test(letter) ? 0 : trait.odd
  const run = /[A-Za-z0-9+/_-]/.test(letter) ? inRun : 0
  return single | odd | run | (/[0-9a-fA-F :]/.test(letter) ? inHex : 0)
}

/** What each character says of its text. */
export const ofChars: Uint16Array = Uint16Array.from({ length: 0x10000 }, (_, code) => charTraits(code))

/** The traits of a text, in one pass. `find-matches.ts` gathers them on its way. */
export function traitsOf(text: string): number {
  let [all, run, runs, hex, hexes] = [0, runStart, 0, hexStart, 0]
  for (let at = 0; at < text.length; at++) {
    const char = ofChars[text.charCodeAt(at)] as number
    run = (char & inRun) === 0 ? runStart : run + 1
    hex = (char & inHex) === 0 ? hexStart : hex + 1
    all |= char
    runs |= run
    hexes |= hex
  }
  return traitsFrom(all, runs, hexes)
}
