import type { ServerResponse } from 'node:http'
import type { RawObject } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { elementsOf, isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import { type Beats, EventStream } from './event-stream.ts'
import type { KeptWatch, Watches } from './keep-watching.ts'
import { mayHear, type News } from './may-hear.ts'
import { metaKeys } from './protocol.ts'
import { followsTasks } from './questions.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'
import { notificationText, resultText } from './rpc-text.ts'
import type { SubscriptionParts } from './subscriptions.ts'
import type { TaskIds } from './task-ids.ts'
import type { VisibleParts } from './visible-tools.ts'

const maxListeners = 10_000
const maxPerPrincipal = 64
const maxUris = 256
/** How long the acknowledgement waits for the upstream's own watch. */
const watchWaitMs = 2_000

type Wanted = {
  tools: boolean
  prompts: boolean
  resources: boolean
  uris: readonly string[]
  /** Tasks by the upstream's own id, each with the id its person knows it by. */
  tasks: ReadonlyMap<string, TaskWanted>
}
type TaskWanted = { known: string; tool: string }
type Listener = {
  who(): Requester
  connector: Connector | undefined
  wanted: Wanted
  send(method: string, params: RawObject): void
  end(): void
}

export type Listening = {
  /** Serves one `subscriptions/listen` (protocol.md §1.8); resolves once the stream is open. */
  open(request: ListenRequest): Promise<void>
  /** Tools of one connector changed, or (undefined) what anybody may see did. */
  toolsChanged(serverId: string | undefined): void
  close(): void
}

export type ListenRequest = {
  /** Who listens, as judged last, at this moment. */
  who(): Requester
  id: string
  params: RawObject
  connector: Connector | undefined
  response: ServerResponse
}
export type ListenParts = VisibleParts &
  Pick<SubscriptionParts, 'toolsChanged'> & {
    watches: Pick<Watches, 'keep'>
    beats: Beats
    serverInfo: string
    tasks: Pick<TaskIds, 'open'>
  }

export function listening(parts: ListenParts): Listening {
  const listeners = new Set<Listener>()
  return {
    async open(request) {
      const mine = [...listeners].filter((each) => each.who().caller.id === request.who().caller.id).length
      if (listeners.size >= maxListeners || mine >= maxPerPrincipal)
        throw new GatewayError('busy', `one person may listen at most ${maxPerPrincipal} times at once`)
      const wanted = honoured(parts, request)
      const stream = new EventStream(request.response, parts.beats, {
        'x-request-id': request.who().requestId,
      })
      const tag = `{${JSON.stringify(metaKeys.subscriptionId)}:${request.id}}`
      // The acknowledgement must be the first message (§1.8): what is heard before it waits.
      let early: string[] | undefined = []
      const send = (method: string, params: RawObject) => {
        const text = notificationText(method, objectText(new Map(params).set('_meta', tag)))
        if (early === undefined) stream.send(text)
        else if (early.length < maxUris) early.push(text)
      }
      const end = () => {
        stream.send(
          resultText(
            request.id,
            objectText([
              ['resultType', '"complete"'],
              [
                '_meta',
                `{${JSON.stringify(metaKeys.subscriptionId)}:${request.id},${JSON.stringify(metaKeys.serverInfo)}:${parts.serverInfo}}`,
              ],
            ]),
          ),
        )
        stream.end()
      }
      const listener: Listener = { who: request.who, connector: request.connector, wanted, send, end }
      listeners.add(listener)
      const watch = watchFor(parts, listener)
      request.response.on('close', () => {
        listeners.delete(listener)
        watch?.close()
      })
      // An upstream that cannot be watched: changes the gateway itself knows of are still told.
      const opening = watch?.open().catch(() => undefined)
      // What changes right after the acknowledgement is heard, unless the upstream takes its time.
      await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, watchWaitMs).unref())])
      const first = new Map([
        ['notifications', acknowledged(wanted)],
        ['_meta', tag],
      ])
      stream.send(notificationText('notifications/subscriptions/acknowledged', objectText(first)))
      for (const text of early) stream.send(text)
      early = undefined
    },
    toolsChanged(serverId) {
      for (const listener of listeners) {
        const { connector } = listener
        // That the rules changed is told to all: for some of them it means that nothing is left.
        if (
          listener.wanted.tools &&
          connector !== undefined &&
          (serverId === undefined || (connector.id === serverId && hears(parts, listener)))
        )
          listener.send('notifications/tools/list_changed', new Map())
      }
    },
    close() {
      for (const listener of listeners) listener.end()
      listeners.clear()
    },
  }
}

