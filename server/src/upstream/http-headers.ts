import type { Credential, RawObject } from '../kernel/call.ts'
import { stringOf } from '../lib/raw-json.ts'
import { modernVersion } from './rpc-text.ts'

/** Headers the transport owns: a connector's own headers never replace them. */
const owned = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'accept',
  'accept-encoding',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
])

function ownHeaders(credential: Credential): string[] {
  const headers: string[] = []
  for (const [name, value] of Object.entries(credential.headers)) {
    const lower = name.toLowerCase()
    if (!owned.has(lower) && !lower.startsWith('mcp-param-')) headers.push(name, value)
  }
  return headers
}

/** Compression is not asked for: an answer's size is known before it is read (T37 gzip bomb). */
export function postHeaders(credential: Credential): string[] {
  return [
    'content-type',
    'application/json',
    'accept',
    'application/json, text/event-stream',
    'accept-encoding',
    'identity',
    ...ownHeaders(credential),
  ]
}

export function streamHeaders(credential: Credential): string[] {
  return ['accept', 'text/event-stream', 'accept-encoding', 'identity', ...ownHeaders(credential)]
}

const sentinel = /^=\?base64\?.*\?=$/
const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** A header value that survives HTTP: anything else, or what looks encoded, travels as base64 (protocol.md §1.5). */
export function headerValue(value: string): string {
  return plain.test(value) && !sentinel.test(value)
    ? value
    : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`
}

const named: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/** The headers that mirror a modern request's body. */
export function mirrorHeaders(
  method: string,
  params: RawObject,
  paramHeaders: Readonly<Record<string, string>>,
): string[] {
  const headers = ['mcp-protocol-version', modernVersion, 'mcp-method', headerValue(method)]
  const member = named[method]
  const name = member === undefined ? undefined : stringOf(params.get(member))
  if (name !== undefined) headers.push('mcp-name', headerValue(name))
  // What is in sentinel form already was put there by whoever read the schema.
  for (const [header, value] of Object.entries(paramHeaders))
    headers.push(header, sentinel.test(value) ? value : headerValue(value))
  return headers
}
