// Characters that change what a reader sees without being seen: controls, zero-width, bidirectional overrides,
// variation selectors and the tag block used to smuggle instructions to models (T9).
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: showing control characters is the point
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is matched alone, on purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

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

/** Text from a server, shown as text, with what hides in it made visible. `limit` in characters; `inline` stays on one line. */
export function Reveal({ text, limit = 4000, inline }: { text: string; limit?: number; inline?: boolean }) {
  const shown = text.length > limit ? text.slice(0, limit) : text
  return (
    <span className={inline === true ? undefined : 'wrap-anywhere whitespace-pre-wrap'}>
      {pieces(shown).map((piece) =>
        piece.hidden ? (
          <mark key={piece.at} title="A character that does not show" className="rounded-sm bg-warning-soft px-0.5 font-mono text-[11px] text-warning">
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
      {text.length > limit && <span className="text-n10">{` … ${text.length - limit} more characters`}</span>}
    </span>
  )
}
