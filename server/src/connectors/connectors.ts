/** Managed MCP servers: every connector in memory, kept true by change notices, with who may know that one exists. */
import { administers, type Caller } from '../kernel/caller.ts'
import type { Connector, Health } from '../kernel/connector.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import { can } from '../kernel/route.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { ownerStore } from './owner-store.ts'
import { type ConnectorRecord, connectorStore } from './store.ts'

export type Connectors = {
  find(id: ServerId): ConnectorRecord | undefined
  /** Sorted by name. */
  list(): readonly ConnectorRecord[]
  /** Kept in memory at once; stored and told to other processes only when state or message differ. */
  setHealth(id: ServerId, health: Health): Promise<void>
  /** Hears of connectors that appeared, changed or went; not of health. */
  onChange(listener: (id: ServerId) => void): () => void
  /** Hears of each look at a connector, after its health is known. */
  onLook(listener: (id: ServerId) => void): () => void
  /** Whoever made connectors has gone: `to` has made them from now on. Answers how many. */
  handOver(from: UserId, to: UserId): Promise<number>
  close(): void
}

export async function openConnectors(o: { db: Db; bus: Bus }): Promise<Connectors> {
  const store = connectorStore(o.db)
  const listeners = new Set<(id: ServerId) => void>()
  const lookers = new Set<(id: ServerId) => void>()
  let byId = new Map<ServerId, ConnectorRecord>()
  let sorted: readonly ConnectorRecord[] | undefined
  let queue: Promise<void> = Promise.resolve()

  const put = (id: ServerId, next: ConnectorRecord | undefined) => {
    const before = byId.get(id)
    if (next === undefined) byId.delete(id)
    else byId.set(id, next)
    sorted = inPlace(sorted, before, next)
    if (before?.revision !== next?.revision) for (const listener of listeners) listener(id)
    if (before?.health.checkedAt !== next?.health.checkedAt) for (const looker of lookers) looker(id)
  }
  const readAll = async () => {
    const before = byId
    const now = new Map((await store.all()).map((record) => [record.id, record]))
    byId = new Map(before)
    for (const id of before.keys()) if (!now.has(id)) put(id, undefined)
    for (const [id, record] of now) put(id, record)
  }
  // One re-read after the other: a slow old answer must not replace a newer one.
  const reread = (id: string) => {
    const next = queue.then(async () =>
      id === '*' ? readAll() : put(id as ServerId, await store.find(id as ServerId)),
    )
    queue = next.catch(() => undefined)
    return next
  }
  const off = o.bus.on('connectors', reread)
  await reread('*')

  return {
    find: (id) => byId.get(id),
    list: () => {
      sorted ??= [...byId.values()].sort((a, b) => compareKeys(sortKey(a), sortKey(b)))
      return sorted
    },
    async setHealth(id, health) {
      const record = byId.get(id)
      if (record === undefined) return
      put(id, { ...record, health })
      if (record.health.state === health.state && record.health.message === health.message) return
      await store.setHealth(id, health)
      await o.bus.publish('connectors', id)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onLook(listener) {
      lookers.add(listener)
      return () => lookers.delete(listener)
    },
    async handOver(from, to) {
      const count = await ownerStore(o.db).handOver(from, to)
      if (count > 0) await o.bus.publish('connectors', '*')
      return count
    },
    close: off,
  }
}

/** The list with one connector as it is now, where its place stays; undefined where all have to be sorted again. */
function inPlace(
  sorted: readonly ConnectorRecord[] | undefined,
  before: ConnectorRecord | undefined,
  next: ConnectorRecord | undefined,
): readonly ConnectorRecord[] | undefined {
  if (sorted === undefined || before === undefined || next === undefined) return undefined
  const at = sorted.indexOf(before)
  return at !== -1 && sortKey(before) === sortKey(next) ? sorted.with(at, next) : undefined
}

/** Whether somebody may know that a connector exists. What is invisible is answered like what is unknown. */
export function isVisible(
  caller: Caller,
  connector: Connector,
  mayUse: (caller: Caller, connector: Connector) => boolean,
): boolean {
  if (administers(caller, connector.id)) return true
  if (connector.status === 'draft') return connector.createdBy === caller.id || can(caller, 'drafts.read')
  return can(caller, 'connectors.read') || (connector.status === 'active' && mayUse(caller, connector))
}

/** The order of lists; names may repeat, so the id decides. */
export function sortKey(connector: Pick<Connector, 'name' | 'id'>): string {
  return `${connector.name.toLowerCase()}\0${connector.id}`
}

export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
