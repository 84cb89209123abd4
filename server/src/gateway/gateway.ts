/** The MCP front door: endpoints for clients of both protocol eras in, governed calls to upstreams out. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CodeMode } from '../code-mode/code-mode.ts'
import type { Config } from '../config/config.ts'
import type { Keyring } from '../credentials/keyring.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { reasons } from '../kernel/reasons.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import type { Processes } from '../processes/processes.ts'
import type { Bus, Db } from '../storage/storage.ts'
import type { AllowedConnectors } from './allowed-connectors.ts'
import { endStreams } from './end-streams.ts'
import { endpointKey } from './endpoint.ts'
import { Beats, EventStream } from './event-stream.ts'
import { type DoorParts, mcpDoor, type Visit } from './http.ts'
import { keepWatching, type Watches } from './keep-watching.ts'
import type { LegacyParts } from './legacy.ts'
import { listening } from './listen.ts'
import type { LiveSession } from './live-session.ts'
import { type LiveSessions, liveSessions } from './live-sessions.ts'
import { mayHear, type News } from './may-hear.ts'
import { oldTransport } from './old-transport.ts'
import { parkedCalls } from './parked-calls.ts'
import { type PassOn, passingOn } from './pass-on.ts'
import { buildPipeline, type PipelineParts } from './pipeline.ts'
import { modernVersion } from './protocol.ts'
import { type PostParts, passHome, receivePost, sessionOf } from './receive-post.ts'
import { requestStates } from './request-state.ts'
import { createSeal, type Seal } from './seal.ts'
import type { SearchSpiral } from './search-spiral.ts'
import { sessionTokens } from './session-token.ts'
import { type SessionStore, sessionStore } from './store.ts'
import { subscriptions } from './subscriptions.ts'
import { taskIds } from './task-ids.ts'
import type { ToolUsage } from './tool-usage.ts'
import { sessionWatch, type WatchSession } from './watch-session.ts'

export type GatewayParts = Omit<DoorParts, 'beats' | 'bus' | 'streamEnds' | 'passOn'> &
  Omit<PipelineParts, 'parked' | 'tasks' | 'subscriptions' | 'idleTimeoutMs' | 'listPages'> & {
    config: Config
    db: Db
    bus: Bus
    keyring: Keyring
    upstreams: Upstreams
    usage: ToolUsage
    spiral: SearchSpiral
    allowedConnectors: AllowedConnectors
    codeMode: CodeMode
    processes: Processes
    now: () => number
  }

export type Gateway = {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Runs one call as the console's try-it does: the same pipeline, nothing else. */
  readonly run: PostParts['run']
  /** Ends streams and gives up waiting calls, so that only what runs keeps a connection open. */
  drain(): void
  /** Ends what still runs too. */
  close(): void
}

const sweepMs = 60_000
const sweepRowsMs = 60 * 60_000

export function createGateway(parts: GatewayParts): Gateway {
  const { config, keyring, now } = parts
  const sealFor = (purpose: string, o = {}) => createSeal(keyring.derive(`gateway:${purpose}`), purpose, o)
  const beats = new Beats()
  const parked = parkedCalls()
  const store = sessionStore(parts.db)
  const live = liveSessions({
    store,
    now,
    publish: (key) => parts.bus.publish('mcp_sessions', key),
    onGone: (key) => parts.upstreams.endSession(key),
  })
  const toolsChanged = ({ id }: Connector) => parts.tools.hearListChanged(id)
  const tasks = taskIds(sealFor('task', { steady: true }), live.rememberTask)
  const watches = keepWatching(parts)
  const subscribing = subscriptions({ ...parts, live, tasks, toolsChanged })
  const run = buildPipeline({
    ...parts,
    parked,
    tasks,
    subscriptions: subscribing,
    ...waitLimits(config),
  })
  const serverInfo = JSON.stringify({ name: 'runlayer', title: config.productName, version: config.version })
  const listen = listening({ ...parts, watches, tasks, beats, toolsChanged, serverInfo })
  const report = reporting(parts.log)
  const shared = {
    ...parts,
    run,
    serverInfo,
    beats,
    live,
    report,
    ...sealedHandles(parts, sealFor),
    tasks,
    read: { maxDepth: config.limits.jsonDepth },
  }
  const watchSession = sessionWatch({ watches, subscriptions: subscribing, log: parts.log })
  const old = oldTransport({ ...shared, watchSession })
  const post = receivePost({ ...shared, old, listening: listen, maxBodyBytes: config.limits.requestBytes })
  const streamEnds = endStreams(parts.bus, () => void watches.judgeAll())
  const stopHearing = hearChanges(parts, { live, listen, streamEnds, watches })
  const stopSweeping = sweepOften(parts, { live, store })
  const stopWaiting = () => {
    stopHearing()
    listen.close()
    parked.close()
  }
  return {
    handle: mcpDoor(
      { ...shared, streamEnds },
      {
        POST: post,
        GET: (visit) => openStream({ ...shared, watchSession, old }, visit),
        DELETE: (visit) => endSession(shared, visit),
      },
    ),
    run,
    drain() {
      stopWaiting()
      live.drain()
      old.drain()
    },
    close() {
      stopWaiting()
      stopSweeping()
      beats.stop()
      old.close()
      live.close()
    },
  }
}

/** What clients carry for us: sessions and waiting calls name the process they live on; and the way to that process. */
function sealedHandles(
  { now, processes }: Pick<GatewayParts, 'now' | 'processes'>,
  sealFor: (purpose: string) => Seal,
): Pick<PostParts, 'self' | 'states' | 'tokens'> & { passOn: PassOn } {
  const { self } = processes
  return {
    self,
    passOn: passingOn({ processes, now, seal: sealFor('pass-on') }),
    states: requestStates(sealFor('request-state'), now, self),
    tokens: sessionTokens(sealFor('session'), now, self),
  }
}

