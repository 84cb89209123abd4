import { createHash } from 'node:crypto'
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem;color:#1a1a1a;background:#fff}h1{font-size:1.5rem}code{overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}}'
const styleHash = createHash('sha256').update(style).digest('base64')

export const blockedText = 'This redirect URI is blocked for your organization'

const words: Readonly<Record<string, { title: string; next: string }>> = {
  invalid_client: {
    title: 'This client is not known here',
    next: 'Remove the connection in your AI client and add it again, so that it registers anew.',
  },
  invalid_redirect_uri: {
    title: 'The client asked to be sent to an address it did not register',
    next: 'Check that the client is an official one; remove the connection there and add it again.',
  },
  redirect_blocked: {
    title: blockedText,
    next: 'Check that the client is an official one, and tell an administrator which connector and which client you used.',
  },
  session_expired: {
    title: 'This sign-in is over',
    next: 'Go back to your AI client and connect again.',
  },
}
const otherwise = {
  title: 'The connection could not be made',
  next: 'Go back to your AI client and connect again. If this stays, show an administrator this page.',
}

function titleOf(out: ErrorOut): { title: string; next: string } {
  const text = out.error_description ?? ''
  if (/expired|session|interaction/.test(text)) return words['session_expired'] ?? otherwise
  return words[out.error] ?? otherwise
}

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`).slice(0, 500)

/** A page for the person whose client may not be answered: what happened, and what to do. */
export function errorPage(error: string, description: string): string {
  const { title, next } = titleOf({ error, error_description: description })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${next}</p><p>What the server found: <code>${escaped(error)}</code> ${escaped(description)}</p></main></body></html>`
}

export const errorPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'; base-uri 'none'`,
}

export function showError(ctx: KoaContextWithOIDC, out: ErrorOut): void {
  for (const [name, value] of Object.entries(errorPageHeaders)) ctx.set(name, value)
  ctx.body = errorPage(out.error, out.error_description ?? '')
}