/** The honoured subset: only what exists here, and only uris the caller may read. */
function honoured(parts: ListenParts, request: ListenRequest): Wanted {
  const text = request.params.get('notifications')
  if (!isObjectText(text)) throw new GatewayError('invalid-params', 'notifications must be an object')
  const asked = membersOf(text)
  const connector = request.connector
  const uris = textsIn(asked.get('resourceSubscriptions'))
  const taskIds = textsIn(asked.get('taskIds'))
  if (uris.length > maxUris || taskIds.length > maxUris)
    throw new GatewayError('invalid-params', `at most ${maxUris} resources or tasks can be watched at once`)
  return {
    tools: asked.get('toolsListChanged') === 'true' && connector !== undefined,
    prompts: asked.get('promptsListChanged') === 'true' && connector !== undefined,
    resources: asked.get('resourcesListChanged') === 'true' && connector !== undefined,
    uris: uris.filter((uri) => uri !== '' && isVisible(parts, request, 'resource', uri)),
    tasks: followsTasks(request.who().client) ? tasksOf(parts, request, taskIds) : new Map(),
  }
}

function textsIn(list: string | undefined): string[] {
  return list?.startsWith('[') === true ? elementsOf(list).map((one) => stringOf(one) ?? '') : []
}

type Asking = Pick<ListenRequest, 'who' | 'connector'>

function isVisible(parts: ListenParts, asking: Asking, kind: 'tool' | 'resource', name: string) {
  const { connector } = asking
  if (connector === undefined) return false
  const who = asking.who()
  const ask = { connector, kind, name, phase: 'list' as const, args: undefined, facts: factsOf(who) }
  return parts.policy.decide(who.caller, ask).effect === 'allow'
}

/** News of the connector itself, or of one thing on it. */
function hears(
  parts: ListenParts,
  { who, connector }: Asking,
  about: Pick<News, 'kind' | 'name'> = { kind: 'server', name: '' },
): boolean {
  return connector !== undefined && mayHear(parts.policy, who(), { connector, ...about })
}

/** Only tasks of this person on this connector, started with tools that may still be used. */
function tasksOf(parts: ListenParts, asking: Asking, ids: readonly string[]): Map<string, TaskWanted> {
  const tasks = new Map<string, TaskWanted>()
  for (const known of ids) {
    try {
      const { serverId, taskId, tool } = parts.tasks.open(known, asking.who().caller)
      if (serverId === asking.connector?.id && isVisible(parts, asking, 'tool', tool))
        tasks.set(taskId, { known, tool })
    } catch {
      // Not a task of theirs: left out of what is honoured, as a uri they may not read is.
    }
  }
  return tasks
}

function acknowledged(wanted: Wanted): string {
  return JSON.stringify({
    ...(wanted.tools ? { toolsListChanged: true } : {}),
    ...(wanted.prompts ? { promptsListChanged: true } : {}),
    ...(wanted.resources ? { resourcesListChanged: true } : {}),
    ...(wanted.uris.length > 0 ? { resourceSubscriptions: wanted.uris } : {}),
    ...(wanted.tasks.size > 0 ? { taskIds: [...wanted.tasks.values()].map((task) => task.known) } : {}),
  })
}

/** Undefined for who wants no news of an upstream. */
function watchFor(parts: ListenParts, listener: Listener): KeptWatch | undefined {
  const { connector, wanted, who } = listener
  if (
    connector === undefined ||
    !(wanted.tools || wanted.prompts || wanted.resources || wanted.uris.length + wanted.tasks.size > 0)
  )
    return undefined
  return parts.watches.keep({
    serverId: connector.id,
    who,
    session: undefined,
    resources: () => wanted.uris,
    tasks: [...wanted.tasks.keys()],
    onNotification: (from, method, params) => hear(parts, listener, { connector: from, method, params }),
    onEnd: () => listener.end(),
    onGone: () => listener.end(),
  })
}

type Heard = { connector: Connector; method: string; params: RawObject }

/** The rules are asked again with each: they may have changed since the listening began. */
function hear(parts: ListenParts, listener: Listener, { connector, method, params }: Heard): void {
  const { wanted, send } = listener
  if (method === 'notifications/tools/list_changed') parts.toolsChanged(connector)
  else if (method === 'notifications/prompts/list_changed') {
    if (wanted.prompts && hears(parts, listener)) send(method, new Map())
  } else if (method === 'notifications/resources/list_changed') {
    if (wanted.resources && hears(parts, listener)) send(method, new Map())
  } else if (method === 'notifications/resources/updated') hearResource(parts, listener, params)
  else if (method === 'notifications/tasks') hearTask(parts, listener, params)
}

function hearResource(parts: ListenParts, listener: Listener, params: RawObject): void {
  const uri = stringOf(params.get('uri')) ?? ''
  if (listener.wanted.uris.includes(uri) && hears(parts, listener, { kind: 'resource', name: uri }))
    listener.send('notifications/resources/updated', new Map([['uri', JSON.stringify(uri)]]))
}

function hearTask(parts: ListenParts, listener: Listener, params: RawObject): void {
  const task = listener.wanted.tasks.get(stringOf(params.get('taskId')) ?? '')
  if (task === undefined || !hears(parts, listener, { kind: 'tool', name: task.tool })) return
  listener.send('notifications/tasks', new Map(params).set('taskId', JSON.stringify(task.known)))
}
