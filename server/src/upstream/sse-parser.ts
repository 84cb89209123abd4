import { GatewayError } from '../kernel/errors.ts'

const LF = 10
const CR = 13

/**
 * Reads an event stream (WHATWG HTML §9.2.6) chunk by chunk: characters and line ends may be cut anywhere. Throws
 * upstream-too-large when one event holds more than `maxChars`, TypeError when the bytes are not UTF-8.
 */
export class SseParser {
  /** The last id the server gave; survives events without one. */
  lastEventId = ''
  /** Reconnection time the server asked for, in milliseconds. */
  retryMs: number | undefined
  readonly #maxChars: number
  readonly #onEvent: (event: string, data: string) => void
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #partial: string[] = []
  #size = 0
  #afterCr = false
  #event = ''
  #data: string | undefined
  #id: string | undefined

  constructor(maxChars: number, onEvent: (event: string, data: string) => void) {
    this.#maxChars = maxChars
    this.#onEvent = onEvent
  }

  feed(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true })
    if (text === '') return
    let at = this.#afterCr && text.charCodeAt(0) === LF ? 1 : 0
    this.#afterCr = false
    const hasCr = text.includes('\r')
    for (;;) {
      const end = hasCr ? nextBreak(text, at) : text.indexOf('\n', at)
      if (end === -1) break
      this.#line(this.#complete(text.slice(at, end)))
      at = this.#behindBreak(text, end)
    }
    if (at < text.length) this.#keep(text.slice(at))
  }

  /** CR LF is one break, also when a chunk ends between the two. */
  #behindBreak(text: string, end: number): number {
    if (text.charCodeAt(end) !== CR) return end + 1
    this.#afterCr = end + 1 === text.length
    return text.charCodeAt(end + 1) === LF ? end + 2 : end + 1
  }

  /** Counts before keeping, so that an endless line ends at the limit and not when memory does. */
  #keep(piece: string): void {
    this.#size += piece.length
    this.#checkSize()
    this.#partial.push(piece)
  }

  #complete(rest: string): string {
    if (this.#partial.length === 0) return rest
    const line = this.#partial.join('') + rest
    this.#size -= line.length - rest.length
    this.#partial = []
    return line
  }

  #line(line: string): void {
    const colon = line.indexOf(':')
    if (line === '') this.#dispatch()
    else if (colon === -1) this.#field(line, '')
    else if (colon > 0)
      this.#field(line.slice(0, colon), line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1))
  }

  #field(field: string, value: string): void {
    if (field === 'data') {
      this.#size += value.length
      this.#checkSize()
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    } else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value)
  }

  #checkSize(): void {
    if (this.#size > this.#maxChars)
      throw new GatewayError('upstream-too-large', `One event is larger than ${this.#maxChars} characters.`)
  }

  #dispatch(): void {
    if (this.#id !== undefined) this.lastEventId = this.#id
    const data = this.#data
    const event = this.#event === '' ? 'message' : this.#event
    this.#data = undefined
    this.#event = ''
    this.#id = undefined
    this.#size = 0
    if (data !== undefined) this.#onEvent(event, data)
  }
}

function nextBreak(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === LF || code === CR) return at
  }
  return -1
}
