/** A compiled glob over tool names or resource URIs. `exact` is set when the pattern holds no wildcard. */
export type Glob = { readonly exact: string | undefined; matches(text: string): boolean }

/**
 * `*` stands for any run of characters, `/` included, and `?` for exactly one. Nothing else is special, so a name
 * never has to be escaped. Between stars the leftmost place is taken and never revisited: no backtracking (T38).
 */
export function compileGlob(pattern: string): Glob {
  if (!/[*?]/.test(pattern)) return { exact: pattern, matches: (text) => text === pattern }
  if (/^\*+$/.test(pattern)) return { exact: undefined, matches: () => true }
  const pieces = pattern.split(/\*+/)
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1)
  if (pieces.length === 1) {
    return { exact: undefined, matches: (text) => text.length === first.length && pieceAt(text, first, 0) }
  }
  const shortest = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return {
    exact: undefined,
    matches(text) {
      if (text.length < shortest || !pieceAt(text, first, 0)) return false
      const tail = text.length - last.length
      if (!pieceAt(text, last, tail)) return false
      let at = first.length
      for (const piece of middle) {
        const found = findPiece(text, piece, at)
        if (found === -1) return false
        at = found + piece.length
      }
      return at <= tail
    },
  }
}

function pieceAt(text: string, piece: string, at: number): boolean {
  if (!piece.includes('?')) return text.startsWith(piece, at)
  for (let index = 0; index < piece.length; index++) {
    if (piece[index] !== '?' && piece[index] !== text[at + index]) return false
  }
  return at + piece.length <= text.length
}

function findPiece(text: string, piece: string, from: number): number {
  if (!piece.includes('?')) return text.indexOf(piece, from)
  for (let at = from; at + piece.length <= text.length; at++) {
    if (pieceAt(text, piece, at)) return at
  }
  return -1
}

/** A few names the pattern matches, short and long, for asking whether anything at all is left visible. */
export function namesMatching(pattern: string): string[] {
  const filled = (star: string) => pattern.replaceAll(/\*+/g, star).replaceAll('?', 'x')
  return [...new Set([filled(''), filled('x'), filled('zz-1')])]
}
