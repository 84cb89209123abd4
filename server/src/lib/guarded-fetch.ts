import { Agent, request as send } from 'undici'
import { GatewayError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { guardedConnector } from './guarded-connector.ts'
import type { AddressGuard } from './network.ts'

/** A request to an address that somebody else named: metadata, keys, tokens, client documents. */
export type GuardedRequest = {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  readonly maxBytes?: number
  readonly timeoutMs?: number
}

/** Header names in lower case; of a header sent twice the values are joined by a comma. A redirect is an answer. */
export type GuardedAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** `value` is undefined when the body is not one JSON object, whatever its type says. */
export type GuardedJson = GuardedAnswer & { readonly value: JsonObject | undefined }

/**
 * HTTP towards addresses found in documents. Every connection is judged by the guard at the address really connected,
 * redirects are never followed, plain http works on loopback and on allowed literal addresses only, and bytes and time
 * are bounded. Failures are GatewayErrors that name the host: address-refused, upstream-unreachable, upstream-timeout,
 * upstream-too-large.
 */
export type GuardedFetch = {
  fetch(url: URL, request?: GuardedRequest): Promise<GuardedAnswer>
  json(url: URL, request?: GuardedRequest): Promise<GuardedJson>
  /** Throws address-refused for what `fetch` would refuse before connecting. */
  check(url: URL): void
  close(): Promise<void>
}

const defaultBytes = 256 * 1024
const defaultMs = 10_000
const maxOrigins = 200

export function openGuardedFetch(o: { guard: AddressGuard }): GuardedFetch {
  const agent = new Agent({
    connect: guardedConnector(o.guard),
    connections: 8,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 4_000,
    maxOrigins,
  })
  const check = (url: URL) => checkAddress(o.guard, url)
  async function fetch(url: URL, request: GuardedRequest = {}): Promise<GuardedAnswer> {
    check(url)
    const clock = AbortSignal.timeout(request.timeoutMs ?? defaultMs)
    const signal = request.signal === undefined ? clock : AbortSignal.any([clock, request.signal])
    try {
      const answer = await send(url, {
        dispatcher: agent,
        method: request.method ?? 'GET',
        headers: { accept: 'application/json', ...request.headers },
        body: request.body ?? null,
        signal,
      })
      const text = await readText(url, answer.body, request.maxBytes ?? defaultBytes)
      return { status: answer.statusCode, headers: flat(answer.headers), text }
    } catch (error) {
      throw explain(url, error, clock)
    }
  }
  return {
    fetch,
    check,
    async json(url, request) {
      const answer = await fetch(url, request)
      return { ...answer, value: objectIn(answer.text) }
    },
    close: () => agent.destroy(),
  }
}

/** Loopback in the spellings a URL keeps after parsing. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

function checkAddress(guard: AddressGuard, url: URL): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new GatewayError('address-refused', `${url.protocol} addresses are not reached, only https.`)
  if (url.username !== '' || url.password !== '')
    throw new GatewayError('address-refused', `The address at ${url.host} carries a user or password.`)
  guard.refuseLiteral(url.hostname)
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !isLiteral(url.hostname))
    throw new GatewayError('address-refused', `${url.host} is reached over https only.`)
}

function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
}

async function readText(url: URL, body: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the body and with it the connection.
    if (size > most)
      throw new GatewayError('upstream-too-large', `${url.host} answered with more than ${most} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}

function explain(url: URL, error: unknown, clock: AbortSignal): GatewayError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof GatewayError) return cause
  if (clock.aborted)
    return new GatewayError('upstream-timeout', `${url.host} did not answer in time.`, { cause: error })
  return new GatewayError('upstream-unreachable', `${url.host} could not be reached.`, { cause: error })
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
