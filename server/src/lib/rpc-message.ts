import { isObjectText, JsonRefusal, membersOf, refuseAmbiguity, stringOf } from './raw-json.ts'

/** A JSON-RPC 2.0 message. Ids, params and results are raw text: an id goes back with its exact token. */
export type RpcMessage =
  | { kind: 'request'; id: string; method: string; params: Map<string, string>; value: unknown }
  | { kind: 'notification'; method: string; params: Map<string, string>; value: unknown }
  | { kind: 'response'; id: string; result: string | undefined; error: string | undefined; value: unknown }

const envelopeNames = ['jsonrpc', 'id', 'method', 'params', 'result', 'error']
const paramNames = [
  '_meta',
  'name',
  'arguments',
  'uri',
  'cursor',
  'ref',
  'argument',
  'context',
  'requestState',
  'inputResponses',
  'level',
  'taskId',
  'task',
  'protocolVersion',
  'capabilities',
  'clientInfo',
  'requestId',
  'progressToken',
  'notifications',
]
const metaNames = [
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/related-task',
  'traceparent',
  'tracestate',
  'baggage',
]

/** Folds letters as lenient readers do, the long s and the Kelvin sign included (T20). */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}

type Known = { exact: ReadonlySet<string>; folded: ReadonlyMap<string, string> }
const folded = (names: readonly string[]): Known => ({
  exact: new Set(names),
  folded: new Map(names.map((name) => [fold(name), name])),
})
const foldedEnvelope = folded(envelopeNames)
const foldedParams = folded(paramNames)
const foldedMeta = folded(metaNames)

function refuseVariants(members: ReadonlyMap<string, string>, known: Known): void {
  for (const name of members.keys()) {
    if (known.exact.has(name)) continue
    const meant = known.folded.get(fold(name))
    if (meant !== undefined)
      throw new JsonRefusal(
        `the member ${JSON.stringify(name)} differs from ${JSON.stringify(meant)} in case only`,
      )
  }
}

const requestId = /^(?:"|-?(?:0|[1-9]\d*)$)/
const none: Map<string, string> = new Map()

export type ReadOptions = { maxDepth: number }

/**
 * Reads one JSON-RPC message. Throws JsonRefusal when the text is ambiguous, too deep or no JSON-RPC, SyntaxError when it
 * is no JSON. `value` is the parsed whole, for checks that need values; what travels on is the raw text.
 */
export function readMessage(text: string, options: ReadOptions): RpcMessage {
  refuseAmbiguity(text, options.maxDepth)
  const value: unknown = JSON.parse(text)
  if (!isObjectText(text.trimStart())) throw new JsonRefusal('a JSON-RPC message must be one object')
  const members = membersOf(text)
  refuseVariants(members, foldedEnvelope)
  if (stringOf(members.get('jsonrpc')) !== '2.0') throw new JsonRefusal('jsonrpc must be "2.0"')
  const id = members.get('id')
  if (members.has('method')) return readCall(members, id, value)
  return readResponse(members, id, value)
}

function readCall(members: Map<string, string>, id: string | undefined, value: unknown): RpcMessage {
  const method = stringOf(members.get('method'))
  if (method === undefined || method.length === 0 || method.length > 256)
    throw new JsonRefusal('method must be a string of 1 to 256 characters')
  const paramsText = members.get('params')
  if (paramsText !== undefined && !isObjectText(paramsText)) throw new JsonRefusal('params must be an object')
  const params = paramsText === undefined ? none : membersOf(paramsText)
  refuseVariants(params, foldedParams)
  const meta = params.get('_meta')
  if (meta !== undefined) {
    if (!isObjectText(meta)) throw new JsonRefusal('_meta must be an object')
    refuseVariants(membersOf(meta), foldedMeta)
  }
  if (id === undefined) return { kind: 'notification', method, params, value }
  if (!requestId.test(id) || id.length > 256)
    throw new JsonRefusal('id must be a string or an integer of at most 256 characters')
  return { kind: 'request', id, method, params, value }
}

function readResponse(members: Map<string, string>, id: string | undefined, value: unknown): RpcMessage {
  const result = members.get('result')
  const error = members.get('error')
  if (id === undefined || (result === undefined) === (error === undefined))
    throw new JsonRefusal('neither a request nor a response')
  return { kind: 'response', id, result, error, value }
}
