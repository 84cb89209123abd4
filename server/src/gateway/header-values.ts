const sentinel = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/

/** A header value as protocol.md §1.5 carries it: plain, or UTF-8 behind the base64 sentinel. undefined when unreadable. */
export function decodeHeaderValue(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const match = sentinel.exec(text)
  if (match === null) return text
  const bytes = Buffer.from(match[1] ?? '', 'base64')
  return bytes.toString('base64') === match[1] ? bytes.toString('utf8') : undefined
}
