import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import type { OtherTool } from './definition-scan.ts'
import { type HeaderRule, readHeaderRules } from './param-headers.ts'
import { titleOf } from './review-tools.ts'
import { SearchIndex } from './search-index.ts'
import type { SearchKnowledge } from './search-knowledge.ts'
import { Sights } from './search-sight.ts'
import type { ServedRow } from './store.ts'

/** One connector's share of the index. */
type Shelf = { readonly tools: readonly PinnedTool[]; readonly byName: ReadonlyMap<string, PinnedTool> }

const emptyShelf: Shelf = { tools: [], byName: new Map() }
function asPinned(row: ServedRow): PinnedTool {
  const parsed = JSON.parse(row.definition) as JsonObject
  const description = parsed['description']
  const annotations = parsed['annotations']
  return {
    serverId: row.serverId,
    name: row.name,
    publicName: row.publicName,
    title: titleOf(parsed),
    description: typeof description === 'string' ? description : '',
    inputSchema: parsed['inputSchema'] as JsonObject,
    annotations:
      typeof annotations === 'object' && annotations !== null && !Array.isArray(annotations)
        ? annotations
        : undefined,
    definition: row.definition,
    hash: row.hash,
    state: 'active',
  }
}

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0
}

/** Everything served, in memory. Bounded by the limits on one list and the number of connectors. */
export class Shelves {
  readonly #find: (id: ServerId) => Connector | undefined
  readonly #shelves = new Map<ServerId, Shelf>()
  readonly #public = new Map<string, PinnedTool>()
  readonly #headers = new Map<string, readonly HeaderRule[]>()
  readonly index: SearchIndex
  /** What people were found to see. */
  readonly sights: Sights
  revision = 0

  constructor(find: (id: ServerId) => Connector | undefined, knowledge: SearchKnowledge) {
    this.#find = find
    this.index = new SearchIndex(knowledge)
    this.sights = new Sights(this.index)
  }

  of(serverId: ServerId): Shelf {
    return this.#shelves.get(serverId) ?? emptyShelf
  }

  byPublicName(name: string): PinnedTool | undefined {
    return this.#public.get(name)
  }

  ids(): ServerId[] {
    return [...this.#shelves.keys()]
  }

  /** What other connectors serve, with the name people know them by. */
  *others(serverId: ServerId): Generator<OtherTool> {
    for (const tool of this.#public.values()) {
      if (tool.serverId === serverId) continue
      yield { serverId: tool.serverId, name: tool.name, connector: this.#find(tool.serverId)?.name ?? '' }
    }
  }

  /** Public names of the tools somebody may see. */
  publicNames(visible: (tool: PinnedTool) => boolean): string[] {
    const names: string[] = []
    for (const tool of this.#public.values()) if (visible(tool)) names.push(tool.publicName)
    return names
  }

  headerRules(tool: PinnedTool): readonly HeaderRule[] {
    return this.#headers.get(tool.publicName) ?? []
  }

  put(serverId: ServerId, rows: readonly ServedRow[]): void {
    const before = this.of(serverId)
    for (const tool of before.tools) {
      this.#public.delete(tool.publicName)
      this.#headers.delete(tool.publicName)
    }
    const tools = rows
      .map((row) => {
        const known = before.byName.get(row.name)
        const isKnown = known?.definition === row.definition && known.publicName === row.publicName
        return isKnown && known.hash === row.hash ? known : asPinned(row)
      })
      .sort(byName)
    if (tools.length === 0) this.#shelves.delete(serverId)
    else this.#shelves.set(serverId, { tools, byName: new Map(tools.map((tool) => [tool.name, tool])) })
    for (const tool of tools) {
      this.#public.set(tool.publicName, tool)
      if (tool.definition.includes('x-mcp-header'))
        this.#headers.set(tool.publicName, readHeaderRules(tool.inputSchema).rules)
    }
    this.describe(serverId)
    this.revision++
  }

  /** Indexes a connector's tools under its present name and description. */
  describe(serverId: ServerId): void {
    const connector = this.#find(serverId)
    const { tools } = this.of(serverId)
    const server = {
      name: connector?.name ?? '',
      slug: connector?.slug ?? '',
      description: connector?.description ?? '',
    }
    this.index.put(serverId, server, tools)
  }
}
