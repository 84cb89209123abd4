import { isIPv6 } from 'node:net'
import { GatewayError } from '../kernel/errors.ts'
import { BoundedCache } from './bounded-cache.ts'

/** Wrong attempts in a row, and how long until one more is allowed. Right ones cost nothing. */
const perAccount = { burst: 10, refillMs: 60_000 }
const perAddress = { burst: 50, refillMs: 10_000 }
const maxKept = 20_000

type Bucket = { left: number; at: number }
type Rate = { burst: number; refillMs: number }

export type Attempts = {
  /** Takes an attempt before it is judged. Throws rate-limited, known account or not. Answers the way to give it back. */
  take(account: string | undefined, ip: string): () => void
}

/** Per process and in memory: who tries on two processes has twice as many, which is still few. */
export function limitAttempts(now: () => number, address: Rate = perAddress): Attempts {
  const accounts = new BoundedCache<Bucket>(maxKept)
  const addresses = new BoundedCache<Bucket>(maxKept)
  const bucketOf = (kept: BoundedCache<Bucket>, key: string, rate: Rate): Bucket => {
    const at = now()
    const known = kept.get(key)
    const bucket = known ?? { left: rate.burst, at }
    bucket.left = Math.min(rate.burst, bucket.left + Math.max(0, at - bucket.at) / rate.refillMs)
    bucket.at = at
    if (known === undefined) kept.set(key, bucket)
    return bucket
  }
  return {
    take(account, ip) {
      const buckets: [Bucket, Rate][] = [[bucketOf(addresses, network(ip), address), address]]
      if (account !== undefined)
        buckets.push([bucketOf(accounts, account.toLowerCase(), perAccount), perAccount])
      for (const [bucket, rate] of buckets) {
        if (bucket.left >= 1) continue
        const seconds = Math.ceil(((1 - bucket.left) * rate.refillMs) / 1000)
        throw new GatewayError(
          'rate-limited',
          `Too many attempts to sign in. Wait ${seconds} seconds, or use another way to sign in.`,
          { data: { retry_after_seconds: seconds } },
        )
      }
      for (const [bucket] of buckets) bucket.left -= 1
      return () => {
        for (const [bucket, rate] of buckets) bucket.left = Math.min(rate.burst, bucket.left + 1)
      }
    },
  }
}

/** One customer of a provider has a whole /64 of IPv6 addresses. */
function network(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const rest = tail === undefined ? [] : tail.split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  return [...groups, ...Array<string>(zeros).fill('0'), ...rest].slice(0, 4).join(':')
}
