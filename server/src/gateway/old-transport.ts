import { randomUUID } from 'node:crypto'
import { GatewayError } from '../kernel/errors.ts'
import { type ReadOptions, type RpcMessage, readMessage } from '../lib/rpc-message.ts'
import { endpointKey } from './endpoint.ts'
import { type Beats, EventStream } from './event-stream.ts'
import type { Visit } from './http.ts'
import { answerLegacy, initialize, type LegacyLink, type LegacyParts, takeLegacy } from './legacy.ts'
import type { LiveSession } from './live-session.ts'
import type { PassOn } from './pass-on.ts'
import { errorText, notificationText, toGatewayError } from './rpc-text.ts'
import type { WatchSession } from './watch-session.ts'

/** HTTP+SSE of 2024-11-05: one stream carries every answer, POSTs go to the path its endpoint event names. */
const maxLinks = 2_000
const maxPerPrincipal = 32

type Link = { userId: string; endpoint: string; stream: EventStream; session: LiveSession | undefined }

export type OldTransport = {
  open(visit: Visit): void
  take(visit: Visit, text: string): Promise<void>
  /** Ends streams that only wait; the others end after their last running answer. */
  drain(): void
  close(): void
}

export type OldTransportParts = LegacyParts & {
  passOn: Pick<PassOn, 'pass'>
  beats: Beats
  read: ReadOptions
  watchSession: WatchSession
  report(error: GatewayError, requestId: string): void
}

export function oldTransport(parts: OldTransportParts): OldTransport {
  const links = new Map<string, Link>()
  let draining = false
  const endIdle = (link: Link) => {
    if (draining && (link.session?.running ?? 0) === 0) link.stream.end()
  }
  return {
    open(visit) {
      const mine = [...links.values()].filter((link) => link.userId === visit.asker.caller.id).length
      if (links.size >= maxLinks || mine >= maxPerPrincipal)
        throw new GatewayError(
          'busy',
          `one person may hold at most ${maxPerPrincipal} streams of this transport`,
        )
      const id = parts.self === undefined ? randomUUID() : `${parts.self}.${randomUUID()}`
      const stream = new EventStream(visit.response, parts.beats, { 'x-request-id': visit.asker.requestId })
      links.set(id, {
        userId: visit.asker.caller.id,
        endpoint: endpointKey(visit.asker.endpoint),
        stream,
        session: undefined,
      })
      visit.response.on('close', () => {
        const link = links.get(id)
        links.delete(id)
        if (link?.session !== undefined)
          parts.live
            .end(link.session.facts)
            .catch((thrown: unknown) => parts.report(toGatewayError(thrown), visit.asker.requestId))
      })
      const path = (visit.request.url ?? '').split('?')[0] ?? ''
      stream.send(`${path}?sessionId=${id}`, 'endpoint')
    },
    async take(visit, text) {
      const home = homeIn(visit.oldSession ?? '')
      if (home !== undefined && home !== parts.self && (await parts.passOn.pass(home, visit, text))) return
      const link = links.get(visit.oldSession ?? '')
      if (
        link === undefined ||
        link.userId !== visit.asker.caller.id ||
        link.endpoint !== endpointKey(visit.asker.endpoint)
      ) {
        throw new GatewayError('session-unknown', 'there is no such stream of yours here')
      }
      const message = readMessage(text, parts.read)
      visit.response.writeHead(202, { 'x-request-id': visit.asker.requestId }).end('Accepted')
      if (message.kind === 'request') {
        const { session } = link
        // Its stream is judged by itself.
        visit.stop = (error) => session?.stop(message.id, error)
        await answer(parts, link, visit, message)
        endIdle(link)
      } else if (link.session !== undefined) takeLegacy(link.session, message)
    },
    drain() {
      draining = true
      for (const link of links.values()) endIdle(link)
    },
    close() {
      for (const link of links.values()) link.stream.end()
      links.clear()
    },
  }
}

/** The process that holds the stream of a session id of this transport. */
function homeIn(id: string): string | undefined {
  const mark = id.indexOf('.')
  return mark === -1 ? undefined : id.slice(0, mark)
}

async function answer(
  parts: OldTransportParts,
  link: Link,
  visit: Visit,
  message: RpcMessage & { kind: 'request' },
): Promise<void> {
  try {
    const text = await answerOn(parts, link, visit, message)
    if (text !== undefined) link.stream.send(text)
  } catch (thrown) {
    const error = toGatewayError(thrown)
    parts.report(error, visit.asker.requestId)
    link.stream.send(errorText(message.id, error, visit.asker.requestId))
  }
}

async function answerOn(
  parts: OldTransportParts,
  link: Link,
  visit: Visit,
  message: RpcMessage & { kind: 'request' },
): Promise<string | undefined> {
  if (message.method === 'initialize') {
    const started = await initialize(parts, visit.asker, message)
    link.session = started.session
    link.session.stream = link.stream
    link.session.answersOnStream = true
    // Not waited for: the upstream may take its time, and what it tells meanwhile comes after the answer.
    parts
      .watchSession(visit.asker, link.session)
      .catch((thrown: unknown) => parts.report(toGatewayError(thrown), visit.asker.requestId))
    return started.text
  }
  if (link.session === undefined) throw new GatewayError('invalid-request', 'send initialize first')
  const way: LegacyLink = {
    notify: (method, params) => link.stream.send(notificationText(method, params)),
    send: (text) => {
      link.stream.send(text)
      return !link.stream.closed
    },
  }
  return await answerLegacy(parts, {
    asker: visit.asker,
    session: link.session,
    message,
    link: way,
    reauthenticate: visit.reauthenticate,
  })
}
