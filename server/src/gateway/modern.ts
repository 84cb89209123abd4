import type { IncomingHttpHeaders } from 'node:http'
import type { ClientFacts, Exchange, RawObject } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import type { Answer } from './answer-call.ts'
import { answerRequest, type RequestParts, refuseCursor } from './answer-request.ts'
import { type CapabilityParts, offerOf } from './capabilities.ts'
import { decodeHeaderValue } from './header-values.ts'
import { listTools } from './list-tools.ts'
import { isLogLevel, metaKeys, modernVersion, supportedVersions } from './protocol.ts'
import type { Requester } from './requester.ts'
import { knownCapabilities } from './session-token.ts'

export type ModernParts = RequestParts & CapabilityParts

/** True when a message is meant for the stateless era: by its own `_meta`, or by the header (protocol.md §1.12). */
export function isModern(params: RawObject | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    params?.get('_meta')?.includes(`"${metaKeys.protocolVersion}"`) === true ||
    headers['mcp-protocol-version'] === modernVersion
  )
}

/** The facts a modern request carries in itself. Throws when the required members of `_meta` are missing or foreign. */
export function readModernClient(
  message: RpcMessage & { kind: 'request' },
  headers: IncomingHttpHeaders,
): ClientFacts {
  const metaText = message.params.get('_meta')
  const meta = isObjectText(metaText) ? membersOf(metaText) : new Map<string, string>()
  const version = stringOf(meta.get(metaKeys.protocolVersion))
  if (version === undefined)
    throw new GatewayError('invalid-params', `_meta must carry ${metaKeys.protocolVersion}`)
  // A header that contradicts the body is the nearer mistake, whatever the version.
  requireSame('MCP-Protocol-Version', headerOf(headers, 'mcp-protocol-version'), version)
  if (version !== modernVersion) {
    throw new GatewayError(
      'version-unsupported',
      `protocol version ${version.slice(0, 32)} is not supported`,
      { data: { supported: supportedVersions, requested: version } },
    )
  }
  const capabilities = meta.get(metaKeys.clientCapabilities)
  if (!isObjectText(capabilities))
    throw new GatewayError('invalid-params', `_meta must carry ${metaKeys.clientCapabilities} as an object`)
  const infoText = meta.get(metaKeys.clientInfo)
  const info = isObjectText(infoText) ? membersOf(infoText) : new Map<string, string>()
  const level = stringOf(meta.get(metaKeys.logLevel))
  return {
    era: 'modern',
    protocolVersion: version,
    name: stringOf(info.get('name'))?.slice(0, 120),
    version: stringOf(info.get('version'))?.slice(0, 120),
    capabilities: knownCapabilities(JSON.parse(capabilities), 'modern'),
    sessionKey: undefined,
    logLevel: isLogLevel(level) ? level : undefined,
  }
}

const named: Record<string, string> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/** Headers that mirror the body must say the same: nothing is routed or judged by a header alone (T21, protocol.md §1.5). */
export function checkHeaders(message: RpcMessage & { kind: 'request' }, headers: IncomingHttpHeaders): void {
  requireSame('Mcp-Method', headerOf(headers, 'mcp-method'), message.method)
  const member = named[message.method]
  const name = member === undefined ? undefined : stringOf(message.params.get(member))
  if (name !== undefined) requireSame('Mcp-Name', decodeHeaderValue(headerOf(headers, 'mcp-name')), name)
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value?.trim()
}

function requireSame(header: string, sent: string | undefined, meant: string): void {
  if (sent === undefined) throw new GatewayError('header-mismatch', `the header ${header} is missing`)
  if (sent !== meant)
    throw new GatewayError('header-mismatch', `the header ${header} does not match the body`)
}

/** The Mcp-Param-* headers of a request, by lower-case name. */
export function mirrorsOf(headers: IncomingHttpHeaders): Record<string, string> {
  const mirrors: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('mcp-param-') && typeof value === 'string') mirrors[name] = value
  }
  return mirrors
}

export type ModernRequest = {
  who: Requester
  message: RpcMessage & { kind: 'request' }
  headers: IncomingHttpHeaders
  exchange: Exchange
  reauthenticate(): Caller | Promise<Caller>
}

/** Answers one stateless request; `subscriptions/listen` is not among them (see listen.ts). */
export async function answerModern(parts: ModernParts, request: ModernRequest): Promise<Answer> {
  const { who, message } = request
  const connector =
    who.endpoint.kind === 'connector' ? parts.connectors.find(who.endpoint.serverId) : undefined
  if (message.method === 'server/discover') {
    const offer = await offerOf(parts, who, connector)
    const members: [string, string][] = [
      ['supportedVersions', JSON.stringify(supportedVersions)],
      ['capabilities', JSON.stringify(offer.capabilities)],
    ]
    if (offer.instructions !== undefined) members.push(['instructions', JSON.stringify(offer.instructions)])
    return { result: cacheable(parts, members) }
  }
  if (message.method === 'tools/list') {
    refuseCursor(message.params)
    return { result: cacheable(parts, [['tools', await listTools(parts, who, connector)]]) }
  }
  if (message.method === 'resources/subscribe' || message.method === 'resources/unsubscribe') {
    throw new GatewayError('method-unknown', `${message.method} does not exist in ${modernVersion}`)
  }
  return await answerRequest(parts, {
    who,
    method: message.method,
    params: message.params,
    mirrors: who.endpoint.kind === 'connector' ? mirrorsOf(request.headers) : undefined,
    exchange: request.exchange,
    reauthenticate: request.reauthenticate,
  })
}

/** What a person sees may change with the next rule, so it is theirs alone and stale at once (protocol.md §1.3). */
function cacheable(parts: ModernParts, members: [string, string][]): string {
  return objectText([
    ['resultType', '"complete"'],
    ...members,
    ['ttlMs', '0'],
    ['cacheScope', '"private"'],
    ['_meta', `{${JSON.stringify(metaKeys.serverInfo)}:${parts.serverInfo}}`],
  ])
}
