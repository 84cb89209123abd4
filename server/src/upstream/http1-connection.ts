import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpMessage } from './http-exchange.ts'
import { Http1Error, type ResponseListener, ResponseReader } from './http1-reader.ts'

/** How whoever sent a request may change its mind. Harmless after the end. */
export type ExchangeControl = { abort(error: Error): void; pause(): void; resume(): void }

/** Hears one request's answer: onRequestStart first, then exactly one of onResponseEnd and onResponseError last. */
export type ExchangeListener = {
  onRequestStart(control: ExchangeControl): void
  onResponseStart(status: number, headers: IncomingHttpHeaders): void
  onResponseData(control: ExchangeControl, chunk: Buffer): void
  onResponseEnd(): void
  onResponseError(error: Error): void
}

/** One request on its way through the pool. */
export class Http1Request implements ExchangeControl {
  readonly message: HttpMessage
  readonly #listener: ExchangeListener
  connection: Http1Connection | undefined
  #over = false

  constructor(message: HttpMessage, listener: ExchangeListener) {
    this.message = message
    this.#listener = listener
  }

  get isOver(): boolean {
    return this.#over
  }

  abort(error: Error): void {
    if (this.#over) return
    const { connection } = this
    if (connection === undefined) this.fail(error)
    else connection.destroy(error)
  }

  pause(): void {
    if (!this.#over) this.connection?.pause()
  }

  resume(): void {
    if (!this.#over) this.connection?.resume()
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    if (!this.#over) this.#listener.onResponseStart(status, headers)
  }

  data(chunk: Buffer): void {
    if (!this.#over) this.#listener.onResponseData(this, chunk)
  }

  succeed(): void {
    if (this.#over) return
    this.#over = true
    this.connection = undefined
    this.#listener.onResponseEnd()
  }

  fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.connection = undefined
    this.#listener.onResponseError(error)
  }
}

/** Undici's own idle time: below the five seconds after which Node's servers hang up. */
const defaultIdleMs = 4_000
const longestIdleMs = 60_000
/** How much sooner than promised an idle connection is given up, so that no request meets a closing one. */
const idleMarginMs = 1_000

const connection = Symbol('connection')
type ReadSocket = Socket & { [connection]?: Http1Connection }

/** For sockets without data events: hands what was read to the connection that owns the socket. */
export function readSocket(socket: ReadSocket, chunk: Buffer): void {
  const owner = socket[connection]
  if (owner === undefined) socket.destroy()
  else owner.feed(chunk)
}

/** One socket: one request at a time, kept for the next one where both sides want that. */
export class Http1Connection implements ResponseListener {
  readonly #socket: Socket
  readonly #reader = new ResponseReader(this)
  readonly #onFree: (connection: Http1Connection) => void
  #request: Http1Request | undefined
  idleUntil = 0
  /** Bytes beyond an answer, a close or an error: never used again. */
  #spoiled = false
  #paused = false

  constructor(
    socket: Socket,
    o: { onFree(connection: Http1Connection): void; onGone(connection: Http1Connection): void },
  ) {
    this.#socket = socket
    this.#onFree = o.onFree
    socket.setNoDelay(true)
    ;(socket as ReadSocket)[connection] = this
    socket.on('data', (chunk: Buffer) => this.feed(chunk))
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => {
      this.destroy(new Http1Error('HTTP_ENDED_EARLY', 'the connection closed'))
      o.onGone(this)
    })
  }

  get usable(): boolean {
    return !this.#spoiled
  }

  /** `head` is the request's head, `isPlain` whether it is ASCII only and can share one write with the body. */
  send(request: Http1Request, head: string, isPlain: boolean): void {
    this.#request = request
    request.connection = this
    this.#reader.expect()
    const { body } = request.message
    if (isPlain) this.#socket.write(body === null ? head : head + body, 'utf8')
    else {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      if (body !== null) this.#socket.write(body, 'utf8')
      this.#socket.uncork()
    }
  }

  /** `chunk` may be overwritten once this returns. */
  feed(chunk: Buffer): void {
    if (this.#spoiled) return
    try {
      this.#reader.feed(chunk)
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    this.#rest()
  }

  #ended(): void {
    try {
      this.#reader.end()
      this.destroy(new Http1Error('HTTP_CLOSED', 'the connection was closed'))
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  /** After everything that was read: an answer may be complete, and the connection free for the next request. */
  #rest(): void {
    if (this.#spoiled || this.#reader.busy || this.#request !== undefined) return
    if (this.idleUntil !== 0) return
    this.#free()
  }

  #free(): void {
    if (this.#paused) this.resume()
    const promised = this.#reader.keepAliveSeconds
    const idleMs =
      promised === undefined ? defaultIdleMs : Math.min(longestIdleMs, promised * 1000 - idleMarginMs)
    if (!this.#reader.keepAlive || idleMs <= 0) {
      this.destroy(new Http1Error('HTTP_CLOSED', 'the connection was closed'))
      return
    }
    this.idleUntil = performance.now() + idleMs
    this.#onFree(this)
  }

  /** Taken from the idle ones for a request. */
  take(): void {
    this.idleUntil = 0
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#request?.start(status, headers)
  }

  onData(chunk: Buffer): void {
    this.#request?.data(chunk)
  }

  onEnd(): void {
    const request = this.#request
    this.#request = undefined
    request?.succeed()
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#socket.resume()
  }

  /** Ends the connection and fails what runs on it. */
  destroy(error: Error): void {
    const request = this.#request
    this.#request = undefined
    if (!this.#spoiled) {
      this.#spoiled = true
      this.#socket.destroy()
    }
    request?.fail(error)
  }
}
