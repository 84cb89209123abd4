import { BoundedCache } from '../lib/bounded-cache.ts'

const hourMs = 3_600_000
const maxAddresses = 20_000

/** So many times per address and hour; an address that was forgotten starts anew. */
export function hourlyLimit(most: number, now: () => number): (ip: string) => boolean {
  const counts = new BoundedCache<{ since: number; count: number }>(maxAddresses)
  return (ip) => {
    const at = now()
    const known = counts.get(ip)
    if (known === undefined || at - known.since >= hourMs) {
      counts.set(ip, { since: at, count: 1 })
      return true
    }
    known.count += 1
    return known.count <= most
  }
}
