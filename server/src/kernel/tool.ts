import type { ServerId } from './ids.ts'
import type { JsonObject } from './json.ts'

/** active: shown and callable. quarantined: waits for a person to approve this exact hash. gone: no longer offered. */
export type ToolState = 'active' | 'quarantined' | 'gone'

/** A tool as the approved definition says, learned from a connector and pinned by hash (design.md §4). */
export type PinnedTool = {
  readonly serverId: ServerId
  /** The upstream's own name, used on per-connector endpoints. */
  readonly name: string
  /** Unique over all connectors, at most 64 characters of `[A-Za-z0-9_-]`, stable once given. */
  readonly publicName: string
  readonly title: string | undefined
  readonly description: string
  readonly inputSchema: JsonObject
  readonly annotations: JsonObject | undefined
  /** The approved definition's JSON text as the upstream sent it: nothing is lost by re-encoding (R11). */
  readonly definition: string
  /** SHA-256 of the canonical definition, hex. */
  readonly hash: string
  readonly state: ToolState
}
