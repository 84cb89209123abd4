import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayError } from '../kernel/errors.ts'
import { failure, malformed, type Named, statusFailure, transportFailure } from './explain-failure.ts'
import type { ExchangeControl, ExchangeListener } from './http1-connection.ts'
import type { OriginPool } from './origin-pools.ts'
import { SseParser } from './sse-parser.ts'

/** What an exchange tells. After onBody, onStreamEnd or onFailure it tells nothing more. */
export type AnswerReader = {
  onBody(status: number, text: string, headers: IncomingHttpHeaders): void
  /** The answer is an event stream. */
  onStreamStart(headers: IncomingHttpHeaders): void
  onEvent(event: string, data: string): void
  onStreamEnd(): void
  onFailure(error: GatewayError): void
}

type ExchangeOptions = {
  readonly connector: Named
  readonly pool: OriginPool
  /** Bound of a body and of one event. */
  readonly maxBytes: number
  /** Bound of a whole event stream; Infinity for streams that are endless by design. */
  readonly maxTotalBytes: number
  readonly maxQueued: number
  readonly now: () => number
}

export type HttpMessage = {
  method: 'POST' | 'GET' | 'DELETE'
  path: string
  headers: string[]
  body: string | null
}

/** Bodies of refusals are read only for a JSON-RPC error in them. */
const maxRefusalBytes = 64 * 1024
/** How long a stream may stay open after its answer, before its socket is taken away. */
const lingerMs = 1000
/** An event stream rests after this much, so that one that never ends leaves the process to everybody else's calls. */
const burstBytes = 128 * 1024
const restMs = 1

/**
 * One HTTP request and its answer over a pool. Redirects are answers, never followed, so no redirect leads anywhere unchecked (T11).
 */
export class HttpExchange implements ExchangeListener {
  readonly #o: ExchangeOptions
  #reader: AnswerReader | undefined
  #control: ExchangeControl | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  /** As the headers said; NaN when they did not. */
  #length = Number.NaN
  /** The whole body; undefined for one that is not UTF-8. */
  #body: string | undefined = ''
  #chunks: Buffer[] = []
  #received = 0
  #limit: number
  #parser: SseParser | undefined
  #counted = false
  #aborted = false
  #linger: NodeJS.Timeout | undefined
  #sinceRest = 0

  constructor(options: ExchangeOptions, reader: AnswerReader) {
    this.#o = options
    this.#reader = reader
    this.#limit = options.maxBytes
  }

  get lastEventId(): string {
    return this.#parser?.lastEventId ?? ''
  }

  get retryMs(): number | undefined {
    return this.#parser?.retryMs
  }

  send(message: HttpMessage): void {
    const { pool } = this.#o
    if (pool.inFlight >= this.#o.maxQueued) {
      this.#fail(failure(this.#o.connector, 'busy', 'has too many requests waiting.'))
      return
    }
    pool.inFlight++
    pool.lastUsedAt = this.#o.now()
    this.#counted = true
    pool.http.dispatch(message, this)
  }

  /** Ends the request; the reader hears nothing more. */
  abort(): void {
    this.#reader = undefined
    this.#cut()
  }

  /** The answer was heard: the stream gets a moment to end by itself, so that its socket can be used again. */
  release(): void {
    this.#reader = undefined
    if (!this.#counted) return
    this.#linger = setTimeout(() => this.#cut(), lingerMs)
    this.#linger.unref()
  }

  #cut(): void {
    this.#aborted = true
    this.#control?.abort(new Error('ended by the gateway'))
  }

  #fail(error: GatewayError): void {
    const reader = this.#reader
    this.abort()
    reader?.onFailure(error)
  }

  #over(): void {
    clearTimeout(this.#linger)
    if (!this.#counted) return
    this.#counted = false
    this.#o.pool.inFlight--
  }

  onRequestStart(control: ExchangeControl): void {
    this.#control = control
    if (this.#aborted) control.abort(new Error('ended by the gateway'))
  }

  onResponseStart(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
    this.#length = Number(headers['content-length'])
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      this.#fail(malformed(this.#o.connector, 'a compressed answer, which was not asked for'))
      return
    }
    if (status >= 300 && status < 400) {
      this.#fail(statusFailure(this.#o.connector, status, headers))
      return
    }
    if (status === 200 && isMedia(headers['content-type'], 'text/event-stream')) {
      this.#limit = this.#o.maxTotalBytes
      this.#parser = new SseParser(this.#o.maxBytes, (event, data) => this.#reader?.onEvent(event, data))
      this.#reader?.onStreamStart(headers)
      return
    }
    if (status >= 400) this.#limit = Math.min(this.#limit, maxRefusalBytes)
    else if (this.#length > this.#limit) this.#tooLarge()
  }

  onResponseData(control: ExchangeControl, chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#received > this.#limit) {
      this.#tooLarge()
      return
    }
    if (this.#parser === undefined) {
      this.#keep(chunk)
      return
    }
    if (this.#reader === undefined) return
    try {
      this.#parser.feed(chunk)
    } catch (error) {
      this.#fail(transportFailure(this.#o.connector, error))
    }
    this.#sinceRest += chunk.length
    if (this.#sinceRest < burstBytes || this.#aborted) return
    this.#sinceRest = 0
    control.pause()
    setTimeout(() => control.resume(), restMs)
  }

  /** Nearly always a body comes whole; a part of one is copied, because the next read overwrites it. */
  #keep(chunk: Buffer): void {
    if (chunk.length === this.#length) this.#body = textOf(chunk)
    else this.#chunks.push(Buffer.from(chunk))
  }

  onResponseEnd(): void {
    this.#over()
    const reader = this.#reader
    this.#reader = undefined
    if (reader === undefined) return
    if (this.#parser !== undefined) {
      reader.onStreamEnd()
      return
    }
    const body = this.#chunks.length === 0 ? this.#body : textOf(Buffer.concat(this.#chunks))
    this.#chunks = []
    if (body === undefined) reader.onFailure(malformed(this.#o.connector, 'bytes that are not UTF-8'))
    else reader.onBody(this.#status, body, this.#headers)
  }

  onResponseError(error: Error): void {
    this.#over()
    const reader = this.#reader
    this.#reader = undefined
    reader?.onFailure(transportFailure(this.#o.connector, error))
  }

  /** The size of a refusal does not matter, its status does. */
  #tooLarge(): void {
    if (this.#status >= 400) {
      this.#fail(statusFailure(this.#o.connector, this.#status, this.#headers))
      return
    }
    this.#fail(failure(this.#o.connector, 'upstream-too-large', `sent more than ${this.#limit} bytes.`))
  }
}

function textOf(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** True when the header names this media type, whatever its parameters. */
export function isMedia(header: string | undefined, media: string): boolean {
  if (header === undefined || !header.toLowerCase().startsWith(media)) return false
  const next = header.charCodeAt(media.length)
  return Number.isNaN(next) || next === 59 || next === 32 || next === 9
}
