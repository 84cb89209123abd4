import type { AskReply, Credential, UpstreamReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamFacts, UpstreamRequest, Watch } from '../kernel/upstream.ts'
import { CallBook } from './call-book.ts'
import { failure } from './explain-failure.ts'
import type { HttpMessage } from './http-exchange.ts'
import { postHeaders, streamHeaders } from './http-headers.ts'
import { HttpPeer } from './http-peer.ts'
import { factsOf, initializeParams } from './initialize.ts'
import { LegacyListener } from './legacy-listener.ts'
import { LegacyPost } from './legacy-post.ts'
import { answerText, legacyParams, notificationText, requestText } from './rpc-text.ts'
import { ownRequest, type Parts, type Peer, type Session, type Watcher } from './session.ts'
import { Subscriptions } from './subscriptions.ts'

/** A session of Streamable HTTP, revisions 2025-03-26 to 2025-11-25: one POST a message, answers on its own stream. */
export class LegacyHttpSession implements Session {
  readonly stateless = false
  readonly parts: Parts
  peer: Peer
  readonly http: HttpPeer
  readonly book = new CallBook()
  facts: UpstreamFacts = {
    era: 'legacy',
    protocolVersion: '',
    capabilities: {},
    serverInfo: {},
    instructions: undefined,
  }
  ended = false
  sessionId: string | undefined
  #headers: string[]
  #listener: LegacyListener | undefined
  #logLevel: string | undefined
  readonly #subscriptions = new Subscriptions((method, uri) =>
    this.#own(method, [['uri', JSON.stringify(uri)]]),
  )

  private constructor(parts: Parts, peer: Peer, url: URL) {
    this.parts = parts
    this.peer = peer
    this.http = new HttpPeer(parts, peer, url)
    this.#headers = postHeaders(peer.credential)
  }

  /** Initializes a session. A refusal by status is upstream-failed with that `data.status`. */
  static async open(parts: Parts, peer: Peer, url: URL): Promise<LegacyHttpSession> {
    const session = new LegacyHttpSession(parts, peer, url)
    const request = ownRequest(peer, 'initialize', initializeParams(peer, parts.product), parts.caps.openMs)
    const post = session.#start(request)
    session.facts = factsOf(peer.connector, await post.call.reply)
    const id = post.headers['mcp-session-id']
    session.sessionId = typeof id === 'string' && id !== '' ? id : undefined
    session.#headers = [...session.#headers, ...session.#sessionHeaders()]
    await session.#tell(notificationText('notifications/initialized', '{}'))
    return session
  }

  #sessionHeaders(): string[] {
    const headers = ['mcp-protocol-version', this.facts.protocolVersion]
    if (this.sessionId !== undefined) headers.push('mcp-session-id', this.sessionId)
    return headers
  }

  call(request: UpstreamRequest): Promise<UpstreamReply> {
    if (request.credential !== this.peer.credential) this.#adopt(request.credential)
    const level = request.logLevel
    if (level !== undefined && level !== this.#logLevel && 'logging' in this.facts.capabilities) {
      return this.#callAtLevel(request, level)
    }
    return this.#start(request).call.reply
  }

  /** The same credential with a token refreshed meanwhile: the session stays. */
  #adopt(credential: Credential): void {
    this.peer = { ...this.peer, credential }
    this.#headers = [...postHeaders(credential), ...this.#sessionHeaders()]
  }

  /** The level belongs to the session, so it is set when a caller wants another one than the last. */
  async #callAtLevel(request: UpstreamRequest, level: string): Promise<UpstreamReply> {
    this.#logLevel = level
    await this.#own('logging/setLevel', [['level', JSON.stringify(level)]]).catch((error: unknown) =>
      this.#debug(error, 'log level not set'),
    )
    return this.#start(request).call.reply
  }

  #start(request: UpstreamRequest): LegacyPost {
    const id = this.book.nextId()
    const post = new LegacyPost(this, request, id)
    this.book.running.set(id, post.call)
    post.send(
      this.http.message('POST', this.#headers, requestText(id, request.method, legacyParams(request, id))),
    )
    return post
  }

  /** A request of our own that must succeed. */
  async #own(method: string, params: [string, string][]): Promise<void> {
    const reply = await this.#start(ownRequest(this.peer, method, new Map(params), this.parts.caps.openMs))
      .call.reply
    if (reply.kind === 'error')
      throw failure(
        this.peer.connector,
        'upstream-failed',
        `refused ${method}: ${reply.message.slice(0, 200)}`,
      )
  }

  #tell(body: string): Promise<void> {
    return this.http.tell(this.http.message('POST', this.#headers, body))
  }

  #debug(error: unknown, what: string): void {
    this.parts.log.debug({ connector: this.peer.connector.id, err: error }, what)
  }

  /** Answers a question of the upstream, with the id it used. */
  readonly reply = (id: string, answer: AskReply): void => {
    this.#tell(answerText(id, answer)).catch((error: unknown) =>
      this.#debug(error, 'an answer could not be delivered'),
    )
  }

  cancel(id: string, reason: string): void {
    const body = notificationText(
      'notifications/cancelled',
      `{"requestId":${id},"reason":${JSON.stringify(reason)}}`,
    )
    this.#tell(body).catch((error: unknown) => this.#debug(error, 'a cancellation could not be delivered'))
  }

  /** A GET of the session's own stream, or of a broken one when `lastEventId` says where it broke. */
  streamMessage(lastEventId: string): HttpMessage {
    const headers = [...streamHeaders(this.peer.credential), ...this.#sessionHeaders()]
    if (lastEventId !== '') headers.push('last-event-id', lastEventId)
    return this.http.message('GET', headers, null)
  }

  async ping(): Promise<void> {
    await this.#own('ping', [])
  }

  async watch(watcher: Watcher): Promise<Watch> {
    this.book.watchers.add(watcher)
    this.#listener ??= new LegacyListener(this)
    try {
      await this.#listener.settled
      await this.#subscriptions.add(watcher.resources)
    } catch (error) {
      this.#unwatch(watcher)
      throw error
    }
    return { close: () => this.#unwatch(watcher) }
  }

  #unwatch(watcher: Watcher): void {
    if (!this.book.watchers.delete(watcher)) return
    this.#subscriptions
      .remove(watcher.resources)
      .catch((error: unknown) => this.#debug(error, 'could not unsubscribe'))
    if (this.book.watchers.size > 0) return
    this.#listener?.close()
    this.#listener = undefined
  }

  /** The stream does not come back: watchers look for a new one. */
  stopListening(): void {
    this.#listener?.close()
    this.#listener = undefined
    this.book.closeWatchers()
  }

  /** The upstream forgot the session: nothing to delete there, and running calls are decided by their own streams. */
  lost(): void {
    this.ended = true
    this.stopListening()
  }

  end(): void {
    if (this.ended) return
    this.lost()
    this.book.close(
      new GatewayError('call-lost', `The session with ${this.peer.connector.name} was ended.`, {
        connector: this.peer.connector.name,
      }),
    )
    if (this.sessionId === undefined) return
    // Clients that never delete their sessions fill servers up (R16); a server may answer 405.
    this.http
      .tell(this.http.message('DELETE', this.#headers.slice(), null))
      .catch((error: unknown) => this.#debug(error, 'session not deleted'))
  }
}
