import type { AskReply, Credential, Era, RawObject, UpstreamReply } from './call.ts'
import type { Connector } from './connector.ts'
import type { ServerId } from './ids.ts'
import type { JsonObject } from './json.ts'

/**
 * Which upstream session may serve a request (design.md §3). A session is never shared between owners.
 * `session`: a legacy client's own session key. `exclusive`: nobody else may use the session while this call runs,
 * because the client can be asked back and a push must have exactly one possible receiver.
 */
export type Lane = {
  readonly principal: string
  readonly session: string | undefined
  readonly exclusive: boolean
}

export type UpstreamRequest = {
  readonly connector: Connector
  readonly credential: Credential
  readonly lane: Lane
  readonly method: string
  /** Without the protocol's own `_meta` keys; the transport adds what the upstream's era wants. */
  readonly params: RawObject
  /** What the client at the other end can do; a session is opened with, and a modern request carries, exactly this. */
  readonly capabilities: JsonObject
  readonly logLevel: string | undefined
  /** The caller wants progress. The upstream gets a token of ours; `onNotification` gets params without a token. */
  readonly wantsProgress: boolean
  /** Values for the Mcp-Param-* headers by header name, already checked against the arguments. */
  readonly paramHeaders: Readonly<Record<string, string>>
  /** Milliseconds without a sign of life (progress counts as one) after which the call fails with upstream-timeout. */
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
  onNotification(method: string, params: RawObject): void
  /** The upstream asks the client something while this call runs. */
  onAsk(method: string, params: string): Promise<AskReply>
}

/** What an upstream said about itself. */
export type UpstreamFacts = {
  readonly era: Era
  readonly protocolVersion: string
  readonly capabilities: JsonObject
  readonly serverInfo: JsonObject
  readonly instructions: string | undefined
}

export type Watch = { close(): void }

/** The MCP client side: pools, sessions and transports behind one door. Every error is a GatewayError naming the connector. */
export type Upstreams = {
  call(request: UpstreamRequest): Promise<UpstreamReply>
  /** Era, version and capabilities, from cache or by asking. */
  facts(
    connector: Connector,
    credential: Credential,
    lane: Lane,
    capabilities: JsonObject,
  ): Promise<UpstreamFacts>
  /**
   * Hears list changes, resource updates and unsolicited log messages until closed or the upstream ends (`onEnd`).
   * `resources`: uris to hear updates of.
   */
  watch(
    request: Pick<UpstreamRequest, 'connector' | 'credential' | 'lane' | 'capabilities'> & {
      resources: readonly string[]
      /** Task ids to hear the status of; only a modern upstream tells on a watch. */
      tasks?: readonly string[]
      onNotification(method: string, params: RawObject): void
      onEnd(): void
    },
  ): Promise<Watch>
  /** Ends the sessions a legacy client's session used. */
  endSession(sessionKey: string): void
  /** Ends every session of a connector, after a change or deletion. */
  forget(serverId: ServerId): void
  /** Refuses new calls, waits for running ones up to `graceMs`, then ends everything. */
  drain(graceMs: number): Promise<void>
}

/** A hosted stdio server: lines in, lines out (driver contract, house.md §2.4.13). */
export type HostedProcess = {
  readonly pid: number
  send(line: string): void
  onLine(listener: (line: string) => void): void
  /** `reason` is safe to show. Fires once. */
  onExit(listener: (reason: string) => void): void
  stop(): Promise<void>
}

export type Hosting = {
  /** Starts the connector's pinned command with this person's values; throws hosting-failed or busy. */
  start(connector: Connector, credential: Credential, principal: string): Promise<HostedProcess>
  /** The last lines the connector's processes wrote to stderr, oldest first, bounded. */
  log(serverId: ServerId): readonly string[]
  stopAll(serverId?: ServerId): Promise<void>
}
