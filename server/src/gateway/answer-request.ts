import type { GovernedMethod, RawObject } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { Answer } from './answer-call.ts'
import { type GovernedParts, governed, type Incoming, received } from './answer-governed.ts'
import {
  type AskToConnectParts,
  afterConnect,
  askToConnect,
  connectableOf,
  opensPages,
} from './ask-to-connect.ts'
import { mayLack } from './connector-roster.ts'
import { executeToolName, runCodeName, searchToolsName } from './meta-tools.ts'
import type { Requester } from './requester.ts'
import { refusalResult, toGatewayError } from './rpc-text.ts'
import { type RunCodeParts, runCode } from './run-code.ts'
import { ruleBroken, type SearchParts, searchTools } from './search-tools.ts'
import { unknownTask } from './task-ids.ts'
import { connectedResult, connectResult, connectSuffix, viewOf } from './visible-tools.ts'

export type RequestParts = SearchParts & RunCodeParts & GovernedParts & AskToConnectParts

const onConnectors: readonly string[] = [
  'resources/read',
  'resources/list',
  'resources/templates/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
] satisfies GovernedMethod[]
const onTasks: readonly string[] = [
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
  'tasks/result',
] satisfies GovernedMethod[]

/** Answers every request that means the same in both eras. Throws GatewayError for what becomes a JSON-RPC error. */
export async function answerRequest(parts: RequestParts, incoming: Incoming): Promise<Answer> {
  const { method, who } = incoming
  if (method === 'tools/call') return await answerToolCall(parts, incoming)
  if (onConnectors.includes(method) && who.endpoint.kind === 'connector') {
    // Lists come whole, so no cursor was ever given out.
    if (method.endsWith('/list')) refuseCursor(incoming.params)
    return await governed(parts, received(parts, incoming), incoming)
  }
  if (onTasks.includes(method)) return await answerTask(parts, incoming)
  throw new GatewayError('method-unknown', `${method.slice(0, 64)} is not offered here`)
}

export function refuseCursor(params: RawObject): void {
  if (params.has('cursor'))
    throw new GatewayError('invalid-params', 'this list has one page, so there is no such cursor')
}

/** A call that waits for the person's own sign-in asks for it where the client can, once, and goes on after it. */
async function answerToolCall(parts: RequestParts, given: Incoming): Promise<Answer> {
  const { incoming, asked } = await afterConnect(parts, given)
  // An agent's person is not there to sign in: they lend theirs beforehand.
  const mayAsk = !asked && incoming.who.caller.type !== 'agent' && opensPages(incoming.who.client)
  const first = await answerTool(parts, incoming, mayAsk)
  if (!('connect' in first)) return first
  const after = await askToConnect(parts, incoming, first.connect)
  if ('answer' in after) return after.answer
  const second = after.connected ? await answerTool(parts, incoming, false) : first.otherwise
  return 'connect' in second ? second.otherwise : second
}

/** What could be asked for, and the answer for a person who cannot or does not want to be asked. */
type Unconnected = { connect: Connector; otherwise: Answer }

async function answerTool(
  parts: RequestParts,
  incoming: Incoming,
  mayAsk: boolean,
): Promise<Answer | Unconnected> {
  let connect: Connector | undefined
  const otherwise = await answerNamedTool(parts, incoming, (connector) => {
    connect = connector
  })
  return mayAsk && connect !== undefined ? { connect, otherwise } : otherwise
}

type Missing = (connector: Connector) => void

async function answerNamedTool(parts: RequestParts, incoming: Incoming, missing: Missing): Promise<Answer> {
  const name = stringOf(incoming.params.get('name'))
  if (name === undefined) throw new GatewayError('invalid-params', 'name must be a string')
  if (name.endsWith(connectSuffix)) {
    const connector = await waitingConnector(parts, incoming.who, name)
    if (connector !== undefined) return standIn(parts, incoming, { connector, missing })
  }
  if (incoming.who.endpoint.kind === 'connector') {
    const run = () => governed(parts, received(parts, incoming), incoming)
    return await toolResult(parts, incoming, { run, missing })
  }
  if (name === searchToolsName) {
    const args: unknown = JSON.parse(incoming.params.get('arguments') ?? '{}')
    return { result: withEnvelope(parts, incoming, await searchTools(parts, incoming.who, args)) }
  }
  if (name === executeToolName) return await executeTool(parts, incoming, missing)
  if (name === runCodeName && parts.codeMode.isEnabled()) {
    const run = async () =>
      await runCode(parts, incoming, (call) => executeTool(parts, call, () => undefined))
    return await toolResult(parts, incoming, {
      run: async () => ({ result: withEnvelope(parts, incoming, await run()) }),
      missing: () => undefined,
    })
  }
  throw new GatewayError('tool-unknown', `Unknown tool: ${name.slice(0, 128)}`)
}

async function waitingConnector(
  parts: RequestParts,
  who: Requester,
  name: string,
): Promise<Connector | 'connected' | undefined> {
  const slug = name.slice(0, -connectSuffix.length)
  const only = who.endpoint.kind === 'connector' ? parts.connectors.find(who.endpoint.serverId) : undefined
  const view = await viewOf(parts, who, only)
  const connector = view.connectors().find((each) => each.slug === slug)
  if (connector === undefined || view.waiting.includes(connector)) return connector
  return mayLack(connector) ? 'connected' : undefined
}

