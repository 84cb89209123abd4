import type { IncomingHttpHeaders } from 'node:http'
import { type Config, isLoopbackHost } from '../config/config.ts'
import { GatewayError } from '../kernel/errors.ts'

/** Refuses requests that name a host or come from a page this installation does not serve. */
export type ServedHosts = { check(headers: IncomingHttpHeaders): void }

/**
 * The public URL is configuration, so no header can change a link (T3). A browser that was tricked into resolving a
 * foreign name to this machine still sends the foreign name: that is refused without any setting (T7, T18).
 */
export function servedHosts(config: Pick<Config, 'publicUrl' | 'bind'>): ServedHosts {
  const onLoopback = isLoopbackHost(config.bind)
  // The last name that was served: clients keep to one, and reading it as a URL costs more than the rest of this.
  let known = config.publicUrl.host
  const servesHost = (host: string) => {
    if (host === known || host === config.publicUrl.host) return true
    if (!onLoopback || !isLoopbackHost(hostName(host))) return false
    known = host
    return true
  }
  return {
    check(headers) {
      const host = (headers.host ?? '').toLowerCase()
      if (!servesHost(host)) {
        throw new GatewayError('host-refused', `Requests are answered under ${config.publicUrl.origin} only.`)
      }
      const origin = headers.origin
      if (origin !== undefined && !isOwnOrigin(origin, host, config.publicUrl)) {
        throw new GatewayError(
          'origin-refused',
          `Pages of other origins may not call this server; use ${config.publicUrl.origin}.`,
        )
      }
    },
  }
}

function isOwnOrigin(origin: string, host: string, publicUrl: URL): boolean {
  if (origin === publicUrl.origin) return true
  return origin === `${publicUrl.protocol}//${host}`
}

/** The name in a Host header, without port; '' when it is none. */
function hostName(host: string): string {
  if (!/^[a-z0-9.:[\]-]+$/.test(host)) return ''
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}
