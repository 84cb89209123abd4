import type { Credential, RawObject, UpstreamReply } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { UpstreamFacts, UpstreamRequest, Watch } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import type { Caps } from './caps.ts'
import type { OriginPools } from './origin-pools.ts'
import type { Product } from './rpc-text.ts'

/** What the whole upstream side is built from. */
export type Parts = {
  readonly pools: OriginPools
  readonly caps: Caps
  readonly limits: { readonly upstreamBytes: number; readonly jsonDepth: number }
  readonly product: Product
  readonly now: () => number
  readonly log: Log
}

/** Whom a session talks to and as whom. */
export type Peer = {
  readonly connector: Connector
  readonly credential: Credential
  readonly capabilities: JsonObject
}

export type Watcher = {
  readonly resources: readonly string[]
  readonly tasks?: readonly string[]
  onNotification(method: string, params: RawObject): void
  onEnd(): void
}

/** An open relation with an upstream, whatever its era and transport. */
export type Session = {
  readonly facts: UpstreamFacts
  /** No call sees another through it, so everybody with the same credential may use it and it costs the upstream nothing. */
  readonly stateless: boolean
  /** True once nothing can be sent any more. */
  readonly ended: boolean
  call(request: UpstreamRequest): Promise<UpstreamReply>
  watch(watcher: Watcher): Promise<Watch>
  /** One cheap round trip; throws like call. */
  ping(): Promise<void>
  /** Ends the session at the upstream too, without waiting; running calls fail. */
  end(): void
}

/**
 * The upstream no longer knows the session, or speaks another era than it did. The request was certainly not executed, so
 * it may be sent once more over a new session. Never leaves this folder.
 */
export class SessionGone extends Error {
  override readonly name = 'SessionGone'
  /** What to report when it happens twice. */
  readonly failure: Error

  constructor(failure: Error) {
    super('the upstream session is gone')
    this.failure = failure
  }
}

/** A request of our own, such as initialize: nobody hears its notifications and nothing can be asked back. */
export function ownRequest(
  peer: Peer,
  method: string,
  params: RawObject,
  idleTimeoutMs: number,
): UpstreamRequest {
  return {
    connector: peer.connector,
    credential: peer.credential,
    lane: { principal: '', session: undefined, exclusive: false },
    method,
    params,
    capabilities: peer.capabilities,
    logLevel: undefined,
    wantsProgress: false,
    paramHeaders: {},
    idleTimeoutMs,
    signal: new AbortController().signal,
    onNotification: () => undefined,
    onAsk: () => Promise.resolve({ error: '{"code":-32601,"message":"nobody can be asked"}' }),
  }
}
