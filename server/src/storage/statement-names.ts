import { message } from './wire-frames.ts'

/** COPY … FROM STDIN would end the engine: it reads the socket in the middle of an exchange, which a bridge cannot serve. */
const copyIn = /(?:^|;)\s*copy\b[^;]*\bfrom\s+stdin\b/i

const letter = (frame: Buffer) => String.fromCharCode(frame[0] ?? 0)

/**
 * All connections share one engine session, so prepared statements and portals are renamed per connection: two
 * connections may then prepare the same name, as they may on a real server.
 */
export function statementNames(connection: number) {
  const prefix = Buffer.from(`c${connection}_`)
  const open = new Set<string>()

  /** Puts the prefix before the zero-ended name at `at`; unnamed stays unnamed. */
  const rename = (frame: Buffer, at: number): Buffer => {
    if (frame[at] === 0) return frame
    const body = Buffer.concat([frame.subarray(5, at), prefix, frame.subarray(at)])
    return message(letter(frame), body)
  }
  const nameAt = (frame: Buffer, at: number) => frame.toString('utf8', at, frame.indexOf(0, at))

  const translate = (frame: Buffer): Buffer => {
    switch (letter(frame)) {
      case 'P': {
        const name = nameAt(frame, 5)
        if (name !== '') open.add(name)
        return rename(frame, 5)
      }
      case 'B': {
        const renamed = rename(frame, 5)
        return rename(renamed, renamed.indexOf(0, 5) + 1)
      }
      case 'C':
        if (frame[5] === 0x53) open.delete(nameAt(frame, 6))
        return rename(frame, 6)
      case 'D':
        return rename(frame, 6)
      case 'E':
        return rename(frame, 5)
      default:
        return frame
    }
  }
  return {
    translate,
    /** True for a message the engine would not survive. */
    isCopyIn(frame: Buffer): boolean {
      const type = letter(frame)
      if (type !== 'Q' && type !== 'P') return false
      const at = type === 'Q' ? 5 : frame.indexOf(0, 5) + 1
      return copyIn.test(frame.toString('utf8', at))
    },
    /** Close messages for what the connection left behind; a Sync must follow. */
    farewell(): Buffer[] {
      return [...open].map((name) =>
        message('C', Buffer.concat([Buffer.from('S'), prefix, Buffer.from(`${name}\0`)])),
      )
    },
  }
}
