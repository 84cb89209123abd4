import type { Exchange } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { elementsOf, refuseAmbiguity } from '../lib/raw-json.ts'
import { type ReadOptions, type RpcMessage, readMessage } from '../lib/rpc-message.ts'
import { endpointKey } from './endpoint.ts'
import type { Beats } from './event-stream.ts'
import type { Receive, Visit } from './http.ts'
import { answerLegacy, initialize, type LegacyParts, takeLegacy } from './legacy.ts'
import type { Listening } from './listen.ts'
import type { LiveSession } from './live-session.ts'
import { answerModern, checkHeaders, isModern, type ModernParts, readModernClient } from './modern.ts'
import type { OldTransport } from './old-transport.ts'
import { LivesElsewhere, type PassOn } from './pass-on.ts'
import { PostReply } from './post-reply.ts'
import { legacyVersions, supportedVersions } from './protocol.ts'
import { readBody } from './read-body.ts'
import { errorText, rawErrorText, resultText, toGatewayError } from './rpc-text.ts'

export type PostParts = ModernParts &
  LegacyParts & {
    beats: Beats
    listening: Listening
    old: OldTransport
    passOn: Pick<PassOn, 'pass'>
    read: ReadOptions
    maxBodyBytes: number
    report(error: GatewayError, requestId: string): void
  }

type Request = RpcMessage & { kind: 'request' }

/** One POST: a message of either era, or of the 2024-11-05 transport. */
export function receivePost(parts: PostParts): Receive {
  return async (visit) => {
    if (!/^application\/json\b/i.test(visit.request.headers['content-type'] ?? ''))
      throw new GatewayError('unsupported-media', 'send application/json')
    const text = await readBody(visit.request, parts.maxBodyBytes)
    if (visit.oldSession !== undefined) return await parts.old.take(visit, text)
    const passed = passHome(parts, visit, text)
    if (passed !== undefined && (await passed)) return
    await takeBody(parts, visit, text)
  }
}

async function takeBody(parts: PostParts, visit: Visit, text: string): Promise<void> {
  if (text.trimStart().startsWith('[')) return await takeBatch(parts, visit, text)
  const message = readMessage(text, parts.read)
  const reply = new PostReply(visit.response, {
    beats: parts.beats,
    requestId: visit.asker.requestId,
    accept: visit.request.headers.accept ?? '*/*',
  })
  if (isModern(message.kind === 'response' ? undefined : message.params, visit.request.headers))
    return await takeModern(parts, { visit, message, reply, text })
  return await takeLegacyMessage(parts, visit, message, reply)
}

/** Statuses of protocol.md §1.5; every other refusal of an understood request is HTTP 200. */
const modernStatus: Record<number, number> = {
  [-32601]: 404,
  [-32020]: 400,
  [-32021]: 400,
  [-32022]: 400,
  [-32600]: 400,
  [-32700]: 400,
}

type Post = { visit: Visit; message: RpcMessage; reply: PostReply; text: string }

async function takeModern(parts: PostParts, { visit, message, reply, text }: Post): Promise<void> {
  if (message.kind === 'notification') return reply.finishEmpty(202)
  if (message.kind === 'response')
    throw new GatewayError('invalid-request', 'clients of this revision send requests only')
  const gone = new AbortController()
  visit.response.on('close', () =>
    gone.abort(new GatewayError('invalid-request', 'the client closed the request')),
  )
  try {
    const client = readModernClient(message, visit.request.headers)
    checkHeaders(message, visit.request.headers)
    const who = { ...visit.asker, client }
    if (message.method === 'subscriptions/listen') {
      const connector =
        who.endpoint.kind === 'connector' ? parts.connectors.find(who.endpoint.serverId) : undefined
      return await parts.listening.open({
        who: () => ({ ...visit.asker, client, receivedAt: Date.now() }),
        id: message.id,
        params: message.params,
        connector,
        response: visit.response,
      })
    }
    visit.stop = (error) => {
      reply.finish(errorText(message.id, error, visit.asker.requestId))
      gone.abort(error)
    }
    const exchange: Exchange = {
      signal: gone.signal,
      notify: (method, params) => reply.notify(method, params),
      ask: () =>
        Promise.resolve({ error: '{"code":-32601,"message":"this client is asked by input_required"}' }),
    }
    const answer = await answerModern(parts, {
      who,
      message,
      headers: visit.request.headers,
      exchange,
      reauthenticate: visit.reauthenticate,
    })
    if ('result' in answer) reply.finish(resultText(message.id, answer.result))
    else reply.finish(rawErrorText(message.id, answer.error), modernStatus[answer.error.code] ?? 200)
  } catch (thrown) {
    await failModern(parts, { visit, message, reply, text }, thrown)
  }
}

async function failModern(
  parts: PostParts,
  { visit, message, reply, text }: Post & { message: Request },
  thrown: unknown,
): Promise<void> {
  const error =
    thrown instanceof LivesElsewhere
      ? await passWaiting(parts, { visit, reply, text, home: thrown.home })
      : toGatewayError(thrown)
  if (error === undefined) return
  parts.report(error, visit.asker.requestId)
  const status = error.reason === 'invalid-params' ? 400 : (modernStatus[rpcOf(error)] ?? 200)
  reply.finish(errorText(message.id, error, visit.asker.requestId), status)
}

