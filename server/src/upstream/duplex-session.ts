import type { AskReply, Era, UpstreamReply } from '../kernel/call.ts'
import type { UpstreamFacts, UpstreamRequest, Watch } from '../kernel/upstream.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import { CallBook } from './call-book.ts'
import { failure, malformed } from './explain-failure.ts'
import { discoveryOf, factsOf, initializeParams } from './initialize.ts'
import type { Link } from './link.ts'
import { listenParams, unknownFacts } from './modern-http.ts'
import { type CallCarrier, PendingCall, silence } from './pending-call.ts'
import {
  answerText,
  legacyParams,
  modernParams,
  notificationText,
  readUpstream,
  requestText,
} from './rpc-text.ts'
import { ownRequest, type Parts, type Peer, type Session, type Watcher } from './session.ts'
import { Subscriptions } from './subscriptions.ts'

/** A session over one two-way line, of either era: stdio, or the HTTP+SSE transport of 2024-11-05. */
export class DuplexSession implements Session, CallCarrier {
  readonly stateless = false
  facts: UpstreamFacts = unknownFacts
  ended = false
  #era: Era = 'legacy'
  readonly #parts: Parts
  readonly #peer: Peer
  readonly #link: Link
  readonly #book = new CallBook()
  /** Agreed on an era: silence before that is part of finding out. */
  #open = false
  #checking = false
  #logLevel: string | undefined
  readonly #subscriptions = new Subscriptions((method, uri) =>
    this.#own(method, [['uri', JSON.stringify(uri)]]),
  )
  /** Listens of the modern era by the raw id of their request. */
  readonly #listens = new Map<string, Watcher>()

  constructor(parts: Parts, peer: Peer, link: Link) {
    this.#parts = parts
    this.#peer = peer
    this.#link = link
    link.listen({ onText: (text) => this.#onText(text), onEnd: (error) => this.#onEnd(error) })
  }

  /** Opens the session the legacy way; the link is the caller's to close when this throws. */
  async initialize(): Promise<void> {
    this.#era = 'legacy'
    const request = ownRequest(
      this.#peer,
      'initialize',
      initializeParams(this.#peer, this.#parts.product),
      this.#parts.caps.openMs,
    )
    this.facts = factsOf(this.#peer.connector, await this.#start(request).reply)
    this.#tell(notificationText('notifications/initialized', '{}'))
    this.#open = true
  }

  /** Asks the modern way; the caller reads the era from the reply. */
  discover(timeoutMs: number): Promise<UpstreamReply> {
    this.#era = 'modern'
    return this.#start(ownRequest(this.#peer, 'server/discover', new Map(), timeoutMs)).reply
  }

  becomeModern(facts: UpstreamFacts): void {
    this.#era = 'modern'
    this.facts = facts
    this.#open = true
  }

  async call(request: UpstreamRequest): Promise<UpstreamReply> {
    const level = request.logLevel
    if (
      this.#era === 'legacy' &&
      level !== undefined &&
      level !== this.#logLevel &&
      'logging' in this.facts.capabilities
    ) {
      this.#logLevel = level
      await this.#own('logging/setLevel', [['level', JSON.stringify(level)]]).catch(() => undefined)
    }
    return this.#start(request).reply
  }

  #start(request: UpstreamRequest): PendingCall {
    const id = this.#book.nextId()
    const call = new PendingCall(request, id, this.#era, this)
    this.#book.running.set(id, call)
    const params =
      this.#era === 'legacy' ? legacyParams(request, id) : modernParams(this.#parts.product, request, id)
    this.#send(requestText(id, request.method, params), (error) => call.fail(error))
    return call
  }

  #send(text: string, onFailure: (error: unknown) => void): void {
    if (this.ended) {
      onFailure(failure(this.#peer.connector, 'upstream-unreachable', 'has ended.'))
      return
    }
    try {
      this.#link.send(text)?.catch(onFailure)
    } catch (error) {
      onFailure(error)
    }
  }

  #tell(text: string): void {
    this.#send(text, (error) =>
      this.#parts.log.debug(
        { connector: this.#peer.connector.id, err: error },
        'a message could not be delivered',
      ),
    )
  }

  readonly #reply = (id: string, answer: AskReply): void => {
    this.#tell(answerText(id, answer))
  }

  async #own(method: string, params: [string, string][]): Promise<void> {
    const reply = await this.#start(ownRequest(this.#peer, method, new Map(params), this.#parts.caps.openMs))
      .reply
    if (reply.kind === 'error')
      throw failure(
        this.#peer.connector,
        'upstream-failed',
        `refused ${method}: ${reply.message.slice(0, 200)}`,
      )
  }

  onGivenUp(call: PendingCall, reason: string): void {
    if (call.request.method !== 'initialize') this.#cancel(call.id, reason)
    if (reason === silence && this.#open) this.#checkAlive()
  }

  /** A line may be half dead (R19): when a call met silence, one round trip decides whether the session lives on. */
  #checkAlive(): void {
    if (this.ended || this.#checking) return
    this.#checking = true
    const method = this.#era === 'legacy' ? 'ping' : 'server/discover'
    this.#start(ownRequest(this.#peer, method, new Map(), this.#parts.caps.tellMs)).reply.then(
      () => {
        this.#checking = false
      },
      () => {
        if (this.ended) return
        this.#link.close()
        this.#onEnd(failure(this.#peer.connector, 'upstream-unreachable', 'stopped answering.'))
      },
    )
  }

  #cancel(id: string, reason: string): void {
    this.#tell(
      notificationText('notifications/cancelled', `{"requestId":${id},"reason":${JSON.stringify(reason)}}`),
    )
  }

  onSettled(call: PendingCall): void {
    this.#book.running.delete(call.id)
    const watcher = this.#listens.get(call.id)
    if (watcher === undefined) return
    this.#listens.delete(call.id)
    watcher.onEnd()
  }

  /** A line that cannot be read belongs to nobody: which call it would have answered is unknown, so all of them fail. */
  #onText(text: string): void {
    let message: RpcMessage
    try {
      message = readUpstream(this.#peer.connector, text, this.#parts.limits.jsonDepth)
    } catch (error) {
      this.#parts.log.warn(
        { connector: this.#peer.connector.id, err: error },
        'unreadable message of an upstream',
      )
      for (const call of [...this.#book.running.values()])
        call.giveUp(malformed(this.#peer.connector, 'an unreadable message', error), 'unreadable message')
      return
    }
    if (this.#era === 'modern') this.#deliverModern(message)
    else this.#book.deliver(message, undefined, this.#reply)
  }

  #deliverModern(message: RpcMessage): void {
    if (message.kind === 'request') return
    const watcher = message.kind === 'notification' ? this.#listenOf(message) : undefined
    if (message.kind !== 'notification' || watcher === undefined)
      this.#book.deliver(message, undefined, this.#reply)
    else if (message.method !== 'notifications/subscriptions/acknowledged')
      watcher.onNotification(message.method, message.params)
  }

  #listenOf(message: RpcMessage & { kind: 'notification' }): Watcher | undefined {
    const meta = message.params.get('_meta')
    if (meta === undefined) return undefined
    const id = (JSON.parse(meta) as Record<string, unknown>)['io.modelcontextprotocol/subscriptionId']
    return this.#listens.get(String(id))
  }

  #onEnd(error: Error): void {
    this.ended = true
    this.#book.close(error)
  }

  async ping(): Promise<void> {
    if (this.#era === 'legacy') {
      await this.#own('ping', [])
      return
    }
    const reply = await this.discover(this.#parts.caps.openMs)
    if (reply.kind === 'result') this.facts = discoveryOf(this.#peer.connector, reply).facts
  }

  async watch(watcher: Watcher): Promise<Watch> {
    if (this.#era === 'modern') return this.#listen(watcher)
    this.#book.watchers.add(watcher)
    const close = () => {
      if (this.#book.watchers.delete(watcher))
        this.#subscriptions.remove(watcher.resources).catch(() => undefined)
    }
    try {
      await this.#subscriptions.add(watcher.resources)
    } catch (error) {
      close()
      throw error
    }
    return { close }
  }

  /** A refusal ends the watch: on one line nothing else tells it from silence. */
  #listen(watcher: Watcher): Watch {
    const call = this.#start(
      ownRequest(this.#peer, 'subscriptions/listen', listenParams(watcher), this.#parts.caps.openMs),
    )
    call.holdClock()
    call.reply.catch(() => undefined)
    this.#listens.set(call.id, watcher)
    return {
      close: () => {
        if (!this.#listens.delete(call.id)) return
        this.#cancel(call.id, 'no longer listening')
        call.fail(new Error('no longer listening'))
      },
    }
  }

  end(): void {
    if (this.ended) return
    this.ended = true
    this.#link.close()
    this.#book.close(failure(this.#peer.connector, 'call-lost', 'was ended while the call ran.'))
  }
}
