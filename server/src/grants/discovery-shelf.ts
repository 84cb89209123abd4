import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { defaultFacts, discoverServer } from './discover-server.ts'
import type { AuthFacts } from './facts.ts'
import type { FlowStore } from './flow-store.ts'

export type DiscoveryShelf = {
  /** What was found out for the connector's present address. */
  of(connector: Connector): AuthFacts | undefined
  /** Finds out anew and keeps it. undefined: no sign of OAuth. Throws what breaks a rule. */
  find(connector: Connector): Promise<AuthFacts | undefined>
  reread(id: string): Promise<void>
}

/** An upstream that wants no OAuth is asked again at most this often. */
const noneMs = 60_000
const maxNone = 1_000

/** What is known of each upstream's authorization, in memory, kept true by change notices. */
export async function discoveryShelf(parts: {
  store: Pick<FlowStore, 'discoveries' | 'keepDiscovery'>
  fetch: GuardedFetch
  brokerUrl?: string | undefined
  now: () => number
  changed(id: ServerId): Promise<void>
}): Promise<DiscoveryShelf> {
  const known = new Map<ServerId, AuthFacts>()
  const none = new BoundedCache<{ until: number }>(maxNone)
  const running = new Map<string, Promise<AuthFacts | undefined>>()
  const read = async (id?: ServerId) => {
    for (const row of await parts.store.discoveries(id)) known.set(row.serverId, row.facts)
  }
  await read()
  async function look(connector: Connector): Promise<AuthFacts | undefined> {
    if (connector.url === undefined) return undefined
    const settings = connector.auth.type === 'oauth' ? connector.auth : {}
    const server = { url: connector.url, transport: connector.transport }
    const found = await discoverServer({
      fetch: parts.fetch,
      server,
      settings,
      brokerUrl: parts.brokerUrl,
    })
    const facts =
      found ?? (connector.auth.type === 'oauth' ? defaultFacts(connector.url, settings) : undefined)
    if (facts === undefined) {
      none.set(`${connector.id} ${connector.url}`, { until: parts.now() + noneMs })
      return undefined
    }
    await parts.store.keepDiscovery(connector.id, facts, new Date(parts.now()))
    await parts.changed(connector.id)
    return facts
  }
  return {
    of(connector) {
      const facts = known.get(connector.id)
      return facts?.serverUrl === connector.url ? facts : undefined
    },
    async find(connector) {
      const key = `${connector.id} ${connector.url ?? ''}`
      const was = none.get(key)
      if (connector.auth.type !== 'oauth' && was !== undefined && was.until > parts.now()) return undefined
      const before = running.get(key)
      if (before !== undefined) return before
      const mine = look(connector).finally(() => running.delete(key))
      running.set(key, mine)
      return mine
    },
    reread: (id) => read(id === '*' ? undefined : (id as ServerId)),
  }
}
