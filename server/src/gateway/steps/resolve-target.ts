import type { Connectors } from '../../connectors/connectors.ts'
import type { Received, Resolved, Target } from '../../kernel/call.ts'
import type { Connector } from '../../kernel/connector.ts'
import { GatewayError } from '../../kernel/errors.ts'
import type { Reason } from '../../kernel/reasons.ts'
import type { PinnedTool } from '../../kernel/tool.ts'
import { stringOf } from '../../lib/raw-json.ts'
import type { Policy, Question } from '../../policy/policy.ts'
import type { Tools } from '../../tools/tools.ts'
import { factsOf } from '../request-facts.ts'
import { unknownTask } from '../task-ids.ts'
import type { Step } from './step.ts'

type Parts = {
  connectors: Pick<Connectors, 'find'>
  tools: Pick<Tools, 'find' | 'byPublicName'>
  policy: Pick<Policy, 'decide'>
}

/**
 * Finds what a request means. What the caller may not see looks exactly like what does not exist, in words and in kind;
 * only audit learns the difference.
 */
export function resolveTarget(parts: Parts): Step<Received, Resolved> {
  return (call) => {
    if (call.method === 'tools/call') return resolveTool(parts, call)
    const connector =
      call.endpoint.kind === 'connector' ? activeConnector(parts, call.endpoint.serverId) : undefined
    if (connector === undefined)
      throw call.method.startsWith('tasks/')
        ? unknownTask()
        : new GatewayError('not-found', 'no such connector')
    const { target, ask, reason } = targetOf(call)
    requireVisible(parts, { call, connector, ask, reason })
    return { ...call, connector, target }
  }
}

function activeConnector(parts: Parts, id: Connector['id']): Connector | undefined {
  const connector = parts.connectors.find(id)
  return connector?.status === 'active' ? connector : undefined
}

function resolveTool(parts: Parts, call: Received): Resolved {
  const tool = findTool(parts, call)
  const connector = tool === undefined ? undefined : activeConnector(parts, tool.serverId)
  if (tool === undefined || connector === undefined) throw unknownTool(call.name)
  requireVisible(parts, { call, connector, ask: { kind: 'tool', name: tool.name }, reason: 'tool-unknown' })
  return { ...call, connector, target: { kind: 'tool', tool } }
}

function findTool(parts: Parts, call: Received): PinnedTool | undefined {
  return call.endpoint.kind === 'connector'
    ? parts.tools.find(call.endpoint.serverId, call.name)
    : parts.tools.byPublicName(call.name)
}

type Ask = Pick<Question, 'kind' | 'name'>

function targetOf(call: Received): { target: Target; ask: Ask; reason: Reason } {
  switch (call.method) {
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return {
        target: { kind: 'resource', uri: call.name },
        ask: { kind: 'resource', name: call.name },
        reason: 'resource-unknown',
      }
    case 'prompts/get':
      return {
        target: { kind: 'prompt', name: call.name },
        ask: { kind: 'prompt', name: call.name },
        reason: 'prompt-unknown',
      }
    case 'completion/complete':
      return completionTarget(call)
    case 'tasks/get':
    case 'tasks/update':
    case 'tasks/cancel':
    case 'tasks/result':
      return { target: { kind: 'server' }, ask: { kind: 'tool', name: call.name }, reason: 'task-unknown' }
    default:
      return { target: { kind: 'server' }, ask: { kind: 'server', name: '' }, reason: 'not-found' }
  }
}

/** Completion follows what it refers to (contract.md §4). */
function completionTarget(call: Received): { target: Target; ask: Ask; reason: Reason } {
  const ref = JSON.parse(call.params.get('ref') ?? 'null') as {
    type?: unknown
    name?: unknown
    uri?: unknown
  } | null
  if (ref?.type === 'ref/prompt' && typeof ref.name === 'string') {
    return {
      target: { kind: 'prompt', name: ref.name },
      ask: { kind: 'prompt', name: ref.name },
      reason: 'prompt-unknown',
    }
  }
  if (ref?.type === 'ref/resource' && typeof ref.uri === 'string') {
    return {
      target: { kind: 'resource', uri: ref.uri },
      ask: { kind: 'resource', name: ref.uri },
      reason: 'resource-unknown',
    }
  }
  throw new GatewayError('invalid-params', 'ref must name a prompt or a resource')
}

function requireVisible(
  parts: Parts,
  what: { call: Received; connector: Connector; ask: Ask; reason: Reason },
): void {
  const { call, connector, ask, reason } = what
  const decision = parts.policy.decide(call.caller, {
    connector,
    ...ask,
    phase: 'list',
    args: undefined,
    facts: factsOf(call),
  })
  if (decision.effect === 'allow') return
  if (reason === 'tool-unknown') throw unknownTool(call.name, decision)
  if (reason === 'task-unknown') throw unknownTask(decision)
  throw new GatewayError(reason, unknownWords[reason] ?? 'no such thing here', { denied: decision })
}

const unknownWords: Partial<Record<Reason, string>> = {
  'resource-unknown': 'there is no such resource among those you may read',
  'prompt-unknown': 'there is no such prompt among those you may use',
}

function unknownTool(name: string, denied?: GatewayError['denied']): GatewayError {
  return new GatewayError(
    'tool-unknown',
    `Unknown tool: ${name.slice(0, 128)}`,
    denied === undefined ? {} : { denied },
  )
}

/** The name a governed request is about: a tool, a prompt or a uri; '' for lists. */
export function nameIn(method: string, params: ReadonlyMap<string, string>): string {
  const key =
    method === 'tools/call' || method === 'prompts/get'
      ? 'name'
      : method.startsWith('resources/')
        ? 'uri'
        : undefined
  return key === undefined ? '' : (stringOf(params.get(key)) ?? '')
}
