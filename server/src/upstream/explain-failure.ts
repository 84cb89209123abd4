import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../kernel/errors.ts'
import type { Reason } from '../kernel/reasons.ts'

/** The part of a connector that errors name. */
export type Named = { readonly name: string }

/** A failure of this connector. `what` completes a sentence that starts with its name and is safe to show. */
export function failure(
  connector: Named,
  reason: Reason,
  what: string,
  extras: { cause?: unknown; data?: Record<string, unknown> } = {},
): GatewayError {
  return new GatewayError(reason, `${connector.name} ${what}`, { ...extras, connector: connector.name })
}

/** Words for the error codes of sockets, names, TLS and the HTTP parser. Anything else is "the connection failed". */
const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  HTTP_ENDED_EARLY: 'the connection ended early',
  ENOTFOUND: 'its name could not be resolved',
  EAI_AGAIN: 'its name could not be resolved right now',
  EHOSTUNREACH: 'its host is unreachable',
  ENETUNREACH: 'its network is unreachable',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  HTTP_CLOSED: 'the connection was closed',
  HTTP_INVALID: 'a header or the path is not valid HTTP',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate could not be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** The chain of causes of an error, bounded, so that a reason hidden in an AggregateError is found. */
function* causesOf(error: unknown): Generator<object> {
  const queue: unknown[] = [error]
  for (let seen = 0; queue.length > 0 && seen < 16; seen++) {
    const next = queue.shift()
    if (typeof next !== 'object' || next === null) continue
    yield next
    if (next instanceof AggregateError) queue.push(...next.errors)
    if ('cause' in next) queue.push(next.cause)
  }
}

/** Turns what the transport threw into a GatewayError; one that already is one keeps its reason and gains the name. */
export function transportFailure(connector: Named, error: unknown): GatewayError {
  let code = ''
  for (const cause of causesOf(error)) {
    if (cause instanceof GatewayError) return named(connector, cause)
    if (code === '' && 'code' in cause && typeof cause.code === 'string') code = cause.code
  }
  if (error instanceof TypeError)
    return failure(connector, 'upstream-malformed', 'sent bytes that are not UTF-8.', { cause: error })
  if (code === 'HTTP_HEAD_TOO_LARGE') {
    return failure(connector, 'upstream-too-large', 'sent headers that are too large.', { cause: error })
  }
  if (code === 'HTTP_MALFORMED') {
    return failure(connector, 'upstream-malformed', 'sent something that is not valid HTTP.', {
      cause: error,
    })
  }
  return failure(
    connector,
    'upstream-unreachable',
    `could not be reached: ${unreachable[code] ?? 'the connection failed'}.`,
    { cause: error },
  )
}

function named(connector: Named, error: GatewayError): GatewayError {
  if (error.connector !== undefined) return error
  return new GatewayError(error.reason, `${connector.name}: ${error.message}`, {
    connector: connector.name,
    cause: error,
    ...(error.data === undefined ? {} : { data: error.data }),
  })
}

/** What an unexpected HTTP status means. A 401 or 403 keeps the challenge, which tells people how to sign in. */
export function statusFailure(connector: Named, status: number, headers: IncomingHttpHeaders): GatewayError {
  if (status === 401 || status === 403) {
    const challenge = headers['www-authenticate']
    return failure(connector, 'upstream-refused', `refused the credential with status ${status}.`, {
      data: { status, ...(challenge === undefined ? {} : { www_authenticate: challenge }) },
    })
  }
  if (status >= 300 && status < 400) {
    return failure(
      connector,
      'upstream-failed',
      `answered with a redirect (${status}); redirects are not followed, so the connector needs the final URL.`,
      { data: { status } },
    )
  }
  const later = headers['retry-after']
  return failure(connector, 'upstream-failed', `answered with status ${status}.`, {
    data: { status, ...(later === undefined ? {} : { retry_after: later }) },
  })
}

export function malformed(connector: Named, why: string, cause?: unknown): GatewayError {
  return failure(
    connector,
    'upstream-malformed',
    `sent something that is not MCP: ${why}.`,
    cause === undefined ? {} : { cause },
  )
}
