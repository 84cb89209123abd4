/** What PostgreSQL says while it cannot serve: of connections, resources, an operator, time that ran out. */
const away = /^(08...|53...|57P0.|57014|55P03)$/
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])
/** The driver says these in words alone: no free connection in time, none made in time, one that broke. */
const words = /^(timeout exceeded when trying to connect|timeout expired|Connection terminated)/

/** Whether something failed because the database did not answer, or not in time, rather than because of what was asked. */
export function isDatabaseAway(thrown: unknown): boolean {
  // The query builder puts its own error around the driver's.
  const isWrapped = thrown instanceof Error && thrown.message.startsWith('Failed query:')
  const error = isWrapped ? thrown.cause : thrown
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  // An upstream may refuse connections too, so what a socket says counts for a query alone.
  return words.test(error.message) || away.test(code) || (isWrapped && unreachable.has(code))
}
