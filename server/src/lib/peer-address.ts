import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Tells the address of the person behind a request. */
export type PeerAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string

/**
 * X-Forwarded-For is believed only as far as trusted proxies wrote it: read from the right, the first address that is no
 * trusted proxy is the peer (T3). `trusted`: CIDRs or single addresses, already checked by the configuration.
 */
export function peerAddress(trusted: readonly string[]): PeerAddress {
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  // Most installations trust nobody, and every request asks.
  if (trusted.length === 0) return (request) => plainAddress(request.socket.remoteAddress ?? '')
  return (request) => {
    let peer = plainAddress(request.socket.remoteAddress ?? '')
    const forwarded = request.headers['x-forwarded-for']
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
      .split(',')
      .map((hop) => plainAddress(hop.trim()))
    while (isTrusted(peer)) {
      const next = hops.pop()
      if (next === undefined || isIP(next) === 0) return peer
      peer = next
    }
    return peer
  }
}

/** An IPv4 address that arrived on an IPv6 socket, as IPv4. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4
    ? address.slice(7)
    : address
}
