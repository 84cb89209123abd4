import type { IncomingHttpHeaders } from 'node:http'

/** Why an answer is no HTTP/1.1 that two readers would understand alike. `code` is for explain-failure.ts. */
export class Http1Error extends Error {
  override readonly name = 'Http1Error'
  readonly code:
    | 'HTTP_MALFORMED'
    | 'HTTP_HEAD_TOO_LARGE'
    | 'HTTP_ENDED_EARLY'
    | 'HTTP_CLOSED'
    | 'HTTP_INVALID'

  constructor(code: Http1Error['code'], message: string) {
    super(message)
    this.code = code
  }
}

export type ResponseListener = {
  onHead(status: number, headers: IncomingHttpHeaders): void
  /** A view of what was fed, valid during the call only: sockets are read into one buffer. */
  onData(chunk: Buffer): void
  onEnd(): void
}

/** As much as Node's own client takes. */
const maxHeadBytes = 16 * 1024
/** A chunk's size line, extensions included. */
const maxLineBytes = 1024
const maxInformational = 8

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const chunkLine = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

type Body =
  | { kind: 'length'; left: number }
  | { kind: 'chunk-size' | 'chunk-end' | 'trailers' | 'until-close' }
  | { kind: 'chunk'; left: number }

/**
 * Reads the answers on one connection (RFC 9112), cut anywhere. Stricter than the RFC asks of clients: line ends are CR LF,
 * a length is stated once and in one way, and whatever else could be read in two ways is refused with Http1Error, because
 * the connection is shared by many people's calls (T19). One answer at a time: `expect` before each.
 */
export class ResponseReader {
  readonly #listener: ResponseListener
  #head = ''
  #body: Body | undefined
  #informational = 0
  #trailerBytes = 0
  /** An answer is awaited or being read. */
  busy = false
  /** The other side keeps the connection open after this answer. */
  keepAlive = false
  /** Seconds it promised to, if it said so. */
  keepAliveSeconds: number | undefined

  constructor(listener: ResponseListener) {
    this.#listener = listener
  }

  expect(): void {
    this.busy = true
    this.#informational = 0
  }

  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (!this.busy) throw new Http1Error('HTTP_MALFORMED', 'bytes that answer nothing')
      at = this.#body === undefined ? this.#readHead(chunk, at) : this.#readBody(this.#body, chunk, at)
    }
  }

  /** The other side ended its half of the connection. */
  end(): void {
    if (!this.busy) return
    if (this.#body?.kind !== 'until-close')
      throw new Http1Error('HTTP_ENDED_EARLY', 'the connection ended within an answer')
    this.#finish()
  }

  #finish(): void {
    this.busy = false
    this.#body = undefined
    this.#listener.onEnd()
  }

  #readHead(chunk: Buffer, from: number): number {
    const before = this.#head
    // Nearly always the whole head is in one chunk, with nothing kept from before.
    const end = before === '' ? chunk.indexOf('\r\n\r\n', from, 'latin1') : -1
    if (end !== -1) {
      if (end - from > maxHeadBytes) throw tooLarge()
      this.#takeHead(chunk.toString('latin1', from, end))
      return end + 4
    }
    const text = before + chunk.toString('latin1', from, Math.min(chunk.length, from + maxHeadBytes + 4))
    const joint = text.indexOf('\r\n\r\n')
    if (joint === -1) {
      if (text.length > maxHeadBytes) throw tooLarge()
      this.#head = text
      return chunk.length
    }
    if (joint > maxHeadBytes) throw tooLarge()
    this.#head = ''
    this.#takeHead(text.slice(0, joint))
    return from + joint + 4 - before.length
  }

  #takeHead(text: string): void {
    const firstEnd = text.indexOf('\r\n')
    const status = statusLine.exec(firstEnd === -1 ? text : text.slice(0, firstEnd))
    if (status === null) throw new Http1Error('HTTP_MALFORMED', 'the status line is not HTTP/1.1')
    const code = Number(status[2])
    const headers = readHeaders(text, firstEnd === -1 ? text.length : firstEnd + 2)
    if (code < 200) {
      this.#informational++
      if (code === 101 || this.#informational > maxInformational)
        throw new Http1Error('HTTP_MALFORMED', 'an informational answer that nobody asked for')
      return
    }
    this.#takePersistence(headers, status[1] === '1')
    this.#body = bodyOf(code, headers)
    if (this.#body.kind === 'until-close') this.keepAlive = false
    this.#listener.onHead(code, headers)
    if (this.#body?.kind === 'length' && this.#body.left === 0) this.#finish()
  }

  #takePersistence(headers: IncomingHttpHeaders, isCurrent: boolean): void {
    const options = headers.connection
    this.keepAlive = isCurrent && (options === undefined || !/(?:^|[, \t])close(?:$|[, \t])/i.test(options))
    const timeout = headers['keep-alive']
    const seconds = typeof timeout === 'string' ? /timeout=(\d{1,6})/i.exec(timeout)?.[1] : undefined
    this.keepAliveSeconds = seconds === undefined ? undefined : Number(seconds)
  }

  #readBody(body: Body, chunk: Buffer, from: number): number {
    switch (body.kind) {
      case 'length':
      case 'chunk': {
        const to = Math.min(chunk.length, from + body.left)
        body.left -= to - from
        if (to > from)
          this.#listener.onData(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
        if (body.left === 0) {
          if (body.kind === 'chunk') this.#body = { kind: 'chunk-end' }
          else this.#finish()
        }
        return to
      }
      case 'until-close':
        this.#listener.onData(from === 0 ? chunk : chunk.subarray(from))
        return chunk.length
      default:
        return this.#readLine(body.kind, chunk, from)
    }
  }

  /** The lines between chunks; `#head` holds one that was cut. */
  #readLine(kind: 'chunk-size' | 'chunk-end' | 'trailers', chunk: Buffer, from: number): number {
    const feed = chunk.indexOf(10, from)
    const to = feed === -1 ? chunk.length : feed + 1
    const line = this.#head + chunk.toString('latin1', from, to)
    if (line.length > maxLineBytes)
      throw new Http1Error('HTTP_MALFORMED', 'a line between chunks is too long')
    if (feed === -1) {
      this.#head = line
      return to
    }
    this.#head = ''
    if (!line.endsWith('\r\n')) throw new Http1Error('HTTP_MALFORMED', 'a line does not end with CR LF')
    this.#takeLine(kind, line.slice(0, -2))
    return to
  }

  #takeLine(kind: 'chunk-size' | 'chunk-end' | 'trailers', line: string): void {
    if (kind === 'chunk-end') {
      if (line !== '') throw new Http1Error('HTTP_MALFORMED', 'a chunk is longer than it said')
      this.#body = { kind: 'chunk-size' }
    } else if (kind === 'chunk-size') {
      const size = chunkLine.exec(line)?.[1]
      if (size === undefined) throw new Http1Error('HTTP_MALFORMED', 'the size of a chunk is not a number')
      const left = Number.parseInt(size, 16)
      this.#trailerBytes = 0
      this.#body = left === 0 ? { kind: 'trailers' } : { kind: 'chunk', left }
    } else if (line === '') {
      this.#finish()
    } else {
      // Trailers say nothing that is used here, so they are only bounded.
      this.#trailerBytes += line.length
      if (this.#trailerBytes > maxHeadBytes) throw tooLarge()
    }
  }
}

