import type { FastifyReply } from 'fastify'
import { challengeOf, isChallenged, nonceIn } from '../kernel/challenge.ts'
import { databaseAway, GatewayError } from '../kernel/errors.ts'
import { type Reason, reasons } from '../kernel/reasons.ts'
import { isDatabaseAway } from '../lib/database-away.ts'
import type { Log } from '../lib/log.ts'

/** What the web framework calls its own refusals, in our words. Anything it does not name here is a bad request. */
const frameworkReasons: Readonly<Record<string, { reason: Reason; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    reason: 'body-too-large',
    detail: 'The body is larger than this installation accepts.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    reason: 'unsupported-media',
    detail: 'Send the body as application/json.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { reason: 'unreadable-json', detail: 'The body is empty.' },
  FST_ERR_REOPENED_CLOSE_SERVER: { reason: 'stopping', detail: 'The server is shutting down.' },
}

/** Any thrown value as the one error of the product. What is not one of ours goes to the log, never to the client. */
export function asGatewayError(thrown: unknown, requestId: string, log: Log): GatewayError {
  if (thrown instanceof GatewayError) {
    if (thrown.status >= 500)
      log.error({ requestId, reason: thrown.reason, err: thrown.cause ?? thrown }, 'request failed')
    return thrown
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const known = frameworkReasons[code]
  if (known !== undefined) return new GatewayError(known.reason, known.detail)
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500
  if (code.startsWith('FST_') && status >= 400 && status < 500) {
    return new GatewayError('invalid-request', 'The request is not well-formed HTTP for this interface.')
  }
  if (isDatabaseAway(thrown)) {
    log.error({ requestId, err: thrown }, 'request failed: the database does not answer in time')
    return databaseAway(thrown)
  }
  log.error({ requestId, err: thrown }, 'request failed unexpectedly')
  return new GatewayError(
    'internal',
    'The request could not be finished. Nothing is known to be wrong with the request itself.',
  )
}

/** problem+json of an error (RFC 9457). `next` says what the reader can do (R30). */
export function problemOf(error: GatewayError, requestId: string): Record<string, unknown> {
  const row = reasons[error.reason]
  return {
    type: `/problems/${error.reason}`,
    title: row.title,
    status: row.status,
    detail: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    ...(error.data === undefined ? {} : { data: error.data }),
    ...(error.connector === undefined ? {} : { connector: error.connector }),
    request_id: requestId,
    fault: row.fault,
    next: row.next,
  }
}

export type ErrorAnswerer = (thrown: unknown, requestId: string, reply: FastifyReply) => Promise<void>

/** Sends errors. `metadata`: what the challenge of every 401 says of where to get a token (RFC 9728 §5.1). */
export function errorAnswerer(metadata: string, log: Log): ErrorAnswerer {
  return async (thrown, requestId, reply) => {
    const error = asGatewayError(thrown, requestId, log)
    if (isChallenged(error)) {
      const { authorization } = reply.request.headers
      reply.header('www-authenticate', challengeOf(metadata, { error, authorization }))
      const nonce = nonceIn(error)
      if (nonce !== undefined) reply.header('dpop-nonce', nonce)
    }
    if (error.status === 405 && Array.isArray(error.data?.['allow']))
      reply.header('allow', error.data['allow'].join(', '))
    if (error.status === 429 || error.status === 503)
      reply.header('retry-after', String(error.data?.['retry_after_seconds'] ?? 1))
    await reply
      .code(error.status)
      .header('cache-control', 'no-store')
      .header('x-request-id', requestId)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemOf(error, requestId)))
  }
}
