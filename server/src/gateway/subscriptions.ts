import type { Armed, RawObject, UpstreamReply } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import { objectText, stringOf } from '../lib/raw-json.ts'
import type { Policy } from '../policy/policy.ts'
import type { LiveSession } from './live-session.ts'
import type { LiveSessions } from './live-sessions.ts'
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

export type Subscriptions = {
  /** resources/subscribe and unsubscribe of a legacy session, whatever the upstream's era. */
  change(call: Armed): Promise<UpstreamReply>
  /** Tells a session what its upstream told, where its person may know of it. */
  hear(to: Told, method: string, params: RawObject): void
}

const done: UpstreamReply = { kind: 'result', era: 'legacy', text: '{}', members: new Map() }

export function subscriptions(parts: SubscriptionParts): Subscriptions {
  return {
    hear: (to, method, params) => relay(parts, to, method, params),
    async change(call) {
      const session = parts.live.find(call.client.sessionKey ?? '')
      if (session === undefined) throw new GatewayError('method-unknown', `${call.method} needs a session`)
      if (call.name === '') throw new GatewayError('invalid-params', 'uri must be a string')
      if (call.method === 'resources/subscribe') await subscribe(parts, session, call)
      else if (session.subscriptions.delete(call.name)) await session.watch?.open()
      return done
    },
  }
}

/** What the upstream refuses is not wanted again with the next one. */
async function subscribe(parts: SubscriptionParts, session: LiveSession, call: Armed): Promise<void> {
  const isNew = session.subscribe(call.name)
  try {
    if (session.watch === undefined) await tryOut(parts, call)
    else await session.watch.open()
  } catch (thrown) {
    if (isNew) session.subscriptions.delete(call.name)
    await session.watch?.open().catch(() => undefined)
    throw thrown
  }
}

/** Nothing is heard before there is a stream to tell it on, but that the upstream refuses is said now. */
async function tryOut({ upstreams }: SubscriptionParts, call: Armed): Promise<void> {
  const { connector, credential, caller, client } = call
  const watch = await upstreams.watch({
    connector,
    credential,
    lane: { principal: caller.id, session: client.sessionKey, exclusive: false },
    capabilities: client.capabilities,
    resources: [call.name],
    onNotification: () => undefined,
    onEnd: () => undefined,
  })
  watch.close()
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
