import type { buildConnector } from 'undici'
import type { HttpMessage } from './http-exchange.ts'
import { type ExchangeListener, Http1Connection, Http1Request } from './http1-connection.ts'
import { Http1Error } from './http1-reader.ts'

/** What no header may hold: it would end the line, or be read differently elsewhere. */
const invalidValue = /[^\t\x20-\x7e\x80-\xff]/
const invalidName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]|^$/
const invalidPath = /[^\x21-\x7e]/

type Lines = { text: string; isPlain: boolean }

/**
 * HTTP/1.1 connections to one origin for MCP messages: no redirects, no retries, no compression, no pipelining. A library
 * does much more than that for three times the processor time of a call (docs/decisions/0052). Header arrays must not be
 * changed once they were sent: their text is remembered.
 */
export class Http1Pool {
  readonly #origin: URL
  readonly #connect: buildConnector.connector
  readonly #max: number
  readonly #lines = new WeakMap<readonly string[], Lines>()
  readonly #all = new Set<Http1Connection>()
  /** Used last, taken first: what a quiet time leaves over falls idle and ends. */
  readonly #idle: Http1Connection[] = []
  #connecting = 0
  #waiting: Http1Request[] = []
  #closing: PromiseWithResolvers<void> | undefined

  constructor(origin: URL, o: { connect: buildConnector.connector; connections: number }) {
    this.#origin = origin
    this.#connect = o.connect
    this.#max = o.connections
  }

  dispatch(message: HttpMessage, listener: ExchangeListener): void {
    const request = new Http1Request(message, listener)
    listener.onRequestStart(request)
    if (request.isOver) return
    if (this.#closing !== undefined) {
      request.fail(closed())
      return
    }
    const connection = this.#takeIdle()
    if (connection !== undefined) this.#send(connection, request)
    else if (this.#all.size + this.#connecting < this.#max) this.#open(request)
    else this.#waiting.push(request)
  }

  #takeIdle(): Http1Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.usable && performance.now() < connection.idleUntil) {
        connection.take()
        return connection
      }
      connection.destroy(closed())
    }
    return undefined
  }

  #send(connection: Http1Connection, request: Http1Request): void {
    const { method, path, headers, body } = request.message
    let lines: Lines
    try {
      if (invalidPath.test(path)) throw new Http1Error('HTTP_INVALID', 'the path is not valid')
      lines = this.#linesOf(headers)
    } catch (error) {
      request.fail(error as Error)
      this.#free(connection)
      return
    }
    const length = body === null ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#origin.host}\r\nconnection: keep-alive\r\n${lines.text}${length}\r\n`
    connection.send(request, head, lines.isPlain)
  }

  #linesOf(headers: readonly string[]): Lines {
    const known = this.#lines.get(headers)
    if (known !== undefined) return known
    let text = ''
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const name = headers[at] ?? ''
      const value = headers[at + 1] ?? ''
      if (invalidName.test(name) || invalidValue.test(value))
        throw new Http1Error('HTTP_INVALID', 'a header is not valid')
      text += `${name}: ${value}\r\n`
    }
    const lines = { text, isPlain: !/[\x80-\xff]/.test(text) }
    this.#lines.set(headers, lines)
    return lines
  }

  /** A connection of its own for this request. One that was given up meanwhile leaves it to the next. */
  #open(request: Http1Request): void {
    this.#connecting++
    const { hostname, host, protocol, port } = this.#origin
    const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    this.#connect({ host, hostname: bare, protocol, port }, (...[error, socket]) => {
      this.#connecting--
      if (error !== null) {
        request.fail(error)
        this.#openForWaiting()
        this.#settle()
        return
      }
      const connection = new Http1Connection(socket, {
        onFree: (free) => this.#free(free),
        onGone: (gone) => this.#gone(gone),
      })
      this.#all.add(connection)
      if (request.isOver) this.#free(connection)
      else this.#send(connection, request)
    })
  }

  #free(connection: Http1Connection): void {
    const next = this.#nextWaiting()
    if (next !== undefined) {
      connection.take()
      this.#send(connection, next)
    } else if (this.#closing !== undefined) connection.destroy(closed())
    else {
      if (connection.idleUntil === 0) connection.idleUntil = performance.now() + 1_000
      this.#idle.push(connection)
    }
  }

  #nextWaiting(): Http1Request | undefined {
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift())
      if (!request.isOver) return request
    return undefined
  }

  #gone(connection: Http1Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    this.#openForWaiting()
    this.#settle()
  }

  #openForWaiting(): void {
    if (this.#all.size + this.#connecting >= this.#max) return
    const next = this.#nextWaiting()
    if (next !== undefined) this.#open(next)
  }

  /** Ends what has been idle for as long as the other side may keep it. */
  sweep(): void {
    const now = performance.now()
    for (const connection of [...this.#idle]) if (connection.idleUntil <= now) connection.destroy(closed())
  }

  #settle(): void {
    if (this.#all.size === 0 && this.#connecting === 0 && this.#waiting.length === 0) this.#closing?.resolve()
  }

  /** Takes no new requests; resolves when those that run have ended. */
  close(): Promise<void> {
    this.#closing ??= Promise.withResolvers()
    for (const connection of [...this.#idle]) connection.destroy(closed())
    this.#settle()
    return this.#closing.promise
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#closing ??= Promise.withResolvers()
    const waiting = this.#waiting
    this.#waiting = []
    for (const request of waiting) request.fail(closed())
    for (const connection of [...this.#all]) connection.destroy(closed())
    this.#settle()
  }
}

function closed(): Http1Error {
  return new Http1Error('HTTP_CLOSED', 'the connection was closed')
}
