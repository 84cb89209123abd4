import type { Caller } from './caller.ts'
import type { Connector } from './connector.ts'
import type { Decision } from './decision.ts'
import type { ServerId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import type { PinnedTool } from './tool.ts'

/** modern = revision 2026-07-28 (stateless); legacy = 2025-11-25 and older (initialize, sessions). */
export type Era = 'legacy' | 'modern'

/** The members of a JSON object as their original text, so that numbers beyond 2^53 and unknown fields survive. */
export type RawObject = ReadonlyMap<string, string>

export type Endpoint = { kind: 'runlayer' } | { kind: 'connector'; serverId: ServerId }

/** Where a request came from, after trusted proxies were believed. Policy conditions read it. */
export type Peer = { ip: string; userAgent: string }

export type ClientFacts = {
  readonly era: Era
  readonly protocolVersion: string
  readonly name: string | undefined
  readonly version: string | undefined
  readonly capabilities: JsonObject
  /** Stable key of the legacy session this request belongs to; undefined for modern requests. */
  readonly sessionKey: string | undefined
  /** Level at which the client wants log messages, or none. */
  readonly logLevel: string | undefined
}

/** What a client answered when it was asked something. Raw JSON text. */
export type AskReply = { result: string } | { error: string }

/** The way back to the client while its request runs. */
export type Exchange = {
  /** Aborts when the client went away or cancelled. */
  readonly signal: AbortSignal
  /** Sends a notification on this request's own stream (progress, log message). `params` is raw JSON text. */
  notify(method: string, params: string): void
  /** Legacy clients only: asks the client (elicitation, sampling, roots) on this request's own stream. */
  ask(method: string, params: string): Promise<AskReply>
}

export type GovernedMethod =
  | 'tools/call'
  | 'resources/read'
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/subscribe'
  | 'resources/unsubscribe'
  | 'prompts/list'
  | 'prompts/get'
  | 'completion/complete'
  | 'tasks/get'
  | 'tasks/update'
  | 'tasks/cancel'
  | 'tasks/result'

/** How a retry continues an earlier round, as its sealed request state told (protocol.md §1.7). */
export type Resume = { kind: 'upstream'; state: string | undefined } | { kind: 'parked'; handle: string }

/** A request that may reach an upstream, as the client sent it. */
export type Received = {
  readonly requestId: string
  readonly correlationId: string
  readonly receivedAt: number
  readonly caller: Caller
  readonly endpoint: Endpoint
  readonly method: GovernedMethod
  /** The tool, prompt or resource as the client named it; '' for lists. */
  readonly name: string
  readonly params: RawObject
  readonly client: ClientFacts
  readonly peer: Peer
  readonly exchange: Exchange
  readonly via: 'runlayer' | undefined
  /** Why the model called, when it came through execute_tool. */
  readonly meta: string | undefined
  readonly resume: Resume | undefined
  /** Mcp-Param-* headers by lower-case name, when the transport obliges the client to mirror arguments (SEP-2243). */
  readonly mirrors: Readonly<Record<string, string>> | undefined
}

export type Target =
  | { kind: 'tool'; tool: PinnedTool }
  | { kind: 'resource'; uri: string }
  | { kind: 'prompt'; name: string }
  | { kind: 'server' }

export type Resolved = Received & { readonly connector: Connector; readonly target: Target }
/** `args` is undefined unless the target is a tool. `argsText` travels upstream, `args` is what checks look at. */
export type Validated = Resolved & { readonly args: Json | undefined; readonly argsText: string | undefined }
/** What a guard saw on a call's way: a scanner, how sure it was, and what was done about it. */
export type ScanNote = {
  readonly scanner: string
  readonly score: number
  readonly durationMs: number
  readonly action: string
  /** Why, for people: what found it, where, and a short masked part of it. */
  readonly detector?: string
  readonly category?: string
  readonly where?: string
  readonly excerpt?: string
  readonly sensitivity?: string
  readonly reason?: string
}
export type Allowed = Validated & {
  readonly decision: Decision & { effect: 'allow' }
  readonly scans?: readonly ScanNote[]
}
export type Screened = Allowed & { readonly screened: true }

/** Opened secrets for one upstream, alive only between attach and call. Never logged, never audited. */
export type Credential = {
  /** Who owns it: pools and learned tool variants key on this, never on the secret. */
  readonly owner: string
  /** Grows when the secret changes, so that pooled sessions opened with an old one are not reused. */
  readonly revision: string
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}
export type Armed = Screened & { readonly credential: Credential }

/** An upstream's reply as text. `members` are the members of the result object. */
export type UpstreamReply =
  | { kind: 'result'; era: Era; text: string; members: RawObject }
  | { kind: 'error'; era: Era; code: number; message: string; data: string | undefined }
/** A legacy upstream asked something a modern client must answer in its next round: the call waits under `handle`. */
export type ParkedReply = { kind: 'parked'; handle: string; inputRequests: string }
export type Answered = Armed & { readonly reply: UpstreamReply | ParkedReply }
export type Cleared = Answered & { readonly cleared: true }
