/** The part of a `WWW-Authenticate: Bearer` challenge that says how to sign in (RFC 6750, RFC 9728 §5.1). */
export type Challenge = {
  readonly resourceMetadata: string | undefined
  readonly scope: string | undefined
  readonly error: string | undefined
}

const maxChars = 8_192

/** undefined when there is no Bearer challenge at all. */
export function readChallenge(header: unknown): Challenge | undefined {
  const text = Array.isArray(header) ? header.join(', ') : header
  if (typeof text !== 'string' || text.length > maxChars || !/(^|,)\s*bearer\b/i.test(text)) return undefined
  return {
    resourceMetadata: parameter(text, 'resource_metadata'),
    scope: parameter(text, 'scope'),
    error: parameter(text, 'error'),
  }
}

function parameter(text: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"([^"]*)"|([^\\s",]+))`, 'i').exec(text)
  const value = found?.[1] ?? found?.[2]
  return value === undefined || value === '' ? undefined : value
}
