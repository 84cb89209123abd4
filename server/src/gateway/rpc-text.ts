import { databaseAway, GatewayError } from '../kernel/errors.ts'
import { reasons } from '../kernel/reasons.ts'
import { isDatabaseAway } from '../lib/database-away.ts'

/** JSON-RPC as text: ids and results are raw tokens, so nothing is re-encoded on the way. */

export function resultText(id: string, result: string): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`
}

export function requestText(id: string, method: string, params: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`
}

export function notificationText(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}`
}

export function rawErrorText(
  id: string,
  error: { code: number; message: string; data: string | undefined },
): string {
  const data = error.data === undefined ? '' : `,"data":${error.data}`
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${error.code},"message":${JSON.stringify(error.message)}${data}}}`
}

/**
 * Any thrown thing as a GatewayError: `busy` while the database does not answer, `internal` for whatever else is not ours;
 * both keep their cause for the log.
 */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  if (isDatabaseAway(thrown)) return databaseAway(thrown)
  return new GatewayError('internal', 'The gateway could not finish this request', { cause: thrown })
}

/** What every refusal tells: who is at fault, why, what to do next, and the request to ask about (R30). */
export function refusalFacts(error: GatewayError, requestId: string): Record<string, unknown> {
  const row = reasons[error.reason]
  return {
    reason: error.reason,
    fault: row.fault,
    next: row.next,
    request_id: requestId,
    ...(error.connector === undefined ? {} : { connector: error.connector }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    ...error.data,
  }
}

/** A refusal as a JSON-RPC error. `id` is the raw id token, or 'null' when the request had no readable one. */
export function errorText(id: string, error: GatewayError, requestId: string): string {
  return rawErrorText(id, {
    code: reasons[error.reason].rpc,
    message: error.message,
    data: JSON.stringify(refusalFacts(error, requestId)),
  })
}

/** A refusal as the result of a tool call, for the model to read and act on. */
export function refusalResult(error: GatewayError, requestId: string): string {
  const row = reasons[error.reason]
  const facts = { error: error.reason, detail: error.message, ...refusalFacts(error, requestId) }
  const who =
    error.fault === 'upstream' && error.connector !== undefined ? `connector ${error.connector}` : error.fault
  const words = `${error.message} (at fault: ${who}; next: ${row.next} request id: ${requestId})`
  return JSON.stringify({ content: [{ type: 'text', text: words }], structuredContent: facts, isError: true })
}