function standIn(
  parts: RequestParts,
  incoming: Incoming,
  { connector, missing }: { connector: Connector | 'connected'; missing: Missing },
): Answer {
  if (connector === 'connected') return { result: withEnvelope(parts, incoming, connectedResult) }
  missing(connector)
  return {
    result: withEnvelope(parts, incoming, connectResult(parts.publicUrl, connector, incoming.who.caller)),
  }
}

/** Runs the tool a search found: the inner call takes the same path as a direct one, and audit names the real tool. */
async function executeTool(parts: RequestParts, incoming: Incoming, missing: Missing): Promise<Answer> {
  const wish = readWish(incoming.params.get('arguments'))
  if (typeof wish === 'string') return { result: withEnvelope(parts, incoming, ruleBroken(wish)) }
  const { meta, toolName, argsText } = wish
  if (toolName.endsWith(connectSuffix)) {
    const connector = await waitingConnector(parts, incoming.who, toolName)
    if (connector !== undefined) return standIn(parts, incoming, { connector, missing })
  }
  const params = new Map(incoming.params).set('name', JSON.stringify(toolName)).set('arguments', argsText)
  const call = { ...received(parts, { ...incoming, params }), via: 'runlayer' as const, meta }
  const run = () => governed(parts, call, incoming)
  return await toolResult(parts, incoming, { run, missing, executed: toolName })
}

type Wish = { meta: string; toolName: string; argsText: string }

/** The arguments of execute_tool, or the rule they break. */
function readWish(text: string | undefined): Wish | string {
  const args = isObjectText(text) ? membersOf(text) : new Map<string, string>()
  const meta = stringOf(args.get('meta'))
  if (meta === undefined || meta.trim() === '')
    return 'meta is required: say in a sentence why you run the tool'
  const toolName = stringOf(args.get('tool_name'))
  if (toolName === undefined) return 'tool_name is required: the exact name that search_tools returned'
  const argsText = args.get('arguments') ?? '{}'
  if (!isObjectText(argsText)) return 'arguments must be an object; {} if the tool takes none'
  return { meta, toolName, argsText }
}

async function answerTask(parts: RequestParts, incoming: Incoming): Promise<Answer> {
  const ref = parts.tasks.open(stringOf(incoming.params.get('taskId')) ?? '', incoming.who.caller)
  const here = incoming.who.endpoint
  if (here.kind === 'connector' && here.serverId !== ref.serverId) throw unknownTask()
  const params = new Map(incoming.params).set('taskId', JSON.stringify(ref.taskId))
  const call = {
    ...received(parts, { ...incoming, params }),
    endpoint: { kind: 'connector' as const, serverId: ref.serverId },
    name: ref.tool,
  }
  return await governed(parts, call, incoming)
}

/** Refusals a model can act on come back as results; what a client's own code must handle stays a JSON-RPC error. */
const protocolReasons = new Set([
  'header-mismatch',
  'state-refused',
  'invalid-params',
  'invalid-request',
  'method-unknown',
  'capability-missing',
  'version-unsupported',
  'unauthenticated',
  'session-unknown',
])

async function toolResult(
  parts: RequestParts,
  incoming: Incoming,
  { run, missing, executed }: { run: () => Promise<Answer>; missing: Missing; executed?: string },
): Promise<Answer> {
  try {
    return await run()
  } catch (thrown) {
    const error = toGatewayError(thrown)
    if (error.reason === 'internal' || protocolReasons.has(error.reason)) throw thrown
    if (error.reason === 'tool-unknown') {
      if (executed === undefined) throw thrown
      return { result: withEnvelope(parts, incoming, await unknownTool(parts, incoming.who, executed)) }
    }
    const connector = connectableOf(parts, error)
    if (connector !== undefined) missing(connector)
    return { result: withEnvelope(parts, incoming, refusalResult(error, incoming.who.requestId)) }
  }
}

async function unknownTool(parts: RequestParts, who: Requester, name: string): Promise<string> {
  const view = await viewOf(parts, who)
  const suggestions = parts.tools.suggest(name, (tool) => view.sees(tool))
  const hint =
    suggestions.length > 0 ? ` Did you mean: ${suggestions.join(', ')}?` : ' Search first with search_tools.'
  const facts = { error: 'unknown_tool', tool_name: name, suggestions }
  return JSON.stringify({
    content: [{ type: 'text', text: `There is no tool called ${name.slice(0, 128)}.${hint}` }],
    structuredContent: facts,
    isError: true,
  })
}

/** Results made here carry what the modern era wants on every result (protocol.md §1.3). */
function withEnvelope(parts: RequestParts, incoming: Incoming, result: string): string {
  if (incoming.who.client.era === 'legacy') return result
  return envelope(result, parts.serverInfo)
}

export function envelope(result: string, serverInfo: string): string {
  const members = membersOf(result)
  members.set('resultType', '"complete"')
  members.set('_meta', `{"io.modelcontextprotocol/serverInfo":${serverInfo}}`)
  return objectText(members)
}
