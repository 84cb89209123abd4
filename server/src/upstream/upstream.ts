/** The MCP client side of the gateway: every request that leaves for an upstream leaves through here. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Hosting, Lane, UpstreamFacts, Upstreams } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import { addressGuard } from '../lib/network.ts'
import { type Caps, defaultCaps } from './caps.ts'
import { HttpOpener } from './open-http.ts'
import { StdioOpener } from './open-stdio.ts'
import { openOriginPools } from './origin-pools.ts'
import { Relay } from './relay.ts'
import type { Product } from './rpc-text.ts'
import type { Parts } from './session.ts'
import { SessionPool } from './session-pool.ts'
import { Verdicts } from './verdicts.ts'

export type OpenUpstreams = Upstreams & {
  /** Asks the upstream whether it is there, over a session of our own; throws like call. */
  probe(connector: Connector, credential: Credential): Promise<UpstreamFacts>
  /** Sessions open or opening. */
  readonly sessionCount: number
}

export type UpstreamOptions = {
  readonly hosting: Hosting
  readonly allowedNetworks: readonly string[]
  readonly limits: Pick<Config['limits'], 'upstreamBytes' | 'jsonDepth'>
  readonly product: Product
  readonly now: () => number
  readonly log: Log
  readonly caps?: Partial<Caps>
}

const healthLane: Lane = { principal: 'health', session: undefined, exclusive: false }

/** Opens the upstream side. Nothing is contacted before the first call. */
export function openUpstreams(o: UpstreamOptions): OpenUpstreams {
  const caps = { ...defaultCaps, ...o.caps }
  const pools = openOriginPools({ guard: addressGuard(o.allowedNetworks), caps, now: o.now })
  const parts: Parts = { pools, caps, limits: o.limits, product: o.product, now: o.now, log: o.log }
  const verdicts = new Verdicts(caps.verdictMs, o.now)
  const http = new HttpOpener(parts, verdicts)
  const stdio = new StdioOpener(parts, verdicts, o.hosting)
  const sessions = new SessionPool({
    caps,
    now: o.now,
    open: (peer, principal) =>
      peer.connector.transport === 'stdio' ? stdio.open(peer, principal) : http.open(peer),
  })
  const relay = new Relay(sessions, verdicts)
  const sweeper = setInterval(() => {
    for (const part of [sessions, pools, verdicts, stdio]) part.sweep()
  }, caps.sweepMs)
  sweeper.unref()

  return {
    call: (request) => relay.call(request),
    facts: (connector, credential, lane, capabilities) =>
      relay.facts({ connector, credential, lane, capabilities }),
    watch: (wanted) => relay.watch(wanted),
    probe: (connector, credential) =>
      relay.over(
        { connector, credential, lane: healthLane, capabilities: {} },
        undefined,
        async (session) => {
          await session.ping()
          return session.facts
        },
      ),
    endSession: (sessionKey) => sessions.endSession(sessionKey),
    forget(serverId) {
      sessions.forget(serverId)
      pools.forget(serverId)
    },
    async drain(graceMs) {
      relay.stop()
      clearInterval(sweeper)
      await Promise.race([sessions.quiet(), wait(graceMs, undefined, { ref: false })])
      sessions.endAll()
      await pools.closeAll()
    },
    get sessionCount() {
      return sessions.size
    },
  }
}
