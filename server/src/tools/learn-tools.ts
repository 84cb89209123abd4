import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import { askForTools, type ListBounds } from './ask-upstream.ts'
import type { ArgumentCheck } from './check-arguments.ts'
import {
  type DefinitionScanner,
  type FlaggedTool,
  isFlagged,
  type OnFlagged,
  type OtherTool,
} from './definition-scan.ts'
import type { KnownList, ListPlan } from './list-store.ts'
import { namePublicly } from './name-tool.ts'
import { type DroppedTool, readDefinition } from './read-definition.ts'
import {
  type KnownTool,
  type LookedAt,
  reviewTool,
  type Verdict,
  type VersionDecision,
} from './review-tools.ts'
import type { ScanStore } from './scan-store.ts'
import type { ToolStore } from './store.ts'
import type { ToolRow, VersionRow } from './tables-store.ts'
import { tellFlagged } from './tell-flagged.ts'

/** How learning went. `message` is safe to show; with anything but ok the tools learned before stay as they were. */
export type LearnReport = {
  readonly health: 'ok' | 'failing' | 'needs_connection'
  readonly message?: string
  readonly active: number
  readonly quarantined: number
  readonly dropped: readonly DroppedTool[]
  /** Something that is stored about the tools changed. */
  readonly changed: boolean
}

export type LearnParts = {
  readonly store: ToolStore
  readonly scans: ScanStore
  readonly upstreams: Upstreams
  attach(connector: Connector, userId: UserId | undefined): Credential | Promise<Credential>
  readonly argumentCheck: ArgumentCheck
  /** Looks at definitions before anybody sees them. */
  readonly scanner?: DefinitionScanner
  otherTools?(serverId: ServerId): Iterable<OtherTool>
  readonly onFlagged?: OnFlagged
  readonly bounds: ListBounds
  readonly now: () => number
  readonly log: Log
}

type Offer = { tools: LookedAt[]; dropped: DroppedTool[] }
type Outcome = ListPlan & { active: number; quarantined: number; flagged: FlaggedTool[] }

/** An administrator reads these; a list of thousands helps nobody. */
const maxDropped = 200
/** Definitions handled before other work gets its turn: compiling a schema takes about a millisecond. */
const perTurn = 8

function inputSchemaOf(parsed: JsonObject): JsonObject {
  return parsed['inputSchema'] as JsonObject
}

async function readOffer(
  definitions: readonly string[],
  connector: Connector,
  parts: Pick<LearnParts, 'argumentCheck' | 'scanner' | 'otherTools'>,
): Promise<Offer> {
  const overHttp = connector.transport !== 'stdio'
  const look = parts.scanner?.lookFor(connector, () => parts.otherTools?.(connector.id) ?? [])
  const tools = new Map<string, LookedAt>()
  const dropped: DroppedTool[] = []
  for (const [at, definition] of definitions.entries()) {
    if (at % perTurn === perTurn - 1) await nextTurn()
    const read = readDefinition(definition, overHttp)
    if ('reason' in read) dropped.push(read)
    else if (tools.has(read.name)) dropped.push({ name: read.name, reason: 'the name is listed twice' })
    else {
      const schemaFault = parts.argumentCheck.findFault({
        hash: read.hash,
        inputSchema: inputSchemaOf(read.parsed),
      })
      tools.set(read.name, { ...read, schemaFault, scan: look?.(read) })
    }
  }
  return { tools: [...tools.values()], dropped: dropped.slice(0, maxDropped) }
}

type Source = { connector: Connector; learnedBy: UserId | undefined; when: Date }

/** Compares an offer with what is known and says what to write. Pure. */
export function planList(offer: Offer, known: KnownList, source: Source): Outcome {
  const { connector, when } = source
  const taken = new Set(known.taken)
  const tools: ToolRow[] = []
  const versions: VersionRow[] = []
  const flagged: FlaggedTool[] = []
  const count = { active: 0, quarantined: 0, gone: 0 }
  for (const offered of offer.tools) {
    const before = known.tools.get(offered.name)
    const verdict = reviewTool(offered, before, connector.toolReview)
    count[verdict.state]++
    const isSame =
      before?.state === verdict.state &&
      before.approvedHash === verdict.approvedHash &&
      before.offeredHash === offered.hash &&
      before.note === verdict.note
    if (!isSame) {
      const origin = { serverId: connector.id, slug: connector.slug, name: offered.name }
      const publicName = before?.publicName ?? namePublicly(origin, (name) => taken.has(name))
      taken.add(publicName)
      tools.push({
        serverId: connector.id,
        name: offered.name,
        publicName,
        state: verdict.state,
        approvedHash: verdict.approvedHash ?? null,
        offeredHash: offered.hash,
        note: verdict.note ?? null,
        updatedAt: when,
      })
    }
    if (isNews(offered, before, verdict.decision)) {
      flagged.push(...flaggedBy(offered, verdict))
      versions.push({
        serverId: connector.id,
        name: offered.name,
        hash: offered.hash,
        definition: offered.definition,
        seenAt: when,
        decision: verdict.decision,
        decidedBy: null,
        decidedAt: null,
        changes: verdict.changes,
        scan: offered.scan ?? null,
      })
    }
  }
  tools.push(...goneTools(offer, known, source))
  const list = {
    serverId: connector.id,
    learnedAt: when,
    learnedBy: source.learnedBy ?? null,
    dropped: offer.dropped,
  }
  return { list, tools, versions, flagged, active: count.active, quarantined: count.quarantined }
}

