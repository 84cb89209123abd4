import { GatewayError } from '../kernel/errors.ts'

/** What the organisation says about a redirect address; nothing said yet is `unknown`. */
export type RedirectState = 'allowed' | 'blocked' | 'unknown'
export type RedirectKind = 'loopback' | 'web' | 'app'

/** Stands for every address on the person's own machine. */
export const loopbackPattern = 'loopback'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])
const label = /^[a-z0-9-]+$/
/** Schemes a browser runs or reads files with: never a way back to a client. */
const neverSchemes = new Set([
  'javascript:',
  'vbscript:',
  'data:',
  'blob:',
  'file:',
  'about:',
  'ftp:',
  'ws:',
  'wss:',
])

/** Which kind of address this is, or undefined when no code may ever go there. */
export function redirectKind(uri: string): RedirectKind | undefined {
  const url = URL.parse(uri)
  if (url === null || url.hash !== '' || url.username !== '' || url.password !== '') return undefined
  if (neverSchemes.has(url.protocol)) return undefined
  if (url.protocol === 'http:') return loopbackHosts.has(url.hostname) ? 'loopback' : undefined
  if (url.protocol === 'https:') return loopbackHosts.has(url.hostname) ? 'loopback' : 'web'
  return 'app'
}

/** Host to show a person: an app's address has none, so its scheme stands for it. */
export function redirectHost(uri: string): string {
  const url = URL.parse(uri)
  if (url === null) return uri
  return url.host === '' ? url.protocol : url.host
}

/** The address as people agree to it: on loopback the port changes with every start of a client. */
export function withoutLoopbackPort(uri: string): string {
  const url = URL.parse(uri)
  if (url === null || redirectKind(uri) !== 'loopback') return uri
  url.port = ''
  return url.href
}

/**
 * Checks a rule's pattern: an exact address, one whose host begins with `*.`, or `loopback`. A wildcard covers one label
 * of the host, never scheme, port or path.
 */
export function checkPattern(pattern: string): string {
  if (pattern === loopbackPattern) return pattern
  const refuse = (msg: string) =>
    new GatewayError('invalid-field', msg, { errors: [{ loc: 'body.pattern', rule: 'redirect', msg }] })
  const stars = pattern.split('*').length - 1
  if (stars === 0) {
    if (redirectKind(pattern) === undefined)
      throw refuse('This is no address a client may have: use https, loopback http, or the scheme of an app.')
    return pattern
  }
  if (stars > 1 || !/^https:\/\/\*\.[^/*]+\.[^/*]+\//.test(pattern))
    throw refuse('A wildcard stands for the first label of an https host, such as https://*.example.com/cb.')
  if (redirectKind(pattern.replace('*', 'x')) !== 'web') throw refuse('This is not an https address.')
  return pattern
}

/** True when the address is the one the pattern names. */
export function matchesPattern(pattern: string, uri: string): boolean {
  const kind = redirectKind(uri)
  if (kind === undefined) return false
  if (pattern === loopbackPattern) return kind === 'loopback'
  if (pattern === uri) return true
  if (kind === 'app') return false
  if (kind === 'loopback') return withoutLoopbackPort(pattern) === withoutLoopbackPort(uri)
  const [want, have] = [URL.parse(pattern.replace('*', 'wildcard')), URL.parse(uri)]
  if (want === null || have === null) return false
  if (want.protocol !== have.protocol || want.port !== have.port) return false
  if (want.pathname !== have.pathname || want.search !== have.search) return false
  if (!pattern.includes('*')) return want.hostname === have.hostname
  const [first = '', ...rest] = have.hostname.split('.')
  return label.test(first) && `wildcard.${rest.join('.')}` === want.hostname
}

/** A block is stronger than any allow (product: redirect URI controls). */
export function judgeRedirect(
  rules: readonly { effect: 'allow' | 'block'; pattern: string }[],
  uri: string,
): RedirectState {
  if (redirectKind(uri) === undefined) return 'blocked'
  const fitting = rules.filter(({ pattern }) => matchesPattern(pattern, uri))
  if (fitting.some(({ effect }) => effect === 'block')) return 'blocked'
  return fitting.length > 0 ? 'allowed' : 'unknown'
}
