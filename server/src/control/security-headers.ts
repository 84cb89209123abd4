/** What a browser may do with each kind of answer. Everything comes from this server, nothing may frame it. */
export type Surface = 'api' | 'console' | 'docs'

const common: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

const ownOnly =
  "default-src 'none'; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const policies: Readonly<Record<Surface, string>> = {
  api: "default-src 'none'; frame-ancestors 'none'",
  // Dialogs and toasts write style elements at run time; scripts never may.
  console: `${ownOnly}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:`,
  // The API explorer is one page with an inline script that names the document to show.
  docs: `${ownOnly}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:`,
}

export function securityHeaders(surface: Surface, isHttps: boolean): Record<string, string> {
  return {
    ...common,
    'content-security-policy': policies[surface],
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