function waitLimits({ limits }: GatewayParts['config']) {
  return { idleTimeoutMs: limits.callIdleMs, listPages: limits.listPages }
}

function reporting(log: DoorParts['log']): PostParts['report'] {
  return (error, requestId) => {
    if (reasons[error.reason].fault === 'gateway')
      log.error({ err: error, cause: error.cause, request_id: requestId }, 'a request failed in the gateway')
  }
}

/** Idle sessions leave memory, and rows of sessions whose tokens have expired leave the database. */
function sweepOften(
  parts: Pick<GatewayParts, 'now' | 'log'>,
  { live, store }: { live: Pick<LiveSessions, 'sweep'>; store: Pick<SessionStore, 'sweep'> },
): () => void {
  const sweepRows = () => {
    store
      .sweep(new Date(parts.now()))
      .catch((thrown: unknown) =>
        parts.log.warn({ err: thrown }, 'rows of old sessions could not be removed'),
      )
  }
  const timers = [setInterval(() => live.sweep(), sweepMs), setInterval(sweepRows, sweepRowsMs)]
  for (const timer of timers) timer.unref()
  return () => timers.forEach(clearInterval)
}

type StreamParts = LegacyParts & {
  passOn: PassOn
  watchSession: WatchSession
  old: { open(visit: Visit): void }
  beats: Beats
}

/** GET: the stream of a 2025 session, or the 2024-11-05 transport; anything else is 405 (contract.md §3). */
async function openStream(parts: StreamParts, visit: Visit): Promise<void> {
  const { headers } = visit.request
  const wantsStream = (headers.accept ?? '').includes('text/event-stream')
  if (headers['mcp-session-id'] === undefined) {
    if (!wantsStream || headers['mcp-protocol-version'] === modernVersion)
      throw new GatewayError('method-not-allowed', 'GET opens a stream of a session; send requests with POST')
    return parts.old.open(visit)
  }
  if (await passHome(parts, visit)) return
  const session = await sessionOf(parts, visit)
  if (!wantsStream)
    throw new GatewayError('method-not-allowed', 'GET opens a stream: accept text/event-stream')
  session.stream?.end()
  const stream = new EventStream(visit.response, parts.beats, { 'x-request-id': visit.asker.requestId })
  session.stream = stream
  visit.response.on('close', () => {
    if (session.stream !== stream) return
    session.stream = undefined
    session.watch?.close()
    session.watch = undefined
  })
  await parts.watchSession(visit.asker, session)
}

async function endSession(parts: LegacyParts & { passOn: PassOn }, visit: Visit): Promise<void> {
  if (await passHome(parts, visit)) return
  const token = visit.request.headers['mcp-session-id']
  const facts =
    typeof token === 'string'
      ? parts.tokens.read(token, visit.asker.caller, endpointKey(visit.asker.endpoint))
      : undefined
  if (facts === undefined)
    throw new GatewayError(
      token === undefined ? 'method-not-allowed' : 'session-unknown',
      'there is no such session of yours here',
    )
  const session = await parts.live.get(facts)
  await parts.live.end(session.facts)
  visit.response.writeHead(204, { 'x-request-id': visit.asker.requestId }).end()
}

type Hearing = {
  live: {
    all(): Iterable<Pick<LiveSession, 'facts' | 'who' | 'notify'>>
    heard(key: string): Promise<void>
  }
  listen: { toolsChanged(serverId: string | undefined): void }
  streamEnds: { close(): void }
  watches: Pick<Watches, 'judge' | 'judgeAll' | 'renew'>
}

type About = Omit<News, 'connector'> & { connector: Connector | undefined }

function hears(
  { policy }: Pick<GatewayParts, 'policy'>,
  { who }: Pick<LiveSession, 'who'>,
  about: About,
): boolean {
  const { connector } = about
  return connector !== undefined && mayHear(policy, who?.(), { ...about, connector })
}

/** Of credentials only these say what somebody else may do; keys, grants and sign-ins come and go without a word to all streams. */
const limitsOthers = /^key:(?:agent|delegation):/

/** Who listens is told when what it may see could have changed. */
function hearChanges(parts: GatewayParts, { live, listen, streamEnds, watches }: Hearing): () => void {
  const tell = (serverId: string | undefined) => {
    listen.toolsChanged(serverId)
    const connector = serverId === undefined ? undefined : parts.connectors.find(serverId as Connector['id'])
    for (const session of live.all()) {
      const { endpoint } = session.facts
      if (endpoint === 'runlayer') continue
      const about = { connector, kind: 'server', name: '' } as const
      if (serverId === undefined || (endpoint === serverId && hears(parts, session, about)))
        session.notify('notifications/tools/list_changed', '{}')
    }
  }
  const offs = [
    parts.tools.onChange((serverId: string) => tell(serverId)),
    parts.connectors.onChange((id) => {
      // First: streams that go on with the new settings are not told that the old upstream ended.
      watches.judge(id)
      parts.upstreams.forget(id)
    }),
    parts.connectors.onLook((id) => watches.judge(id)),
    parts.policy.onChange(() => {
      tell(undefined)
      void watches.judgeAll()
    }),
    // Of people the rules hear too; whose a stream is by now is told by streamEnds.
    parts.bus.on('identity', (id) => (limitsOthers.test(id) ? tell(undefined) : undefined)),
    parts.bus.on('credentials', watches.renew),
    parts.bus.on('grants', watches.renew),
    parts.bus.on('mcp_sessions', (key) => live.heard(key)),
    streamEnds.close,
  ]
  return () => {
    for (const off of offs) off()
  }
}
