/** Reading and writing of PostgreSQL frontend/backend protocol 3.0 messages, as far as the socket bridge needs it. */

/** Larger frontend messages are refused: nothing in the product sends more, and the worker's memory is one WASM heap. */
export const maxMessageBytes = 256 * 1024 * 1024

const code = (letter: string) => letter.charCodeAt(0)
const SYNC = code('S')
const QUERY = code('Q')
const FLUSH = code('H')
const TERMINATE = code('X')

/** What a client sends as a unit: everything up to Sync, Query or Flush. */
export type Exchange = { readonly frames: readonly Buffer[]; readonly ends: 'ready' | 'flush' | 'terminate' }

/** Cuts a byte stream of typed messages (everything after the startup packet) into exchanges. */
export function exchangeReader(): { push(chunk: Buffer): void; next(): Exchange | undefined } {
  let chunks: Buffer[] = []
  let buffered = 0
  let frames: Buffer[] = []

  /** Joins lazily, so that a message of many megabytes is copied once and not once per chunk. */
  const front = (bytes: number): Buffer | undefined => {
    if (buffered < bytes) return undefined
    if (chunks.length > 1 && (chunks[0]?.length ?? 0) < bytes) chunks = [Buffer.concat(chunks)]
    return chunks[0]
  }
  const nextFrame = (): Buffer | undefined => {
    const head = front(5)
    if (head === undefined) return undefined
    const bytes = head.readUInt32BE(1) + 1
    if (bytes < 5 || bytes > maxMessageBytes) throw new Error(`message of ${bytes} bytes refused`)
    const whole = front(bytes)
    if (whole === undefined) return undefined
    chunks[0] = whole.subarray(bytes)
    if (chunks[0].length === 0) chunks.shift()
    buffered -= bytes
    return whole.subarray(0, bytes)
  }
  return {
    push(chunk) {
      chunks.push(chunk)
      buffered += chunk.length
    },
    next() {
      for (let frame = nextFrame(); frame !== undefined; frame = nextFrame()) {
        frames.push(frame)
        const ends = endOf(frame[0])
        if (ends !== undefined) {
          const exchange = { frames, ends }
          frames = []
          return exchange
        }
      }
      return undefined
    },
  }
}

function endOf(type: number | undefined): Exchange['ends'] | undefined {
  if (type === SYNC || type === QUERY) return 'ready'
  if (type === FLUSH) return 'flush'
  return type === TERMINATE ? 'terminate' : undefined
}

export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

export function queryMessage(sql: string): Buffer {
  return message('Q', Buffer.from(`${sql}\0`))
}

export function errorMessage(severity: 'ERROR' | 'FATAL', sqlState: string, text: string): Buffer {
  return message('E', Buffer.from(`S${severity}\0V${severity}\0C${sqlState}\0M${text}\0\0`))
}

export function readyMessage(status: string): Buffer {
  return message('Z', Buffer.from(status, 'latin1'))
}

/** The startup packet that asks the engine for its parameters. */
export function startupMessage(): Buffer {
  const body = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + body.length, 0)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, body])
}

/** Transaction status after an exchange: 'I' idle, 'T' in a transaction, 'E' in a failed one; undefined without ReadyForQuery. */
export function statusOf(reply: Buffer): string | undefined {
  const end = reply.length - 6
  if (end < 0 || reply[end] !== code('Z') || reply.readInt32BE(end + 1) !== 5) return undefined
  return String.fromCharCode(reply[end + 5] ?? 0)
}

const encryptionRequests = new Set([80877103, 80877104])
const maxStartupBytes = 10_000

/** The first untyped packet of a connection, or undefined until it is whole. Only protocol 3 is known. */
export function readStartup(
  buffered: Buffer,
): { kind: 'encryption' | 'startup' | 'other'; rest: Buffer } | undefined {
  if (buffered.length < 8) return undefined
  const bytes = buffered.readUInt32BE(0)
  if (bytes < 8 || bytes > maxStartupBytes) return { kind: 'other', rest: buffered }
  if (buffered.length < bytes) return undefined
  const request = buffered.readUInt32BE(4)
  const rest = buffered.subarray(bytes)
  if (encryptionRequests.has(request)) return { kind: 'encryption', rest }
  return { kind: request >>> 16 === 3 ? 'startup' : 'other', rest }
}
