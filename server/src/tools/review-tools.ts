import type { ToolReview } from '../kernel/connector.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { ToolState } from '../kernel/tool.ts'
import { type Change, compareDefinitions, isWordingOnly } from './compare-definitions.ts'
import { type DefinitionScan, holdNote } from './definition-scan.ts'
import { judgeChange } from './judge-change.ts'
import type { OfferedTool } from './read-definition.ts'

/** pending: waits for a person. accepted: by the connector's rule. approved and rejected: by a person. */
export type VersionDecision = 'pending' | 'accepted' | 'approved' | 'rejected'

/** What is stored about a tool before a new list is looked at. */
export type KnownTool = {
  readonly name: string
  readonly state: ToolState
  readonly approvedHash: string | undefined
  readonly offeredHash: string
  readonly note: string | undefined
  /** Text of the approved definition; undefined while there is none. */
  readonly approvedDefinition: string | undefined
  /** Decision on the offered hash, when this very definition was offered before. */
  decisionOn(hash: string): VersionDecision | undefined
  /** The detectors that looked at this definition last; undefined when none did. */
  scannedBy(hash: string): string | undefined
  /** A person refused some definition under this name. */
  readonly wasRejected: boolean
}

/** What becomes of one offered tool. */
export type Verdict = {
  readonly state: ToolState
  readonly approvedHash: string | undefined
  readonly note: string | undefined
  readonly decision: VersionDecision
  readonly changes: readonly Change[]
}

/** An offered definition with what was looked up about it. */
export type LookedAt = OfferedTool & {
  readonly schemaFault: string | undefined
  readonly scan: DefinitionScan | undefined
}

/** Why an offered definition may not be shown unseen; undefined when it may. */
function concernAbout(
  offered: LookedAt,
  known: KnownTool | undefined,
  changes: readonly Change[],
): string | undefined {
  if (offered.hidden.length > 0) return `hidden characters: ${offered.hidden.join(', ')}`
  if (offered.schemaFault !== undefined) return offered.schemaFault
  if (offered.scan?.hold === true) return holdNote(offered.scan)
  if (known?.wasRejected === true && known.approvedHash === undefined)
    return 'an earlier definition of this tool was rejected'
  if (
    known?.approvedDefinition !== undefined &&
    !isWordingOnly(known.approvedDefinition, offered.definition)
  ) {
    const { severity, reasons } = judgeChange(changes)
    return severity === 'high'
      ? `the name, schema or annotations changed: ${reasons[0]}`
      : 'the name, schema or annotations changed'
  }
  return undefined
}

/**
 * Decides what happens to an offered definition (design.md §4, T22). Pure. An approval holds for one exact hash: a tool
 * whose definition waits is hidden, its old definition is not served in its place.
 */
export function reviewTool(offered: LookedAt, known: KnownTool | undefined, mode: ToolReview): Verdict {
  const changes =
    known?.approvedDefinition === undefined
      ? []
      : compareDefinitions(JSON.parse(known.approvedDefinition), offered.parsed)
  const earlier = known?.decisionOn(offered.hash)
  const accept = (decision: VersionDecision, note: string | undefined): Verdict => ({
    state: 'active',
    approvedHash: offered.hash,
    note,
    decision,
    changes,
  })
  const hold = (decision: VersionDecision, note: string): Verdict => ({
    state: 'quarantined',
    approvedHash: known?.approvedHash,
    note,
    decision,
    changes,
  })

  if (earlier === 'rejected') return hold('rejected', 'this definition was rejected')
  if (earlier === 'approved')
    return accept('approved', known?.approvedHash === offered.hash ? known.note : undefined)
  // Accepted by rule before detectors learned better: nobody has read it yet.
  const isDoubted = offered.scan?.hold === true && mode === 'quarantine'
  if (known?.approvedHash === offered.hash && !isDoubted) return accept(earlier ?? 'accepted', known.note)
  const concern = concernAbout(offered, known, changes)
  if (concern === undefined || mode === 'off') return accept('accepted', undefined)
  return mode === 'alert' ? accept('accepted', concern) : hold('pending', concern)
}

/** The title a client would show: the definition's own, or the older annotation. */
export function titleOf(parsed: JsonObject): string | undefined {
  const annotations: Json | undefined = parsed['annotations']
  const older =
    typeof annotations === 'object' && annotations !== null && !Array.isArray(annotations)
      ? annotations['title']
      : undefined
  const title = parsed['title'] ?? older
  return typeof title === 'string' ? title : undefined
}