function tooLarge(): Http1Error {
  return new Http1Error('HTTP_HEAD_TOO_LARGE', `a head has more than ${maxHeadBytes} bytes`)
}

/** Which of the 256 codes may stand in a name (RFC 9110 §5.6.2). */
const isNameCode = Uint8Array.from({ length: 256 }, (_, code) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/**
 * The header lines of a head in Latin-1, read code by code: once per call, in a third of the time of expressions. Repeated
 * headers are joined as RFC 9110 §5.3 says; nothing here reads set-cookie.
 */
function readHeaders(text: string, start: number): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null)
  for (let at = start; at < text.length; ) {
    let colon = at
    while (isNameCode[text.charCodeAt(colon)] === 1) colon++
    if (colon === at || text.charCodeAt(colon) !== 0x3a) throw badLine()
    let end = colon + 1
    while (end < text.length && isValueCode(text.charCodeAt(end))) end++
    if (end < text.length && !text.startsWith('\r\n', end)) throw badLine()
    const name = text.slice(at, colon).toLowerCase()
    const value = withoutSpace(text, colon + 1, end)
    const known = headers[name]
    headers[name] = known === undefined ? value : `${known}, ${value}`
    at = end + 2
  }
  return headers
}

function badLine(): Http1Error {
  return new Http1Error('HTTP_MALFORMED', 'a header line is not valid')
}

const isSpace = (code: number) => code === 0x20 || code === 0x09
/** RFC 9110 §5.5, with obs-text. */
const isValueCode = (code: number) => (code >= 0x20 && code !== 0x7f) || code === 0x09

/** A part of the text without optional white space (RFC 9110 §5.6.3) at either end. */
function withoutSpace(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

/** RFC 9112 §6.3, without the cases in which two readers could differ. */
function bodyOf(status: number, headers: IncomingHttpHeaders): Body {
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined) {
    if (length !== undefined || coding.toLowerCase() !== 'chunked')
      throw new Http1Error('HTTP_MALFORMED', 'the length of the answer is ambiguous')
    return status === 204 || status === 304 ? { kind: 'length', left: 0 } : { kind: 'chunk-size' }
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw new Http1Error('HTTP_MALFORMED', 'the length of the answer is not one number')
  if (status === 204 || status === 304) return { kind: 'length', left: 0 }
  return length === undefined ? { kind: 'until-close' } : { kind: 'length', left: Number(length) }
}
