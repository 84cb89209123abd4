/** Tools learned from connectors: pinned to approved definitions, indexed in memory, found by name or by words. */
import type { Credential } from '../kernel/call.ts'
import type { Connector, Health } from '../kernel/connector.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Json } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { askForTools } from './ask-upstream.ts'
import { type ArgumentCheck, argumentCheck } from './check-arguments.ts'
import type { DefinitionScanner, OnFlagged } from './definition-scan.ts'
import { type LearnParts, type LearnReport, learnTools, singleFlight } from './learn-tools.ts'
import { headersFor } from './param-headers.ts'
import { type Refresh, startRefresh } from './refresh-tools.ts'
import { startRescan } from './rescan-tools.ts'
import { scanStore, type WorstScan } from './scan-store.ts'
import { readKnowledge, type SearchKnowledge } from './search-knowledge.ts'
import { type SearchAnswer, type SearchOptions, searchTools } from './search-tools.ts'
import { type SharedWords, sharedWords } from './shared-words.ts'
import { Shelves } from './shelve-tools.ts'
import { type ReviewRow, type ServedRow, type ToolStore, toolStore } from './store.ts'
import { suggestNames } from './suggest-names.ts'
import type { ListRow, VersionRow } from './tables-store.ts'

export type Tools = {
  /** Tools that may be served, sorted by name. */
  of(serverId: ServerId): readonly PinnedTool[]
  find(serverId: ServerId, name: string): PinnedTool | undefined
  byPublicName(name: string): PinnedTool | undefined
  /**
   * The best of the visible tools for these words; an empty query lists them. Visibility filters before ranking.
   * `viewKey` names all that `visible` goes by but the tool: what it said is remembered by it.
   */
  search(query: string, o: Omit<SearchOptions, 'sight'> & { readonly viewKey?: string }): SearchAnswer
  /** Words of the query that a text has, counting inflected forms as the search does. */
  sharedWords(query: string, text: string): SharedWords
  /** Public names near a wrong one, only of visible tools; at most `max` (default 5). */
  suggest(name: string, visible: (tool: PinnedTool) => boolean, max?: number): string[]
  /** Asks the upstream now. Never throws for its trouble. `userId`: whose credential, where each person has one. */
  learn(connector: Connector, userId?: UserId): Promise<LearnReport>
  /** As learn, and tells the connector's health; the credential that learned last time is used again. */
  relearn(connector: Connector, userId?: UserId): Promise<LearnReport>
  /** What an upstream lists right now, storing nothing. Throws a GatewayError naming the connector. */
  listDefinitions(connector: Connector, credential: Credential): Promise<readonly string[]>
  /** The upstream said on some session that its list changed. */
  hearListChanged(serverId: ServerId): void
  checkArguments(tool: PinnedTool, args: Json | undefined): readonly FieldError[] | undefined
  /** Mcp-Param-* values by header name (SEP-2243). Throws arguments-invalid for an integer beyond 2^53-1. */
  paramHeaders(tool: PinnedTool, args: Json | undefined): Readonly<Record<string, string>>
  /** All tools of a connector as a reviewer sees them, and what was refused. */
  forReview(serverId: ServerId): Promise<{ tools: ReviewRow[]; list: ListRow | undefined }>
  history(serverId: ServerId, name: string): Promise<VersionRow[]>
  /** The worst that the guards found in each connector's definitions. */
  worstScans(): Promise<WorstScan[]>
  /** Approves or rejects exactly this definition (T22). Throws not-found, or conflict when another one is offered now. */
  review(
    serverId: ServerId,
    decision: { name: string; hash: string; approve: boolean; userId: UserId },
  ): Promise<void>
  /** Grows with every change of what is served. */
  revision(): number
  onChange(listener: (serverId: ServerId) => void): () => void
  close(): void
}

