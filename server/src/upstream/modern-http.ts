import type { UpstreamReply } from '../kernel/call.ts'
import type { UpstreamFacts, UpstreamRequest, Watch } from '../kernel/upstream.ts'
import { CallBook } from './call-book.ts'
import { failure } from './explain-failure.ts'
import { mirrorHeaders, postHeaders } from './http-headers.ts'
import { HttpPeer } from './http-peer.ts'
import { discoveryOf } from './initialize.ts'
import { ModernPost } from './modern-post.ts'
import { modernParams, modernVersion, requestText } from './rpc-text.ts'
import { ownRequest, type Parts, type Peer, type Session, SessionGone, type Watcher } from './session.ts'

export const unknownFacts: UpstreamFacts = {
  era: 'modern',
  protocolVersion: modernVersion,
  capabilities: {},
  serverInfo: {},
  instructions: undefined,
}

/** What the upstream hears of: everything, because it honours what it offers (protocol.md §1.8). */
export function listenParams(watcher: Watcher): Map<string, string> {
  const wanted = {
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
    ...(watcher.resources.length === 0 ? {} : { resourceSubscriptions: watcher.resources }),
    ...(watcher.tasks === undefined || watcher.tasks.length === 0 ? {} : { taskIds: watcher.tasks }),
  }
  return new Map([['notifications', JSON.stringify(wanted)]])
}

/** Streamable HTTP of revision 2026-07-28: nothing is held between requests but the sockets. */
export class ModernHttpSession implements Session {
  readonly stateless = true
  readonly parts: Parts
  peer: Peer
  readonly http: HttpPeer
  readonly book = new CallBook()
  facts: UpstreamFacts
  ended = false
  #headers: string[]

  constructor(parts: Parts, peer: Peer, url: URL, facts: UpstreamFacts = unknownFacts) {
    this.parts = parts
    this.peer = peer
    this.http = new HttpPeer(parts, peer, url)
    this.facts = facts
    this.#headers = postHeaders(peer.credential)
  }

  async call(request: UpstreamRequest): Promise<UpstreamReply> {
    if (request.credential !== this.peer.credential) {
      // The same credential, with a token refreshed meanwhile.
      this.peer = { ...this.peer, credential: request.credential }
      this.#headers = postHeaders(request.credential)
    }
    const reply = await this.#start(request, undefined).call.reply
    // An upstream that stopped speaking this revision did not execute the request: find out anew what it speaks.
    if (reply.kind === 'error' && reply.code === -32022) {
      this.ended = true
      throw new SessionGone(
        failure(
          this.peer.connector,
          'upstream-failed',
          `no longer speaks protocol revision ${modernVersion}.`,
        ),
      )
    }
    return reply
  }

  #start(request: UpstreamRequest, watcher: Watcher | undefined): ModernPost {
    const id = this.book.nextId()
    const post = new ModernPost(this, { request, id, watcher })
    this.book.running.set(id, post.call)
    const headers = [...this.#headers, ...mirrorHeaders(request.method, request.params, request.paramHeaders)]
    post.send(
      this.http.message(
        'POST',
        headers,
        requestText(id, request.method, modernParams(this.parts.product, request, id)),
      ),
    )
    return post
  }

  /** Asks what the server is; the answer may be any reply, era detection reads it. */
  discover(timeoutMs: number): Promise<UpstreamReply> {
    return this.#start(ownRequest(this.peer, 'server/discover', new Map(), timeoutMs), undefined).call.reply
  }

  async ping(): Promise<void> {
    const reply = await this.discover(this.parts.caps.openMs)
    if (reply.kind === 'error')
      throw failure(
        this.peer.connector,
        'upstream-failed',
        `refused server/discover: ${reply.message.slice(0, 200)}`,
      )
    this.facts = discoveryOf(this.peer.connector, reply).facts
  }

  async watch(watcher: Watcher): Promise<Watch> {
    const request = ownRequest(
      this.peer,
      'subscriptions/listen',
      listenParams(watcher),
      this.parts.caps.openMs,
    )
    const post = this.#start(request, watcher)
    await post.acknowledged
    return { close: () => post.close() }
  }

  end(): void {
    this.ended = true
    this.book.close(failure(this.peer.connector, 'call-lost', 'was changed while the call ran.'))
  }
}
