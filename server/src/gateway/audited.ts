import type { Cleared, Received, Resolved } from '../kernel/call.ts'
import { type CloseEntry, type Journal, type OpenEntry, userActor } from '../kernel/entry.ts'
import type { GatewayError } from '../kernel/errors.ts'
import { toGatewayError } from './rpc-text.ts'

/** What audit calls a governed request when it goes well. */
const actions: Record<Received['method'], string> = {
  'tools/call': 'tool_call_success',
  'resources/read': 'resource_read',
  'resources/list': 'resource_listed',
  'resources/templates/list': 'resource_listed',
  'resources/subscribe': 'resource_subscribed',
  'resources/unsubscribe': 'resource_unsubscribed',
  'prompts/list': 'prompt_listed',
  'prompts/get': 'prompt_read',
  'completion/complete': 'completion_requested',
  'tasks/get': 'task_read',
  'tasks/update': 'task_updated',
  'tasks/cancel': 'task_cancelled',
  'tasks/result': 'task_read',
}

/** Lets the pipeline tell how far a call came, for the entry of a call that failed on the way. */
export type Trail = { resolved: Resolved | undefined }

/**
 * Opening must succeed before anything happens; closing comes before the reply and may not undo what already did.
 * A crash between the two leaves an open entry, which is itself evidence.
 */
export function audited(
  journal: Journal,
  run: (call: Received, trail: Trail) => Promise<Cleared>,
): (call: Received) => Promise<Cleared> {
  return async (call) => {
    const entry = await journal.open(openingOf(call))
    const trail: Trail = { resolved: undefined }
    let done: Cleared
    try {
      done = await run(call, trail)
    } catch (thrown) {
      await entry.close(failureOf(call, trail, toGatewayError(thrown)))
      throw thrown
    }
    await entry.close(successOf(done))
    return done
  }
}

function openingOf(call: Received): OpenEntry {
  const entry: OpenEntry = {
    action: actions[call.method],
    actor: userActor(call.caller),
    requestId: call.requestId,
    correlationId: call.correlationId,
    ip: call.peer.ip,
  }
  if (call.endpoint.kind === 'connector') entry.serverId = call.endpoint.serverId
  if (call.method === 'tools/call') {
    entry.tool = call.name
    const args = call.params.get('arguments')
    if (args !== undefined) entry.arguments = args
  } else {
    entry.resourceType = call.method.slice(0, call.method.indexOf('/')).replace(/s$/, '')
    entry.resourceId = call.name
  }
  if (call.client.name !== undefined) entry.clientName = call.client.name
  if (call.client.version !== undefined) entry.clientVersion = call.client.version
  if (call.via !== undefined) entry.via = call.via
  if (call.meta !== undefined) entry.meta = call.meta
  return entry
}

function place(resolved: Resolved | undefined): Pick<CloseEntry, 'serverId' | 'tool'> {
  if (resolved === undefined) return {}
  return {
    serverId: resolved.connector.id,
    ...(resolved.target.kind === 'tool' ? { tool: resolved.target.tool.name } : {}),
  }
}

function successOf(call: Cleared): CloseEntry {
  const rules = call.decision.rules
  const base = { ...place(call), rules, ...(call.scans === undefined ? {} : { scans: call.scans }) }
  if (call.reply.kind === 'parked' || isQuestion(call.reply)) {
    return {
      ...base,
      action: call.method === 'tools/call' ? 'tool_call_paused' : actions[call.method],
      outcome: 'pending',
      reason: 'waits for an answer of the client',
    }
  }
  if (call.reply.kind === 'error') {
    return {
      ...base,
      action: failed(call),
      outcome: 'failure',
      error: call.reply.message,
      reason: 'the connector answered with an error',
    }
  }
  const isError = call.reply.members.get('isError') === 'true'
  return {
    ...base,
    action: isError ? failed(call) : isWarned(call) ? 'security_warning' : actions[call.method],
    outcome: isError ? 'failure' : 'success',
    result: call.reply.text,
  }
}

/** A guard spoke or masked something: a warning, apart from violations (product.md §9.2). */
function isWarned({ scans }: Cleared): boolean {
  return scans?.some(({ action }) => action === 'alert' || action === 'mask') === true
}

function isQuestion(reply: Cleared['reply']): boolean {
  return reply.kind === 'result' && reply.members.get('resultType') === '"input_required"'
}

function failed(call: Received): string {
  return call.method === 'tools/call' ? 'tool_call_failure' : actions[call.method]
}

function failureOf(call: Received, trail: Trail, error: GatewayError): CloseEntry {
  const denied = error.denied !== undefined
  const blocked = error.reason === 'content-blocked'
  const { scans } = error
  return {
    ...place(trail.resolved),
    action: denied ? 'policy_denied' : blocked ? 'security_violation' : failed(call),
    outcome: denied || blocked ? 'denied' : 'failure',
    reason: error.denied?.reason ?? error.message,
    error: error.reason,
    ...(scans === undefined ? {} : { scans }),
    ...(error.denied === undefined ? {} : { rules: error.denied.rules }),
  }
}
