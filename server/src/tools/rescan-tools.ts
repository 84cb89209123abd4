import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import { type DefinitionScanner, type FlaggedTool, isFlagged, type OtherTool } from './definition-scan.ts'
import type { KnownList, ListPlan } from './list-store.ts'
import { readDefinition } from './read-definition.ts'
import { type KnownTool, type LookedAt, reviewTool } from './review-tools.ts'
import type { ReviewRow, ToolStore } from './store.ts'
import type { ToolRow, VersionRow } from './tables-store.ts'
import { type TellParts, tellFlagged } from './tell-flagged.ts'

export type RescanParts = TellParts & {
  readonly store: ToolStore
  readonly scanner?: DefinitionScanner
  find(id: ServerId): Connector | undefined
  otherTools(serverId: ServerId): Iterable<OtherTool>
  /** What is served of this connector changed. */
  changed(id: ServerId): Promise<void>
  readonly now: () => number
  readonly log: Log
  readonly signal: AbortSignal
}

/** Definitions looked at before other work gets its turn. */
const perTurn = 8

type Looked = { readonly offered: LookedAt; readonly row: VersionRow; readonly before: boolean }

/**
 * Looks again at every stored definition that other detectors judged, connector by connector, whether or not the
 * connector answers. What is done is kept with each definition, so a restart goes on where it stopped. Never rejects.
 */
export function startRescan(parts: RescanParts): void {
  const { scanner } = parts
  if (scanner !== undefined) void rescanTools({ ...parts, scanner })
}

type Scanning = RescanParts & { readonly scanner: DefinitionScanner }

async function rescanTools(parts: Scanning): Promise<void> {
  const { scans, scanner, log, signal } = parts
  try {
    const stale = await scans.scannedByOthers(scanner.version)
    for (const id of stale) {
      if (signal.aborted) return
      const connector = parts.find(id)
      if (connector !== undefined) await rescanConnector(parts, connector)
    }
    if (stale.length > 0)
      log.info(
        { connectors: stale.length, detector_version: scanner.version },
        'definitions were looked at again',
      )
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'definitions could not be looked at again')
  }
}

async function rescanConnector(parts: Scanning, connector: Connector): Promise<void> {
  const looked: Looked[] = []
  const look = parts.scanner.lookFor(connector, () => parts.otherTools(connector.id))
  for (const [at, row] of (await parts.store.forReview(connector.id)).entries()) {
    if (at % perTurn === perTurn - 1) await nextTurn()
    if (parts.signal.aborted) return
    const one = lookAgain(row, connector, parts.scanner, look)
    if (one !== undefined) looked.push(one)
  }
  const source = { connector, when: new Date(parts.now()) }
  const plan = await parts.store.apply({ serverId: connector.id, slug: connector.slug }, (known) =>
    planRescan(looked, known, source),
  )
  tellFlagged(parts, connector, plan.flagged)
  if (plan.tools.length > 0) await parts.changed(connector.id)
}

function lookAgain(
  { state, offered: row }: ReviewRow,
  connector: Connector,
  scanner: DefinitionScanner,
  look: ReturnType<DefinitionScanner['lookFor']>,
): Looked | undefined {
  if (state === 'gone' || row === undefined || row.scan?.version === scanner.version) return undefined
  const read = readDefinition(row.definition, connector.transport !== 'stdio')
  if ('reason' in read) return undefined
  const before = isFlagged(row.scan ?? undefined)
  return { row, before, offered: { ...read, schemaFault: undefined, scan: look(read) } }
}

/**
 * What another look changes: the scan of each definition, and what is served where it must wait from now on. Nothing is
 * released: who was held before waits for a person, or for the connector's next list. Pure.
 */
export function planRescan(
  looked: readonly Looked[],
  known: KnownList,
  { connector, when }: { connector: Connector; when: Date },
): ListPlan & { flagged: FlaggedTool[] } {
  const tools: ToolRow[] = []
  const versions: VersionRow[] = []
  const flagged: FlaggedTool[] = []
  for (const { offered, row, before } of looked) {
    const tool = known.tools.get(offered.name)
    if (tool === undefined || !isStill(offered, tool)) continue
    const verdict = again(offered, tool, connector.toolReview)
    versions.push({ ...row, decision: verdict.decision, scan: offered.scan ?? null })
    if (verdict.held) tools.push(heldRow(tool, { connector, when, note: verdict.note ?? null }))
    if (verdict.held || (!before && verdict.isOpen))
      flagged.push(...flaggedNow(offered, verdict.held || tool.state === 'quarantined'))
  }
  return { list: undefined, tools, versions, flagged }
}

function again(offered: LookedAt, tool: KnownTool, mode: Connector['toolReview']) {
  const { state, note, decision: next } = reviewTool(offered, tool, mode)
  const held = tool.state === 'active' && state === 'quarantined'
  const decision = held ? next : (tool.decisionOn(offered.hash) ?? next)
  return { held, note, decision, isOpen: decision === 'pending' || decision === 'accepted' }
}

/** The definition is still the one on offer, and no other process looked at it meanwhile. */
const isStill = ({ hash, scan }: LookedAt, tool: KnownTool) =>
  tool.offeredHash === hash && tool.state !== 'gone' && tool.scannedBy(hash) !== scan?.version

const flaggedNow = ({ name, hash, scan }: LookedAt, held: boolean): FlaggedTool[] =>
  isFlagged(scan) ? [{ name, hash, held, scan }] : []

function heldRow(
  tool: KnownTool & { readonly publicName: string },
  { connector, when, note }: { connector: Connector; when: Date; note: string | null },
): ToolRow {
  return {
    serverId: connector.id,
    name: tool.name,
    publicName: tool.publicName,
    state: 'quarantined',
    approvedHash: tool.approvedHash ?? null,
    offeredHash: tool.offeredHash,
    note,
    updatedAt: when,
  }
}
