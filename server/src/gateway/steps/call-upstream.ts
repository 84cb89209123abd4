import type { Answered, Armed, AskReply, ParkedReply, RawObject, UpstreamReply } from '../../kernel/call.ts'
import { GatewayError } from '../../kernel/errors.ts'
import type { UpstreamRequest, Upstreams } from '../../kernel/upstream.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../../lib/raw-json.ts'
import type { Tools } from '../../tools/tools.ts'
import { listAll } from '../list-upstream.ts'
import type { ParkedCalls, Round } from '../parked-calls.ts'
import { passesLevel } from '../protocol.ts'
import { mayAsk, refuseUnoffered } from '../questions.ts'
import type { Subscriptions } from '../subscriptions.ts'
import type { TaskIds } from '../task-ids.ts'
import type { Step } from './step.ts'

export type CallParts = {
  upstreams: Pick<Upstreams, 'call'>
  parked: ParkedCalls
  tasks: TaskIds
  tools: Pick<Tools, 'find' | 'paramHeaders' | 'learn'>
  subscriptions: Pick<Subscriptions, 'change'>
  idleTimeoutMs: number
  listPages: number
}

/** Sends the call to its upstream. The only caller of `Upstreams.call` on behalf of a person. */
export function callUpstream(parts: CallParts): Step<Armed, Answered> {
  return async (call) => {
    const reply = await send(parts, call)
    if (reply.kind === 'result') refuseUnoffered(call, reply.members)
    return { ...call, reply }
  }
}

function send(parts: CallParts, call: Armed): Promise<UpstreamReply | ParkedReply> {
  const round: Round = {
    signal: call.exchange.signal,
    onNotification: (method, params) => forward(parts, call, method, params),
  }
  const principal = call.caller.id
  if (call.resume?.kind === 'parked') {
    return parts.parked.resume(call.resume.handle, { principal, round, responses: responsesIn(call) })
  }
  if (call.method === 'resources/subscribe' || call.method === 'resources/unsubscribe')
    return parts.subscriptions.change(call)
  if (
    call.method === 'resources/list' ||
    call.method === 'resources/templates/list' ||
    call.method === 'prompts/list'
  ) {
    return listAll({ call: parts.upstreams.call, request: requestOf(parts, call), maxPages: parts.listPages })
  }
  if (call.client.era === 'modern' && canBeAsked(call)) {
    return parts.parked.run(principal, round, (hooks) =>
      withFreshHeaders(parts, call, {
        ...requestOf(parts, call),
        ...hooks,
        onAsk: (method, params) => ask(parts, call, { method, params, way: hooks.onAsk }),
      }),
    )
  }
  return withFreshHeaders(parts, call, requestOf(parts, call))
}

/** Only three kinds of request may be answered with a question (protocol.md §1.7). */
function canBeAsked(call: Armed): boolean {
  if (call.method !== 'tools/call' && call.method !== 'prompts/get' && call.method !== 'resources/read')
    return false
  return ['elicitation', 'sampling', 'roots'].some((kind) => call.client.capabilities[kind] !== undefined)
}

/** On -32020 the upstream's header rules changed under us: learn them again and try once more (protocol.md §1.5). */
async function withFreshHeaders(
  parts: CallParts,
  call: Armed,
  request: UpstreamRequest,
): Promise<UpstreamReply> {
  const reply = await parts.upstreams.call(request)
  if (reply.kind !== 'error' || reply.code !== -32020 || call.target.kind !== 'tool') return reply
  await parts.tools.learn(call.connector)
  const tool = parts.tools.find(call.connector.id, call.target.tool.name)
  // Changed beyond its approval: the call may not go on with the new definition.
  if (tool === undefined || call.args === undefined) return reply
  return await parts.upstreams.call({ ...request, paramHeaders: parts.tools.paramHeaders(tool, call.args) })
}

