type SplitOptions = {
  readonly maxBytes: number
  onLine(line: string): void
  /** cut: keep the beginning and skip to the next line. A function: called once, then everything is ignored. */
  readonly onTooLong: 'cut' | (() => void)
}

const newline = 10
const carriageReturn = 13

/** Turns chunks of bytes into lines without their end, holding at most `maxBytes` of an unfinished one. */
export function splitLines(o: SplitOptions): (chunk: Buffer) => void {
  let held: Buffer[] = []
  let heldBytes = 0
  let state: 'reading' | 'skipping' | 'over' = 'reading'

  const hold = (piece: Buffer) => {
    if (state !== 'reading') return
    const room = o.maxBytes - heldBytes
    if (piece.length > room && o.onTooLong !== 'cut') {
      state = 'over'
      held = []
      o.onTooLong()
      return
    }
    if (piece.length > room) state = 'skipping'
    const kept = piece.subarray(0, room)
    held.push(kept)
    heldBytes += kept.length
  }
  const flush = () => {
    if (state === 'over') return
    const bytes = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
    const cut = state === 'skipping' ? '…' : ''
    held = []
    heldBytes = 0
    state = 'reading'
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length
    o.onLine(`${bytes.toString('utf8', 0, end)}${cut}`)
  }
  return (chunk) => {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      hold(chunk.subarray(from, at))
      flush()
      from = at + 1
    }
    if (from < chunk.length) hold(chunk.subarray(from))
  }
}
