import type { Era, RawObject, UpstreamReply } from '../kernel/call.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { UpstreamRequest } from '../kernel/upstream.ts'
import { isObjectText, membersOf, objectText } from '../lib/raw-json.ts'
import { type RpcMessage, readMessage } from '../lib/rpc-message.ts'
import { malformed, type Named } from './explain-failure.ts'

export const modernVersion = '2026-07-28'
/** Asked for first; the rest are taken when a server answers with them. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
/** -32020, -32021, -32022: only a server of the modern era answers with these (protocol.md §1.6). */
export const modernErrors: ReadonlySet<number> = new Set([-32020, -32021, -32022])
export const versionUnsupported = -32022

const metaPrefix = 'io.modelcontextprotocol/'

export type Product = { readonly name: string; readonly version: string }

export function requestText(id: string, method: string, params: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`
}

export function notificationText(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}`
}

/** `id` is the raw token the upstream used: it goes back unchanged. */
export function answerText(id: string, answer: { result: string } | { error: string }): string {
  return 'result' in answer
    ? `{"jsonrpc":"2.0","id":${id},"result":${answer.result}}`
    : `{"jsonrpc":"2.0","id":${id},"error":${answer.error}}`
}

export function refusalText(code: number, message: string): { error: string } {
  return { error: `{"code":${code},"message":${JSON.stringify(message)}}` }
}

/** The params with our members put into their `_meta`, beside what the caller left there. */
function withMeta(params: RawObject, ours: readonly (readonly [string, string])[]): string {
  if (ours.length === 0) return params.size === 0 ? '{}' : objectText(params)
  const theirs = params.get('_meta')
  const meta = isObjectText(theirs) ? membersOf(theirs) : new Map<string, string>()
  for (const [name, value] of ours) meta.set(name, value)
  const all = new Map(params)
  all.set('_meta', objectText(meta))
  return objectText(all)
}

/** Legacy params: only the progress token is ours, and it is the id, which is unique among running calls. */
export function legacyParams(request: Pick<UpstreamRequest, 'params' | 'wantsProgress'>, id: string): string {
  return withMeta(request.params, request.wantsProgress ? [['progressToken', id]] : [])
}

/** What every modern request carries (protocol.md §1.2), as raw text computed once per product. */
function modernMeta(product: Product, capabilities: string): [string, string][] {
  return [
    [`${metaPrefix}protocolVersion`, JSON.stringify(modernVersion)],
    [`${metaPrefix}clientCapabilities`, capabilities],
    [`${metaPrefix}clientInfo`, JSON.stringify({ name: product.name, version: product.version })],
  ]
}

export function modernParams(
  product: Product,
  request: Pick<UpstreamRequest, 'params' | 'wantsProgress' | 'logLevel'> & { capabilities: JsonObject },
  id: string,
): string {
  const ours = modernMeta(product, JSON.stringify(request.capabilities))
  if (request.logLevel !== undefined) ours.push([`${metaPrefix}logLevel`, JSON.stringify(request.logLevel)])
  if (request.wantsProgress) ours.push(['progressToken', id])
  return withMeta(request.params, ours)
}

/** Reads a message of this upstream; anything ambiguous, too deep or not JSON-RPC is upstream-malformed (T20, T37). */
export function readUpstream(connector: Named, text: string, maxDepth: number): RpcMessage {
  try {
    return readMessage(text, { maxDepth })
  } catch (cause) {
    const why =
      cause instanceof SyntaxError
        ? 'it is not JSON'
        : cause instanceof Error
          ? cause.message
          : 'it is unreadable'
    throw malformed(connector, why, cause)
  }
}

/** A JSON-RPC response as a reply. JSON-RPC errors are replies, not exceptions. */
export function replyOf(
  connector: Named,
  era: Era,
  message: RpcMessage & { kind: 'response' },
): UpstreamReply {
  const { result, error } = message
  if (result !== undefined) {
    if (!isObjectText(result)) throw malformed(connector, 'a result that is no object')
    return { kind: 'result', era, text: result, members: membersOf(result) }
  }
  if (!isObjectText(error)) throw malformed(connector, 'an error that is no object')
  const members = membersOf(error)
  const code: unknown = JSON.parse(members.get('code') ?? 'null')
  const text: unknown = JSON.parse(members.get('message') ?? '""')
  if (typeof code !== 'number' || !Number.isInteger(code))
    throw malformed(connector, 'an error without a code')
  return {
    kind: 'error',
    era,
    code,
    message: typeof text === 'string' ? text : '',
    data: members.get('data'),
  }
}

/** The JSON-RPC error in the body of a refusal, or nothing: many refusals are plain words or pages. */
export function errorIn(
  connector: Named,
  era: Era,
  text: string,
  maxDepth: number,
): { id: string; reply: UpstreamReply & { kind: 'error' } } | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const message = readMessage(text, { maxDepth })
    if (message.kind !== 'response') return undefined
    const reply = replyOf(connector, era, message)
    return reply.kind === 'error' ? { id: message.id, reply } : undefined
  } catch {
    return undefined
  }
}

/** A plain object or nothing, for members that may be anything. */
export function objectOf(text: string | undefined): JsonObject | undefined {
  return isObjectText(text) ? (JSON.parse(text) as JsonObject) : undefined
}
