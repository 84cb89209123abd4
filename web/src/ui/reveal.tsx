import { pieces } from '../lib/hidden-characters.ts'

/** Text from a server, shown as text, with what hides in it made visible. `limit` in characters; `inline` stays on one line. */
export function Reveal({ text, limit = 4000, inline }: { text: string; limit?: number; inline?: boolean }) {
  const shown = text.length > limit ? text.slice(0, limit) : text
  return (
    <span className={inline === true ? undefined : 'wrap-anywhere whitespace-pre-wrap'}>
      {pieces(shown).map((piece) =>
        piece.hidden ? (
          <mark
            key={piece.at}
            title="A character that does not show"
            className="rounded-sm bg-warning-soft px-0.5 font-mono text-[11px] text-warning"
          >
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
