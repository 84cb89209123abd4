import type { Armed, RawObject, UpstreamReply } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamRequest, Upstreams } from '../kernel/upstream.ts'
import { objectText, stringOf } from '../lib/raw-json.ts'
import type { LiveSession, LiveSessions } from './live-sessions.ts'
import { passesLevel } from './protocol.ts'

export type SubscriptionParts = {
  upstreams: Pick<Upstreams, 'watch'>
  live: LiveSessions
  /** An upstream said that its tools changed: they are learned again, and whoever listens hears it from there. */
  toolsChanged(connector: Connector): void
}

/** What a watch needs to know of the one it watches for. */
export type Watching = Pick<UpstreamRequest, 'connector' | 'credential' | 'lane' | 'capabilities'>

export type Subscriptions = {
  /** resources/subscribe and unsubscribe of a legacy session, whatever the upstream's era. */
  change(call: Armed): Promise<UpstreamReply>
  /** Opens, renews or closes the session's watch so that it hears what the session wants. */
  renew(session: LiveSession, watching: Watching): Promise<void>
}

const done: UpstreamReply = { kind: 'result', era: 'legacy', text: '{}', members: new Map() }

export function subscriptions(parts: SubscriptionParts): Subscriptions {
  const renew = async (session: LiveSession, watching: Watching) => {
    session.watch?.close()
    session.watch = undefined
    if (session.stream === undefined && session.subscriptions.size === 0) return
    const watch = await parts.upstreams.watch({
      ...watching,
      resources: [...session.subscriptions],
      onNotification: (method, params) =>
        relay(parts, { session, connector: watching.connector }, method, params),
      onEnd: () => {
        session.watch = undefined
      },
    })
    session.watch = watch
  }
  return {
    renew,
    async change(call) {
      const session = parts.live.find(call.client.sessionKey ?? '')
      if (session === undefined) throw new GatewayError('method-unknown', `${call.method} needs a session`)
      if (call.name === '') throw new GatewayError('invalid-params', 'uri must be a string')
      if (call.method === 'resources/subscribe') session.subscribe(call.name)
      else session.subscriptions.delete(call.name)
      await renew(session, {
        connector: call.connector,
        credential: call.credential,
        lane: laneOf(call),
        capabilities: call.client.capabilities,
      })
      return done
    },
  }
}

function laneOf(call: Armed): Watching['lane'] {
  return { principal: call.caller.id, session: call.client.sessionKey, exclusive: false }
}

function relay(
  parts: SubscriptionParts,
  to: { session: LiveSession; connector: Connector },
  method: string,
  params: RawObject,
): void {
  switch (method) {
    case 'notifications/tools/list_changed':
      parts.toolsChanged(to.connector)
      return
    case 'notifications/resources/list_changed':
    case 'notifications/prompts/list_changed':
      to.session.notify(method, '{}')
      return
    case 'notifications/resources/updated':
      if (to.session.subscriptions.has(stringOf(params.get('uri')) ?? ''))
        to.session.notify(method, objectText([['uri', params.get('uri') ?? '""']]))
      return
    case 'notifications/tasks/status': {
      const known = to.session.taskKnownAs(stringOf(params.get('taskId')) ?? '')
      if (known !== undefined)
        to.session.notify(method, objectText(new Map(params).set('taskId', JSON.stringify(known))))
      return
    }
    case 'notifications/message':
      if (passesLevel(stringOf(params.get('level')), to.session.logLevel ?? 'debug'))
        to.session.notify(method, objectText(params))
      return
    default:
  }
}