/** What is stored about this definition would change. */
function isNews(offered: LookedAt, before: KnownTool | undefined, decision: VersionDecision): boolean {
  return (
    before?.offeredHash !== offered.hash ||
    before.decisionOn(offered.hash) !== decision ||
    before.scannedBy(offered.hash) !== offered.scan?.version
  )
}

function flaggedBy({ name, hash, scan }: LookedAt, verdict: Verdict): FlaggedTool[] {
  if (!isFlagged(scan) || verdict.decision === 'approved' || verdict.decision === 'rejected') return []
  return [{ name, hash, held: verdict.state === 'quarantined', scan }]
}

function goneTools(offer: Offer, known: KnownList, source: Source): ToolRow[] {
  const offered = new Set(offer.tools.map((tool) => tool.name))
  return [...known.tools.values()]
    .filter((tool) => tool.state !== 'gone' && !offered.has(tool.name))
    .map((tool) => ({
      serverId: source.connector.id,
      name: tool.name,
      publicName: tool.publicName,
      state: 'gone',
      approvedHash: tool.approvedHash ?? null,
      offeredHash: tool.offeredHash,
      note: tool.note ?? null,
      updatedAt: source.when,
    }))
}

function trouble(error: unknown, connector: Connector, log: Log): LearnReport {
  const nothing = { active: 0, quarantined: 0, dropped: [], changed: false }
  if (error instanceof GatewayError) {
    const health = error.reason === 'needs-connection' ? 'needs_connection' : 'failing'
    return { health, message: error.message, ...nothing }
  }
  log.error({ err: error, server_id: connector.id }, 'tools could not be learned')
  return {
    health: 'failing',
    message: 'The tools could not be learned because of a fault in the gateway; its log says more.',
    ...nothing,
  }
}

/**
 * Asks a connector for its tools, reviews what changed and stores it. Never throws: trouble comes back as a report.
 * `userId`: whose credential to use where a connector has one per person.
 */
export async function learnTools(
  parts: LearnParts,
  connector: Connector,
  userId: UserId | undefined,
  signal: AbortSignal,
): Promise<LearnReport> {
  try {
    const credential = await parts.attach(connector, userId)
    const definitions = await askForTools({
      upstreams: parts.upstreams,
      connector,
      credential,
      bounds: parts.bounds,
      signal,
    })
    const offer = await readOffer(definitions, connector, parts)
    const source = { connector, learnedBy: userId, when: new Date(parts.now()) }
    const outcome = await parts.store.apply({ serverId: connector.id, slug: connector.slug }, (known) =>
      planList(offer, known, source),
    )
    tellFlagged(parts, connector, outcome.flagged)
    if (offer.dropped.length > 0)
      parts.log.warn(
        { server_id: connector.id, dropped: offer.dropped.length },
        'tool definitions were refused',
      )
    return {
      health: 'ok',
      active: outcome.active,
      quarantined: outcome.quarantined,
      dropped: offer.dropped,
      changed: outcome.tools.length > 0,
    }
  } catch (error) {
    return trouble(error, connector, parts.log)
  }
}

/** One learning per connector at a time; who asks for the same meanwhile gets the same report. */
export function singleFlight(
  learn: (connector: Connector, userId: UserId | undefined) => Promise<LearnReport>,
) {
  const running = new Map<ServerId, { key: string; report: Promise<LearnReport> }>()
  return (connector: Connector, userId: UserId | undefined): Promise<LearnReport> => {
    const key = `${connector.revision} ${userId ?? ''}`
    const before = running.get(connector.id)
    if (before?.key === key) return before.report
    // A changed connector is asked again only after the answer to its older self was stored.
    const report = (before === undefined ? Promise.resolve() : before.report.then(() => undefined)).then(() =>
      learn(connector, userId),
    )
    const entry = { key, report }
    running.set(connector.id, entry)
    const done = () => {
      if (running.get(connector.id) === entry) running.delete(connector.id)
    }
    report.then(done, done)
    return report
  }
}
