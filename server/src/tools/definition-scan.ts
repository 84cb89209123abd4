import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'

/** What was found at one place of a definition. `excerpt` is short and masked. */
export type DefinitionFinding = {
  readonly detector: string
  readonly category: string
  readonly where: string
  readonly excerpt: string
  readonly reason: string
}

/** What the guards said about one definition; stored with the version it belongs to. */
export type DefinitionScan = {
  /** Of the detectors: a scan by others is looked at again. */
  readonly version: string
  /** When, as ISO time; older scans did not keep it. */
  readonly at?: string
  readonly risk: 'none' | 'low' | 'medium' | 'high'
  readonly score: number
  /** To be kept from everybody until a person approves this exact definition. */
  readonly hold: boolean
  readonly findings: readonly DefinitionFinding[]
}

/** A tool of another connector, whose name could be imitated or spoken of. */
export type OtherTool = { readonly serverId: ServerId; readonly name: string; readonly connector: string }

/** Looks at definitions as they are learned. One connector's list is looked at by one `look`. */
export type DefinitionScanner = {
  readonly version: string
  lookFor(
    connector: Connector,
    others: () => Iterable<OtherTool>,
  ): (offered: { name: string; definition: string }) => DefinitionScan
}

/** A tool whose new definition the guards spoke about. */
export type FlaggedTool = {
  readonly name: string
  readonly hash: string
  readonly held: boolean
  readonly scan: DefinitionScan
}

/** Hears of definitions that the guards spoke about, once. Answers those it has more to say about, later. */
export type OnFlagged = (
  connector: Connector,
  tools: readonly FlaggedTool[],
) => Promise<readonly FlaggedTool[]>

/** Something a person should read: findings of weight, or anything held. */
export const isFlagged = (scan: DefinitionScan | undefined): scan is DefinitionScan =>
  scan !== undefined && (scan.hold || scan.risk === 'medium' || scan.risk === 'high')

/** Why a definition waits, in one line. */
export function holdNote(scan: DefinitionScan): string {
  const [first] = scan.findings
  const more = scan.findings.length > 1 ? ` and ${scan.findings.length - 1} more` : ''
  return `the guards see ${scan.risk} risk: ${first?.reason ?? 'the wording is like that of poisoned tools'}${more}`
}
