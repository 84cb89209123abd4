import type { Armed, RawObject, UpstreamReply } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamRequest, Upstreams } from '../kernel/upstream.ts'
import { objectText, stringOf } from '../lib/raw-json.ts'
import type { Policy } from '../policy/policy.ts'
import type { LiveSession, LiveSessions } from './live-sessions.ts'
import { mayHear } from './may-hear.ts'
import { passesLevel } from './protocol.ts'
import type { TaskIds } from './task-ids.ts'

export type SubscriptionParts = {
  upstreams: Pick<Upstreams, 'watch'>
  live: LiveSessions
  policy: Pick<Policy, 'decide'>
  tasks: Pick<TaskIds, 'open'>
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

type Told = { session: LiveSession; connector: Connector }

function relay(parts: SubscriptionParts, to: Told, method: string, params: RawObject): void {
  const { session, connector } = to
  const seesServer = () => sees(parts, to, 'server', '')
  switch (method) {
    case 'notifications/tools/list_changed':
      parts.toolsChanged(connector)
      return
    case 'notifications/resources/list_changed':
    case 'notifications/prompts/list_changed':
      if (seesServer()) session.notify(method, '{}')
      return
    case 'notifications/resources/updated': {
      const uri = stringOf(params.get('uri')) ?? ''
      if (session.subscriptions.has(uri) && sees(parts, to, 'resource', uri))
        session.notify(method, objectText([['uri', params.get('uri') ?? '""']]))
      return
    }
    case 'notifications/tasks/status':
      tellTask(parts, to, params)
      return
    case 'notifications/message':
      if (passesLevel(stringOf(params.get('level')), session.logLevel ?? 'debug') && seesServer())
        session.notify(method, objectText(params))
      return
    default:
  }
}

/** Judged for whoever holds the stream now: rules and roles may have changed since they subscribed. */
function sees(
  { policy }: SubscriptionParts,
  { session, connector }: Told,
  kind: 'tool' | 'resource' | 'server',
  name: string,
): boolean {
  return mayHear(policy, session.who?.(), { connector, kind, name })
}

function tellTask(parts: SubscriptionParts, to: Told, params: RawObject): void {
  const { session } = to
  const known = session.taskKnownAs(stringOf(params.get('taskId')) ?? '')
  const caller = session.who?.().caller
  if (known === undefined || caller === undefined) return
  const { tool } = parts.tasks.open(known, caller)
  if (sees(parts, to, 'tool', tool))
    session.notify(
      'notifications/tasks/status',
      objectText(new Map(params).set('taskId', JSON.stringify(known))),
    )
}
