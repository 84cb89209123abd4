import { setTimeout as wait } from 'node:timers/promises'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import { guardedConnector } from '../lib/guarded-connector.ts'
import type { AddressGuard } from '../lib/network.ts'
import type { Caps } from './caps.ts'
import { failure } from './explain-failure.ts'
import { readSocket } from './http1-connection.ts'
import { Http1Pool } from './http1-pool.ts'

/** Calls and endless streams have separate sockets, so that listening never starves calling. */
export type Use = 'calls' | 'streams'

const closeMs = 1000

/** The sockets of one connector revision towards one origin. */
export type OriginPool = {
  readonly serverId: ServerId
  readonly origin: string
  readonly http: Http1Pool
  inFlight: number
  lastUsedAt: number
  closed: boolean
}

export type OriginPools = {
  /** Throws address-refused for a literal address that may not be reached, busy when too many requests wait. */
  at(connector: Connector, url: URL, use: Use): OriginPool
  /** Closes pools of this connector that nobody uses any more; running exchanges end first. */
  forget(serverId: ServerId): void
  sweep(): void
  closeAll(): Promise<void>
}

export function openOriginPools(o: { guard: AddressGuard; caps: Caps; now: () => number }): OriginPools {
  const pools = new Map<string, OriginPool>()
  const connect = guardedConnector(o.guard, readSocket)

  function open(connector: Connector, url: URL, use: Use): OriginPool {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw failure(connector, 'address-refused', 'has an address that is not http or https.')
    // No time limits here: each call has its own clock, which also knows about progress and questions to people.
    const http = new Http1Pool(url, {
      connect,
      connections: use === 'calls' ? o.caps.connectionsPerOrigin : o.caps.sessionsPerConnector,
    })
    return {
      serverId: connector.id,
      origin: url.origin,
      http,
      inFlight: 0,
      lastUsedAt: o.now(),
      closed: false,
    }
  }

  function at(connector: Connector, url: URL, use: Use): OriginPool {
    const key = `${connector.id} ${connector.revision} ${url.origin} ${use}`
    let pool = pools.get(key)
    if (pool === undefined) {
      pool = open(connector, url, use)
      pools.set(key, pool)
    }
    return pool
  }

  function close(key: string, pool: OriginPool): void {
    pool.closed = true
    pools.delete(key)
    void pool.http.close()
  }

  return {
    at,
    forget(serverId) {
      for (const [key, pool] of pools) if (pool.serverId === serverId) close(key, pool)
    },
    sweep() {
      const before = o.now() - 2 * o.caps.sessionIdleMs
      for (const [key, pool] of pools) {
        if (pool.inFlight === 0 && pool.lastUsedAt < before) close(key, pool)
        else pool.http.sweep()
      }
    },
    async closeAll() {
      const all = [...pools.values()]
      pools.clear()
      for (const pool of all) pool.closed = true
      // Sessions just ended say goodbye over these sockets; they get a moment, then the sockets go.
      await Promise.race([
        Promise.all(all.map((pool) => pool.http.close())),
        wait(closeMs, undefined, { ref: false }),
      ])
      for (const pool of all) pool.http.destroy()
    },
  }
}
