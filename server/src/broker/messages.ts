import { BrokerRefusal } from './refuse.ts'

/** A request as the broker sees it: what is needed, and nothing of the connection. */
export type BrokerRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}
export type BrokerAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

// Answers hold codes and tokens, addresses hold codes: neither stays in a cache or goes on in a referrer.
const common = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

export function json(status: number, value: unknown): BrokerAnswer {
  return {
    status,
    headers: { ...common, 'content-type': 'application/json' },
    body: JSON.stringify(value),
  }
}

export function found(url: URL): BrokerAnswer {
  return { status: 302, headers: { ...common, location: url.href }, body: '' }
}

/** A parameter given twice could be read in two ways (RFC 6749 §3.1). */
export function parametersOf(request: BrokerRequest): BrokerRequest {
  const names = [...request.query.keys()]
  if (new Set(names).size !== names.length)
    throw new BrokerRefusal('invalid_request', 'a parameter is given twice')
  return request
}

/** Programs get the error of OAuth, people a page that says what happened and what to do. */
export function failed(request: BrokerRequest, refusal: BrokerRefusal): BrokerAnswer {
  const { error, description, status } = refusal
  const isPerson = request.path === '/authorize' || request.path === '/callback'
  if (!isPerson) return json(status, { error, error_description: description })
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign-in stopped</title></head><body><main><h1>Sign-in stopped</h1><p>The OAuth broker refused: ${escaped(description)}.</p><p>Go back to your gateway, open the connector and connect again. If this comes again, tell its administrator.</p></main></body></html>`
  return { status, headers: { ...common, 'content-type': 'text/html; charset=utf-8' }, body: page }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