export type ToolParts = {
  readonly db: Db
  readonly bus: Bus
  readonly connectors: {
    find(id: ServerId): Connector | undefined
    list(): readonly Connector[]
    setHealth(id: ServerId, health: Health): Promise<void>
    onChange(listener: (id: ServerId) => void): () => void
  }
  readonly upstreams: Upstreams
  attach(connector: Connector, userId: UserId | undefined): Credential | Promise<Credential>
  readonly limits: { readonly listPages: number; readonly upstreamBytes: number; readonly callIdleMs: number }
  /** The guards' look at definitions; without it nothing but hidden characters is looked for. */
  readonly scanner?: DefinitionScanner
  readonly onFlagged?: OnFlagged
  readonly now: () => number
  readonly log: Log
  /** Between two refreshes of one connector; 10 minutes unless said otherwise. */
  readonly refreshMs?: number
  readonly random?: () => number
  /** What the search learned; the product's own unless given. */
  readonly knowledge?: SearchKnowledge
}

const maxToolsPerConnector = 5_000
const topic = 'tools'
/** A list whose connector is unknown for so long was left behind by a deletion that did not finish. */
const orphanAfterMs = 3_600_000

/** Loads all learned tools, keeps them true by change notices, and starts refreshing active connectors. */
export async function openTools(parts: ToolParts): Promise<Tools> {
  const store = toolStore(parts.db)
  const scans = scanStore(parts.db)
  const shelves = new Shelves((id) => parts.connectors.find(id), parts.knowledge ?? readKnowledge())
  const checks = argumentCheck()
  const listeners = new Set<(serverId: ServerId) => void>()
  const ending = new AbortController()

  const reread = upkeep(store, shelves, listeners)
  const { learn, relearn, lastLearned, listDefinitions } = learning(
    { ...parts, scans, otherTools: (id) => shelves.others(id) },
    store,
    checks,
    ending.signal,
  )

  const offBus = parts.bus.on(topic, reread)
  const offConnectors = parts.connectors.onChange((id) => {
    if (parts.connectors.find(id) !== undefined) return shelves.describe(id)
    void store
      .forget([id])
      .then(() => reread(id))
      .catch((error: unknown) =>
        parts.log.warn({ err: error, server_id: id }, 'tools of a deleted connector remain'),
      )
  })
  await reread('*')
  await sweepOrphans(parts, store)
  const refresh = startRefresh({
    upstreams: parts.upstreams,
    connectors: () =>
      parts.connectors
        .list()
        .filter((connector) => connector.status === 'active' && connector.kind === 'hosted'),
    attach: parts.attach,
    lastLearned,
    relearn: async (connector, userId) => void (await relearn(connector, userId)),
    now: parts.now,
    random: parts.random ?? Math.random,
    log: parts.log,
    intervalMs: parts.refreshMs ?? 600_000,
  })

  startRescan({
    ...parts,
    ...{ store, scans, signal: ending.signal },
    find: (id) => parts.connectors.find(id),
    otherTools: (id) => shelves.others(id),
    changed: async (id) => void (await parts.bus.publish(topic, id)),
  })

  return {
    ...reading(shelves),
    learn: (connector, userId) => learn(connector, userId),
    relearn,
    listDefinitions,
    hearListChanged: (id) => refresh.hearListChanged(id),
    checkArguments: (tool, args) => checks.check(tool, args),
    ...reviewing(parts, store),
    worstScans: () => scans.worst(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => closeAll(refresh, ending, [offBus, offConnectors]),
  }
}

/** Re-reads one connector's tools, or with '*' all. One after the other: a slow old answer must not replace a newer one. */
function upkeep(
  store: ToolStore,
  shelves: Shelves,
  listeners: ReadonlySet<(serverId: ServerId) => void>,
): (id: string) => Promise<void> {
  const put = (id: ServerId, rows: readonly ServedRow[]) => {
    shelves.put(id, rows)
    for (const listener of listeners) listener(id)
  }
  const readAll = async () => {
    const ofServer = Map.groupBy(await store.served(), (row) => row.serverId)
    for (const id of new Set([...shelves.ids(), ...ofServer.keys()])) put(id, ofServer.get(id) ?? [])
  }
  let queue: Promise<void> = Promise.resolve()
  return (id) => {
    const next = queue.then(async () =>
      id === '*' ? readAll() : put(id as ServerId, await store.served(id as ServerId)),
    )
    queue = next.catch(() => undefined)
    return next
  }
}

/** The part of the door that asks upstreams. */
function learning(
  parts: ToolParts & Pick<LearnParts, 'otherTools' | 'scans'>,
  store: ToolStore,
  checks: ArgumentCheck,
  signal: AbortSignal,
) {
  const { listPages, upstreamBytes, callIdleMs } = parts.limits
  const bounds = {
    pages: listPages,
    tools: maxToolsPerConnector,
    chars: upstreamBytes,
    idleTimeoutMs: callIdleMs,
  }
  const learn = singleFlight(async (connector, userId) => {
    const report = await learnTools(
      { ...parts, store, argumentCheck: checks, bounds },
      connector,
      userId,
      signal,
    )
    if (report.changed) await parts.bus.publish(topic, connector.id)
    return report
  })
  const lastLearned = async (id: ServerId) => {
    const [list] = await store.lists(id)
    return list === undefined ? undefined : { at: list.learnedAt.getTime(), by: list.learnedBy ?? undefined }
  }
  const relearn = async (connector: Connector, userId?: UserId): Promise<LearnReport> => {
    const report = await learn(connector, userId ?? (await lastLearned(connector.id))?.by)
    const checkedAt = new Date(parts.now()).toISOString()
    const message = report.message === undefined ? {} : { message: report.message }
    await parts.connectors.setHealth(connector.id, { state: report.health, checkedAt, ...message })
    return report
  }
  const listDefinitions = (connector: Connector, credential: Credential) =>
    askForTools({ upstreams: parts.upstreams, connector, credential, bounds, signal })
  return { learn, relearn, lastLearned, listDefinitions }
}

/** The part of the door for reviewers. */
function reviewing(parts: ToolParts, store: ToolStore): Pick<Tools, 'forReview' | 'history' | 'review'> {
  return {
    async forReview(id) {
      const [list] = await store.lists(id)
      return { tools: await store.forReview(id), list }
    },
    history: (id, name) => store.history(id, name),
    async review(serverId, decision) {
      const done = await store.review({ serverId, ...decision, when: new Date(parts.now()) })
      if (done === 'unknown') throw new GatewayError('not-found', 'This connector offers no such tool.')
      if (done === 'changed')
        throw new GatewayError(
          'conflict',
          'The connector offers another definition by now. Read it and decide again.',
        )
      await parts.bus.publish(topic, serverId)
    },
  }
}

function closeAll(refresh: Refresh, ending: AbortController, offs: readonly (() => void)[]): void {
  refresh.close()
  ending.abort()
  for (const off of offs) off()
}

/** The part of the door that only looks into memory. */
function reading(
  shelves: Shelves,
): Pick<
  Tools,
  'of' | 'find' | 'byPublicName' | 'search' | 'sharedWords' | 'suggest' | 'paramHeaders' | 'revision'
> {
  return {
    of: (id) => shelves.of(id).tools,
    find: (id, name) => shelves.of(id).byName.get(name),
    byPublicName: (name) => shelves.byPublicName(name),
    search: (query, o) => {
      const sight = shelves.sights.of(o.viewKey, o.visible)
      return searchTools(shelves.index, query, { ...o, sight })
    },
    sharedWords,
    suggest: (name, visible, max = 5) => suggestNames(name, shelves.publicNames(visible), max),
    paramHeaders: (tool, args) => {
      const rules = shelves.headerRules(tool)
      return rules.length === 0 ? {} : headersFor(rules, args ?? {})
    },
    revision: () => shelves.revision,
  }
}

async function sweepOrphans(parts: ToolParts, store: ToolStore): Promise<void> {
  const orphans = (await store.lists()).filter(
    (list) =>
      parts.connectors.find(list.serverId) === undefined &&
      parts.now() - list.learnedAt.getTime() > orphanAfterMs,
  )
  await store.forget(orphans.map((list) => list.serverId))
}
