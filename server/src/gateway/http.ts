import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Connectors } from '../connectors/connectors.ts'
import type { Identity } from '../identity/identity.ts'
import type { Endpoint } from '../kernel/call.ts'
import { challengeOf, isChallenged, nonceIn, type ShownProof } from '../kernel/challenge.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import type { PeerAddress } from '../lib/peer-address.ts'
import { JsonRefusal } from '../lib/raw-json.ts'
import type { Bus } from '../storage/storage.ts'
import { mayStayOpen, type OpenStream, type StreamEnds } from './end-streams.ts'
import { readEndpoint } from './endpoint.ts'
import type { Beats } from './event-stream.ts'
import type { Asker } from './legacy.ts'
import type { PassOn } from './pass-on.ts'
import { errorText, toGatewayError } from './rpc-text.ts'

export type DoorParts = {
  identity: Pick<Identity, 'authenticate'>
  connectors: Pick<Connectors, 'find'>
  bus: Pick<Bus, 'ensureFresh'>
  served: { check(headers: IncomingHttpHeaders): void }
  peerAddress: PeerAddress
  passOn: Pick<PassOn, 'addressBehind'>
  publicUrl: URL
  beats: Beats
  streamEnds: Pick<StreamEnds, 'watch' | 'unwatch'>
  log: Log
}

/** One HTTP request at an MCP endpoint, after its credential was accepted. */
export type Visit = OpenStream & {
  request: IncomingMessage
  response: ServerResponse
  asker: Asker
  /** The stream a POST of the 2024-11-05 transport belongs to. */
  oldSession: string | undefined
}

export type Receive = (visit: Visit) => Promise<void>
export type Methods = { POST: Receive; GET: Receive; DELETE: Receive }

/**
 * The MCP front door on node:http. The credential is judged first; then host and origin; then whether the endpoint
 * exists. Nothing a request says about itself is believed for any of that.
 */
export function mcpDoor(
  parts: DoorParts,
  methods: Methods,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const requestId = randomUUID()
    serve(parts, methods, { request, response, requestId }).catch((thrown: unknown) =>
      refuse(parts, { request, response, requestId }, thrown),
    )
  }
}

type Arrival = { request: IncomingMessage; response: ServerResponse; requestId: string }

async function serve(
  parts: DoorParts,
  methods: Methods,
  { request, response, requestId }: Arrival,
): Promise<void> {
  const headers = request.headers
  const passedOnFrom = parts.passOn.addressBehind(request)
  const ip = passedOnFrom ?? parts.peerAddress(request)
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const presented = {
    authorization: headers.authorization,
    apiKey: single(headers['x-runlayer-api-key']),
    cookie: undefined,
    ip,
    resource: path,
    keyProof: keyProofOf(request, path),
    // Another process of ours took it and passed the request on.
    isProven: passedOnFrom !== undefined,
  }
  const reauthenticate = () => parts.identity.authenticate(presented)
  const fresh = parts.bus.ensureFresh()
  if (fresh !== undefined) await fresh
  let caller = reauthenticate()
  if (caller instanceof Promise) caller = await caller
  presented.isProven = true
  parts.served.check(headers)
  const endpoint = existing(parts, path)
  const method = request.method
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE')
    throw new GatewayError('method-not-allowed', 'MCP endpoints answer POST, GET and DELETE')
  const asker: Asker = {
    caller,
    endpoint,
    peer: { ip, userAgent: headers['user-agent'] ?? '' },
    requestId,
    correlationId: correlation(single(headers['x-correlation-id']), requestId),
    receivedAt: Date.now(),
  }
  const query = mark === -1 ? undefined : new URLSearchParams(url.slice(mark + 1))
  const oldSession = query?.get('sessionId') ?? undefined
  const visit: Visit = { request, response, asker, oldSession, reauthenticate, stop: undefined, seat: -1 }
  await watched(parts, visit, methods[method])
}

/** Whoever loses their credential meanwhile loses the response: until it is answered, or, where it stays open, closed. */
async function watched(
  { streamEnds }: Pick<DoorParts, 'streamEnds'>,
  visit: Visit,
  receive: Receive,
): Promise<void> {
  const staysOpen = mayStayOpen(visit.request.method, visit.request.headers)
  streamEnds.watch(visit)
  if (staysOpen) visit.response.once('close', () => streamEnds.unwatch(visit))
  try {
    await receive(visit)
  } finally {
    if (!staysOpen) streamEnds.unwatch(visit)
  }
}

/** The proof of the key a token is bound to, for the few clients that send one. */
function keyProofOf({ headers, method = '' }: IncomingMessage, path: string): ShownProof | undefined {
  const text = headers['dpop']
  return typeof text === 'string' ? { text, method, path } : undefined
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function correlation(sent: string | undefined, requestId: string): string {
  return sent !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(sent) ? sent : requestId
}

/** Drafts, disabled and unknown connectors look the same: not there (T10, X10). */
function existing(parts: DoorParts, path: string): Endpoint {
  const endpoint = readEndpoint(path)
  if (endpoint === undefined) throw new GatewayError('not-found', 'there is no such MCP endpoint')
  if (endpoint.kind !== 'connector') return endpoint
  const connector = parts.connectors.find(endpoint.serverId)
  if (connector?.status !== 'active') throw new GatewayError('not-found', 'there is no such MCP endpoint')
  // The connector's own id, not the text from the path: a call looks it up ten times, and this one is hashed already.
  return { kind: 'connector', serverId: connector.id }
}

/** A refusal before any JSON-RPC request was understood: an HTTP status, with a JSON-RPC error for clients to show. */
function refuse(parts: DoorParts, { request, response, requestId }: Arrival, thrown: unknown): void {
  const error = toHttpError(thrown)
  if (error.fault === 'gateway' && error.cause !== undefined)
    parts.log.error({ err: error.cause, request_id: requestId }, 'an MCP request failed')
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': requestId }
  if (isChallenged(error)) {
    const { authorization } = request.headers
    headers['www-authenticate'] = challengeOf(metadataOf(parts.publicUrl, request.url ?? '/'), {
      error,
      authorization,
    })
    const nonce = nonceIn(error)
    if (nonce !== undefined) headers['dpop-nonce'] = nonce
  }
  if (error.reason === 'method-not-allowed') headers['allow'] = 'POST, GET, DELETE'
  if (error.status === 503) headers['retry-after'] = String(error.data?.['retry_after_seconds'] ?? 1)
  if (error.reason === 'body-too-large') headers['connection'] = 'close'
  response.writeHead(error.status, headers)
  response.end(errorText('null', error, requestId))
}

/** RFC 9728 §5.1: where a client finds out how to get a credential. */
function metadataOf(publicUrl: URL, url: string): string {
  const asked = url.split('?')[0] ?? '/'
  const path = readEndpoint(asked) === undefined ? '' : asked
  const base = publicUrl.href.replace(/\/+$/, '')
  return `resource_metadata="${base}/.well-known/oauth-protected-resource${path}", scope="mcp"`
}

function toHttpError(thrown: unknown): GatewayError {
  if (thrown instanceof JsonRefusal)
    return new GatewayError('invalid-request', thrown.message, { cause: thrown })
  if (thrown instanceof SyntaxError)
    return new GatewayError('unreadable-json', 'the body is not valid JSON', { cause: thrown })
  return toGatewayError(thrown)
}
