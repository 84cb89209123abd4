import type { ServerResponse } from 'node:http'
import { type Beats, EventStream } from './event-stream.ts'
import { notificationText } from './rpc-text.ts'

/**
 * The answer to one POST: a single JSON body, or an event stream as soon as something must be said before the answer.
 * A quiet call turns into a stream after the first beat, so that intermediaries keep it open (R21).
 */
export class PostReply {
  seat = -1
  readonly #response: ServerResponse
  readonly #beats: Beats
  readonly #headers: Record<string, string>
  readonly #mayStream: boolean
  #stream: EventStream | undefined
  #quietBeats = 0

  constructor(response: ServerResponse, options: { beats: Beats; requestId: string; accept: string }) {
    this.#response = response
    this.#beats = options.beats
    this.#headers = { 'x-request-id': options.requestId }
    this.#mayStream = options.accept.includes('text/event-stream') || options.accept.includes('*/*')
    // No listener for a client that leaves: every call ends, and its last word takes this off the list.
    if (this.#mayStream) this.#beats.add(this)
  }

  /** Called by the shared timer: the second one means at least 15 s of silence. */
  beat(): void {
    this.#quietBeats += 1
    if (this.#quietBeats >= 2 && this.#stream === undefined && !this.#response.headersSent)
      this.#open()?.beat()
  }

  setHeader(name: string, value: string): void {
    this.#headers[name] = value
  }

  /** The stream, opened now if it was not; undefined when the client takes none or is gone. */
  #open(): EventStream | undefined {
    if (this.#stream !== undefined) return this.#stream
    if (!this.#mayStream || this.#response.headersSent || this.#response.destroyed) return undefined
    this.#stream = new EventStream(this.#response, this.#beats, this.#headers)
    this.#beats.remove(this)
    return this.#stream
  }

  notify(method: string, params: string): void {
    const stream = this.#open()
    if (stream?.behind === false) stream.send(notificationText(method, params))
  }

  /** Sends a server's request; false when the client takes no stream. */
  send(text: string): boolean {
    const stream = this.#open()
    stream?.send(text)
    return stream !== undefined
  }

  /** The last word: JSON-RPC text with the status the era wants, which a stream that began as 200 keeps. */
  finish(text: string, status = 200): void {
    if (this.#mayStream) this.#beats.remove(this)
    if (this.#stream !== undefined) {
      this.#stream.send(text)
      this.#stream.end()
      return
    }
    if (this.#response.headersSent || this.#response.destroyed) return
    const head = this.#headers
    head['content-type'] = 'application/json'
    head['content-length'] = String(Buffer.byteLength(text))
    this.#response.writeHead(status, head)
    this.#response.end(text)
  }

  /** The end of a request whose client wants no answer any more: an empty stream where it takes one. */
  finishSilent(): void {
    if (this.#open() === undefined) this.finishEmpty(202)
    else this.end()
  }

  /** Somebody else answers: from here on nothing is said on this response. */
  leave(): void {
    this.#beats.remove(this)
  }

  /** An answer without a body, such as 202 for notifications. */
  finishEmpty(status: number): void {
    if (this.#mayStream) this.#beats.remove(this)
    if (this.#response.headersSent || this.#response.destroyed) return
    this.#response.writeHead(status, { ...this.#headers, 'content-length': '0' })
    this.#response.end()
  }

  end(): void {
    this.#stream?.end()
  }
}