function requestOf(parts: CallParts, call: Armed): UpstreamRequest {
  const capable = call.client.capabilities
  return {
    connector: call.connector,
    credential: call.credential,
    lane: {
      principal: call.caller.id,
      session: call.client.sessionKey,
      exclusive: call.client.era === 'modern' && canBeAsked(call),
    },
    method: call.method,
    params: parts.tasks.openRelated(call, paramsOf(call)),
    capabilities: capable,
    logLevel: call.client.logLevel,
    wantsProgress: progressToken(call) !== undefined,
    paramHeaders:
      call.target.kind === 'tool' && call.args !== undefined
        ? parts.tools.paramHeaders(call.target.tool, call.args)
        : {},
    idleTimeoutMs: parts.idleTimeoutMs,
    signal: call.exchange.signal,
    onNotification: (method, params) => forward(parts, call, method, params),
    onAsk: (method, params) =>
      ask(parts, call, { method, params, way: (...asked) => call.exchange.ask(...asked) }),
  }
}

type Question = { method: string; params: string; way(method: string, params: string): Promise<AskReply> }

/** A kind the client did not declare is refused here: an upstream must not reach further than it was told (§1.7). */
async function ask(parts: CallParts, call: Armed, { method, params, way }: Question): Promise<AskReply> {
  if (!mayAsk(call.client, method)) {
    const message = `the client does not offer ${method.slice(0, 64)}`
    return { error: JSON.stringify({ code: -32601, message }) }
  }
  const about = isObjectText(params) ? membersOf(params) : new Map<string, string>()
  const reply = await way(method, objectText(parts.tasks.sealInParams(call, about)))
  if ('error' in reply || !isObjectText(reply.result)) return reply
  return { result: objectText(parts.tasks.openRelated(call, membersOf(reply.result))) }
}

/** Protocol members of `_meta` belong to one hop; the rest travels on. */
function hopless(meta: string | undefined): Map<string, string> {
  if (meta === undefined) return new Map()
  const members = membersOf(meta)
  for (const name of members.keys()) {
    if (name === 'progressToken' || name.startsWith('io.modelcontextprotocol/')) {
      if (name !== 'io.modelcontextprotocol/related-task') members.delete(name)
    }
  }
  return members
}

function paramsOf(call: Armed): Map<string, string> {
  const params = new Map(call.params)
  params.delete('requestState')
  if (call.target.kind === 'tool') {
    params.set('name', JSON.stringify(call.target.tool.name))
    params.set('arguments', call.argsText ?? '{}')
  }
  if (call.resume?.kind === 'upstream' && call.resume.state !== undefined)
    params.set('requestState', call.resume.state)
  const meta = hopless(params.get('_meta'))
  if (meta.size === 0) params.delete('_meta')
  else params.set('_meta', objectText(meta))
  return params
}

function progressToken(call: Armed): string | undefined {
  const meta = call.params.get('_meta')
  return meta?.includes('"progressToken"') === true ? membersOf(meta).get('progressToken') : undefined
}

function forward(parts: CallParts, call: Armed, method: string, raw: RawObject): void {
  const params = parts.tasks.sealInParams(call, raw)
  if (method === 'notifications/progress') {
    const token = progressToken(call)
    if (token !== undefined)
      call.exchange.notify(
        method,
        objectText([['progressToken', token], ...[...params].filter(([name]) => name !== 'progressToken')]),
      )
  } else if (method === 'notifications/message') {
    const wanted = call.client.logLevel
    if (wanted !== undefined && passesLevel(stringOf(params.get('level')), wanted))
      call.exchange.notify(method, objectText(params))
  } else if (ofLegacyOnly.includes(method) && call.client.era === 'legacy') {
    call.exchange.notify(method, objectText(params))
  }
}

const ofLegacyOnly = ['notifications/tasks/status', 'notifications/elicitation/complete']

function responsesIn(call: Armed): Map<string, string> {
  const text = call.params.get('inputResponses')
  if (text === undefined) return new Map()
  if (!text.startsWith('{')) throw new GatewayError('invalid-params', 'inputResponses must be an object')
  return membersOf(text)
}