/** Continues a call where it waits: undefined once it was answered there, else what to tell. */
async function passWaiting(
  { passOn }: Pick<PostParts, 'passOn'>,
  { visit, reply, text, home }: Omit<Post, 'message'> & { home: string },
): Promise<GatewayError | undefined> {
  reply.leave()
  try {
    if (await passOn.pass(home, visit, text)) return undefined
  } catch (thrown) {
    return toGatewayError(thrown)
  }
  return new GatewayError('call-lost', 'The process where this call waited has ended.')
}

function rpcOf(error: GatewayError): number {
  switch (error.reason) {
    case 'method-unknown':
      return -32601
    case 'header-mismatch':
      return -32020
    case 'capability-missing':
      return -32021
    case 'version-unsupported':
      return -32022
    case 'invalid-request':
      return -32600
    default:
      return 0
  }
}

async function takeLegacyMessage(
  parts: PostParts,
  visit: Visit,
  message: RpcMessage,
  reply: PostReply,
): Promise<void> {
  checkLegacyVersion(visit)
  if (message.kind === 'request' && message.method === 'initialize') {
    const started = await initialize(parts, visit.asker, message)
    reply.setHeader('mcp-session-id', started.token)
    return reply.finish(started.text)
  }
  const session = await sessionOf(parts, visit)
  if (message.kind !== 'request') {
    takeLegacy(session, message)
    return reply.finishEmpty(202)
  }
  visit.stop = (error) => {
    reply.finish(errorText(message.id, error, visit.asker.requestId))
    session.stop(message.id, error)
  }
  const answer = await answerText(parts, { visit, session, message, reply })
  if (answer === undefined) reply.finishSilent()
  else reply.finish(answer)
}

type Asked = { visit: Visit; session: LiveSession; message: Request; reply: PostReply }

async function answerText(
  parts: PostParts,
  { visit, session, message, reply }: Asked,
): Promise<string | undefined> {
  try {
    return await answerLegacy(parts, {
      asker: visit.asker,
      session,
      message,
      link: reply,
      reauthenticate: visit.reauthenticate,
    })
  } catch (thrown) {
    const error = toGatewayError(thrown)
    parts.report(error, visit.asker.requestId)
    return errorText(message.id, error, visit.asker.requestId)
  }
}

function checkLegacyVersion(visit: Visit): void {
  const version = visit.request.headers['mcp-protocol-version']
  if (version !== undefined && !legacyVersions.some((known) => known === version)) {
    throw new GatewayError('version-unsupported', 'this protocol version is not supported', {
      data: { supported: supportedVersions, requested: String(version).slice(0, 32) },
    })
  }
}

type HomeParts = Pick<LegacyParts, 'tokens' | 'self'> & { passOn: Pick<PassOn, 'pass'> }

/**
 * Passes a request on to the process that opened its session: streams, questions and upstream sessions are there. undefined
 * when that is this one. False once it has ended: then any other takes the session over, and opens what it needs anew.
 */
export function passHome(parts: HomeParts, visit: Visit, body?: string): Promise<boolean> | undefined {
  const token = visit.request.headers['mcp-session-id']
  if (parts.self === undefined || typeof token !== 'string') return undefined
  const home = parts.tokens.read(token, visit.asker.caller, endpointKey(visit.asker.endpoint))?.home
  return home === undefined || home === parts.self ? undefined : parts.passOn.pass(home, visit, body)
}

/** The session a request belongs to. Without one, or with somebody else's, there is nothing to answer (T32). */
export function sessionOf(parts: LegacyParts, visit: Visit): LiveSession | Promise<LiveSession> {
  const token = visit.request.headers['mcp-session-id']
  if (typeof token !== 'string' || token === '')
    throw new GatewayError('invalid-request', 'Mcp-Session-Id is missing: send initialize first')
  const facts = parts.tokens.read(token, visit.asker.caller, endpointKey(visit.asker.endpoint))
  if (facts === undefined) throw new GatewayError('session-unknown', 'there is no such session of yours here')
  return parts.live.get(facts)
}

const maxBatch = 50

/** Batches exist in 2025-03-26 only (protocol.md §1.12). */
async function takeBatch(parts: PostParts, visit: Visit, text: string): Promise<void> {
  const session = await sessionOf(parts, visit)
  if (session.facts.protocolVersion !== '2025-03-26')
    throw new GatewayError('invalid-request', 'batches exist in protocol version 2025-03-26 only')
  // One level for the batch itself, before anything parses a text that may be nothing but depth.
  refuseAmbiguity(text, parts.read.maxDepth + 1)
  JSON.parse(text)
  const items = elementsOf(text)
  if (items.length === 0 || items.length > maxBatch)
    throw new GatewayError('invalid-request', `a batch has 1 to ${maxBatch} messages`)
  const messages = items.map((item) => readMessage(item, parts.read))
  const reply = new PostReply(visit.response, {
    beats: parts.beats,
    requestId: visit.asker.requestId,
    accept: visit.request.headers.accept ?? '*/*',
  })
  const ids = messages.flatMap((message) => (message.kind === 'request' ? [message.id] : []))
  visit.stop = (error) => {
    reply.finish(`[${ids.map((id) => errorText(id, error, visit.asker.requestId)).join(',')}]`)
    for (const id of ids) session.stop(id, error)
  }
  const answers = await Promise.all(
    messages.map(async (message) => {
      if (message.kind === 'request') return await answerText(parts, { visit, session, message, reply })
      takeLegacy(session, message)
      return undefined
    }),
  )
  const texts = answers.filter((answer) => answer !== undefined)
  if (texts.length > 0) reply.finish(`[${texts.join(',')}]`)
  else if (messages.some((message) => message.kind === 'request')) reply.finishSilent()
  else reply.finishEmpty(202)
}
