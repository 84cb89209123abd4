import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { GatewayError } from '../kernel/errors.ts'

/**
 * Not public, after the IANA special-purpose registries: this network, private, shared, loopback, link-local (cloud
 * metadata lives there), protocol assignments, documentation, benchmarking, 6to4 relay, multicast and reserved.
 */
const specialV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Inside 2000::/3: Teredo and other protocol assignments, documentation, 6to4 (it wraps any IPv4 address). */
const specialV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '2620:4f:8000::/48']

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address)
    if (family === 0) throw new Error(`not a network: ${network}`)
    list.addSubnet(address, Number(bits ?? (family === 4 ? 32 : 128)), family === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** The sixteen-bit groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const [, start = '', a, b, c, d] = dotted ?? []
  const pair = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16)
  const text = dotted === null ? address : `${start}${pair(a, b)}:${pair(c, d)}`
  const [head = '', tail] = text.split('::')
  const read = (part: string | undefined) =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const front = read(head)
  const back = read(tail)
  return tail === undefined
    ? front
    : [...front, ...new Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back]
}

/** The IPv4 address inside ::ffff:a.b.c.d, which systems connect to as if it were written plainly. */
function mappedV4(address: string): string | undefined {
  const groups = groupsOf(address)
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return undefined
  const [high = 0, low = 0] = groups.slice(6)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** Which addresses the product may connect to on behalf of people (T11, T25). */
export type AddressGuard = {
  /** True when this literal address may be reached: it is public or in an allowed network. */
  allows(address: string): boolean
  /**
   * For net.connect and tls.connect: resolves and hands on only addresses that may be reached, so what was checked is
   * what gets connected. Literal addresses never come here: call `refuseLiteral` first.
   */
  readonly lookup: LookupFunction
  /** Throws address-refused when the host is a literal address that may not be reached. */
  refuseLiteral(hostname: string): void
  /** Resolves the URL's host and throws address-refused when nothing behind it may be reached, or it is not http(s). */
  check(url: URL): Promise<void>
}

function refusal(hostname: string): GatewayError {
  return new GatewayError(
    'address-refused',
    `${hostname} is not a public address and not in a network the operator allowed.`,
  )
}

function familyOf(wanted: number | 'IPv4' | 'IPv6' | undefined): number {
  if (wanted === 'IPv4') return 4
  return wanted === 'IPv6' ? 6 : (wanted ?? 0)
}

type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

const resolveBySystem: Resolve = (hostname, done) =>
  systemLookup(hostname, { all: true, order: 'verbatim' }, done)

/** `allowedNetworks`: CIDRs allowed besides public addresses. `resolve`: another resolver, for tests. */
export function addressGuard(
  allowedNetworks: readonly string[],
  resolve: Resolve = resolveBySystem,
): AddressGuard {
  const allowed = listOf(allowedNetworks)
  const v4 = listOf(specialV4)
  const v6 = listOf(specialV6)
  const unicast = listOf(['2000::/3'])

  function allows(text: string): boolean {
    const address = text.split('%')[0] ?? ''
    const family = isIP(address)
    if (family === 0) return false
    if (family === 4) return allowed.check(address, 'ipv4') || !v4.check(address, 'ipv4')
    const inner = mappedV4(address)
    if (inner !== undefined) return allows(inner)
    return allowed.check(address, 'ipv6') || (unicast.check(address, 'ipv6') && !v6.check(address, 'ipv6'))
  }

  function refuseLiteral(hostname: string): void {
    const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    if (isIP(bare.split('%')[0] ?? '') !== 0 && !allows(bare)) throw refusal(hostname)
  }

  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, (error, found) => {
      if (error !== null) return done(error, '', 0)
      const family = familyOf(options.family)
      const usable = found.filter(
        (entry) => allows(entry.address) && (family === 0 || entry.family === family),
      )
      const first = usable[0]
      if (first === undefined) done(refusal(hostname), '', 0)
      else if (options.all === true) done(null, usable)
      else done(null, first.address, first.family)
    })
  }

  function check(url: URL): Promise<void> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return Promise.reject(
        new GatewayError('address-refused', 'Only http and https addresses can be reached.'),
      )
    }
    return new Promise((done, fail) => {
      refuseLiteral(url.hostname)
      if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return done()
      lookup(url.hostname, { all: true }, (error) => {
        if (error === null) return done()
        fail(
          error instanceof GatewayError
            ? error
            : new GatewayError('upstream-unreachable', `The name ${url.hostname} could not be resolved.`, {
                cause: error,
              }),
        )
      })
    })
  }

  return { allows, lookup, refuseLiteral, check }
}
