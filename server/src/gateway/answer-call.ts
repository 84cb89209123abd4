import type { Cleared, Era, ParkedReply, RawObject, UpstreamReply } from '../kernel/call.ts'
import { elementsOf, isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { Policy } from '../policy/policy.ts'
import { listMember } from './list-upstream.ts'
import { metaKeys } from './protocol.ts'
import { factsOf } from './request-facts.ts'
import type { RequestStates } from './request-state.ts'
import type { TaskIds } from './task-ids.ts'

/** What the client is told: a result as text, or a JSON-RPC error. */
export type Answer =
  | { result: string }
  | { error: { code: number; message: string; data: string | undefined } }

export type AnswerParts = {
  policy: Pick<Policy, 'decide'>
  states: RequestStates
  tasks: TaskIds
  /** JSON text of our own serverInfo: the upstream's is never shown as ours (protocol.md §1.2). */
  serverInfo: string
}

/** Turns what the upstream said into what this client, in its era, may hear. */
export function answerCall(parts: AnswerParts, call: Cleared): Answer {
  const reply = call.reply
  if (reply.kind === 'parked') return { result: question(parts, call, reply) }
  if (reply.kind === 'error') return { error: translateError(call, reply) }
  const visible = filterList(parts, call, reply)
  const members = parts.tasks.sealIn(call, visible)
  if (call.client.era === 'legacy') return { result: forLegacy(reply, members) }
  return { result: forModern(parts, call, { members, era: reply.era }) }
}

function question(parts: AnswerParts, call: Cleared, reply: ParkedReply): string {
  const state = parts.states.seal({ kind: 'parked', handle: reply.handle }, bindingOf(call))
  return objectText([
    ['resultType', '"input_required"'],
    ['inputRequests', reply.inputRequests],
    ['requestState', JSON.stringify(state)],
    ['_meta', `{${JSON.stringify(metaKeys.serverInfo)}:${parts.serverInfo}}`],
  ])
}

function bindingOf(call: Cleared) {
  return {
    caller: call.caller,
    endpoint: call.endpoint,
    method: call.method,
    name: call.name,
    argsText: call.params.get('arguments'),
  }
}

/** -32002 and -32602 name the same thing in the two eras; -32020 speaks of our own hop and is no news to the client. */
function translateError(
  call: Cleared,
  reply: UpstreamReply & { kind: 'error' },
): { code: number; message: string; data: string | undefined } {
  const notFound = call.method === 'resources/read' && (reply.code === -32002 || reply.code === -32602)
  if (notFound) return { ...reply, code: call.client.era === 'legacy' ? -32002 : -32602 }
  const hopOnly = reply.code === -32020 || reply.code === -32022
  return { code: hopOnly ? -31032 : reply.code, message: reply.message, data: reply.data }
}

/** Lists show what the caller may use, element by element. */
function filterList(parts: AnswerParts, call: Cleared, reply: UpstreamReply & { kind: 'result' }): RawObject {
  const member = listMember[call.method]
  if (member === undefined) return reply.members
  const kind = member === 'prompts' ? ('prompt' as const) : ('resource' as const)
  const key = member === 'prompts' ? 'name' : member === 'resources' ? 'uri' : 'uriTemplate'
  const facts = factsOf(call)
  const kept = elementsOf(reply.members.get(member) ?? '[]').filter((element) => {
    const name = isObjectText(element) ? stringOf(membersOf(element).get(key)) : undefined
    if (name === undefined) return false
    return (
      parts.policy.decide(call.caller, {
        connector: call.connector,
        kind,
        name,
        phase: 'list',
        args: undefined,
        facts,
      }).effect === 'allow'
    )
  })
  return new Map(reply.members).set(member, `[${kept.join(',')}]`)
}

const modernOnly = ['resultType', 'ttlMs', 'cacheScope']

function forLegacy(reply: UpstreamReply & { kind: 'result' }, members: RawObject): string {
  const untouched =
    members === reply.members &&
    !modernOnly.some((name) => members.has(name)) &&
    !hasOddStructure(members) &&
    !hasServerInfo(members)
  if (untouched) return reply.text
  const kept = new Map(members)
  for (const name of modernOnly) kept.delete(name)
  if (hasOddStructure(kept)) kept.delete('structuredContent')
  const meta = kept.get('_meta')
  if (hasServerInfo(kept) && meta !== undefined) {
    const rest = membersOf(meta)
    rest.delete(metaKeys.serverInfo)
    if (rest.size === 0) kept.delete('_meta')
    else kept.set('_meta', objectText(rest))
  }
  return objectText(kept)
}

/** structuredContent may be any value in 2026, but only an object before (protocol.md §1.11). */
function hasOddStructure(members: RawObject): boolean {
  const structured = members.get('structuredContent')
  return structured !== undefined && !isObjectText(structured)
}

function hasServerInfo(members: RawObject): boolean {
  return members.get('_meta')?.includes(metaKeys.serverInfo) === true
}

function forModern(
  parts: AnswerParts,
  call: Cleared,
  { members, era }: { members: RawObject; era: Era },
): string {
  const out = new Map(members)
  if (era === 'legacy' || !out.has('resultType')) out.set('resultType', '"complete"')
  if (out.get('resultType') === '"input_required"') sealState(parts, call, out)
  else if (listMember[call.method] !== undefined || call.method === 'resources/read') {
    // Filtered by who asks, so never shareable, whatever the upstream said (X2).
    out.set(
      'ttlMs',
      era === 'modern' && call.resume === undefined && listMember[call.method] === undefined
        ? (out.get('ttlMs') ?? '0')
        : '0',
    )
    out.set('cacheScope', '"private"')
  }
  const meta = isObjectText(out.get('_meta'))
    ? membersOf(out.get('_meta') ?? '{}')
    : new Map<string, string>()
  out.set('_meta', objectText(meta.set(metaKeys.serverInfo, parts.serverInfo)))
  return objectText(out)
}

function sealState(parts: AnswerParts, call: Cleared, out: Map<string, string>): void {
  const state = out.get('requestState')
  if (state !== undefined)
    out.set('requestState', JSON.stringify(parts.states.seal({ kind: 'upstream', state }, bindingOf(call))))
}
