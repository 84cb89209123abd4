import type { Exchange, RawObject } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { objectText, stringOf } from '../lib/raw-json.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import { answerRequest, type RequestParts, refuseCursor } from './answer-request.ts'
import { type CapabilityParts, offerOf } from './capabilities.ts'
import { endpointKey } from './endpoint.ts'
import { listTools } from './list-tools.ts'
import type { LiveSession } from './live-session.ts'
import type { LiveSessions } from './live-sessions.ts'
import { isLogLevel, negotiate } from './protocol.ts'
import type { Requester } from './requester.ts'
import { rawErrorText, resultText } from './rpc-text.ts'
import type { SessionTokens } from './session-token.ts'

export type LegacyParts = RequestParts & CapabilityParts & { tokens: SessionTokens; live: LiveSessions }

/** Who asks, before a session says what client it is. The caller is judged again while a stream of theirs is open. */
export type Asker = Omit<Requester, 'client' | 'caller'> & { caller: Requester['caller'] }

/** The way to a legacy client during one request. */
export type LegacyLink = {
  notify(method: string, params: string): void
  /** Sends a request of ours; false when there is no stream to send it on. */
  send(text: string): boolean
}

export type Started = { token: string; session: LiveSession; text: string }

/** Answers `initialize`: the session lives in the sealed token it returns (design.md §3). */
export async function initialize(
  parts: LegacyParts,
  asker: Asker,
  message: RpcMessage & { kind: 'request' },
): Promise<Started> {
  const value = (message.value as { params?: JsonObject }).params ?? {}
  const version = negotiate(stringOf(message.params.get('protocolVersion')))
  const { token, facts } = parts.tokens.issue({
    caller: asker.caller,
    endpoint: endpointKey(asker.endpoint),
    protocolVersion: version,
    capabilities: value['capabilities'],
    clientInfo: value['clientInfo'],
  })
  const session = parts.live.add(facts)
  const who = requesterOf(asker, session)
  const connector =
    asker.endpoint.kind === 'connector' ? parts.connectors.find(asker.endpoint.serverId) : undefined
  const offer = await offerOf(parts, who, connector)
  const members: [string, string][] = [
    ['protocolVersion', JSON.stringify(version)],
    ['capabilities', JSON.stringify(offer.capabilities)],
    ['serverInfo', parts.serverInfo],
  ]
  if (offer.instructions !== undefined) members.push(['instructions', JSON.stringify(offer.instructions)])
  return { token, session, text: resultText(message.id, objectText(members)) }
}

/** The requester behind a session. Legacy clients that never chose a level hear what the upstream sends. */
export function requesterOf(asker: Asker, session: LiveSession): Requester {
  return {
    ...asker,
    client: {
      era: 'legacy',
      protocolVersion: session.facts.protocolVersion,
      name: session.facts.clientName,
      version: session.facts.clientVersion,
      capabilities: session.facts.capabilities,
      sessionKey: session.facts.key,
      logLevel: session.logLevel ?? 'info',
    },
  }
}

export type LegacyRequest = {
  asker: Asker
  session: LiveSession
  message: RpcMessage & { kind: 'request' }
  link: LegacyLink
  reauthenticate(): Caller | Promise<Caller>
}

/**
 * Answers one request of a session with JSON-RPC text; undefined when its client cancelled it and waits for no answer.
 * Throws GatewayError for refusals.
 */
export async function answerLegacy(parts: LegacyParts, request: LegacyRequest): Promise<string | undefined> {
  const { session, message } = request
  const who = requesterOf(request.asker, session)
  const quick = await answerHere(parts, { who, session, message })
  if (quick !== undefined) return resultText(message.id, quick)
  const controller = session.start(message.id)
  const exchange: Exchange = {
    signal: controller.signal,
    notify: (method, params) => request.link.notify(method, params),
    ask: (method, params) =>
      session.ask(method, params, (text) => request.link.send(text) || sendOnStream(session, text)),
  }
  try {
    const answer = await answerRequest(parts, {
      who,
      method: message.method,
      params: message.params,
      mirrors: undefined,
      exchange,
      reauthenticate: request.reauthenticate,
    })
    if (session.wasCancelled(controller.signal)) return undefined
    return 'result' in answer ? resultText(message.id, answer.result) : rawErrorText(message.id, answer.error)
  } catch (thrown) {
    if (session.wasCancelled(controller.signal)) return undefined
    throw thrown
  } finally {
    session.finish(message.id)
  }
}

function sendOnStream(session: LiveSession, text: string): boolean {
  if (session.stream === undefined || session.stream.closed) return false
  session.stream.send(text)
  return true
}

/** Requests that need no upstream. */
async function answerHere(
  parts: LegacyParts,
  ask: { who: Requester; session: LiveSession; message: RpcMessage & { kind: 'request' } },
): Promise<string | undefined> {
  const { who, session, message } = ask
  switch (message.method) {
    case 'ping':
      return '{}'
    case 'logging/setLevel':
      return await setLevel(parts, session, message.params)
    case 'tools/list': {
      refuseCursor(message.params)
      const connector =
        who.endpoint.kind === 'connector' ? parts.connectors.find(who.endpoint.serverId) : undefined
      return `{"tools":${await listTools(parts, who, connector)}}`
    }
    default:
      return undefined
  }
}

async function setLevel(parts: LegacyParts, session: LiveSession, params: RawObject): Promise<string> {
  const level = stringOf(params.get('level'))
  if (!isLogLevel(level))
    throw new GatewayError('invalid-params', 'level must be one of the syslog levels, such as info')
  await parts.live.setLogLevel(session, level)
  return '{}'
}

/** Takes a notification or a response of a session; neither has an answer. */
export function takeLegacy(session: LiveSession, message: RpcMessage): void {
  if (message.kind === 'response') {
    session.answer(
      message.id,
      message.result === undefined ? { error: message.error ?? '{}' } : { result: message.result },
    )
  } else if (message.kind === 'notification' && message.method === 'notifications/cancelled') {
    const id = message.params.get('requestId')
    if (id !== undefined) session.cancel(id)
  }
}
