import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { FlaggedDefinition } from './judge-definition.ts'

type Parts = {
  record(entry: OpenEntry, end: CloseEntry): Promise<unknown>
  readonly log: Pick<Log, 'warn'>
  readonly now: () => number
}

/** A poisoned list may hold thousands; the rest is on the connector's page. */
const maxRecorded = 50

/** Writes what List Guard held or found into the audit log: one entry a tool, kept apart by weight (product.md §9.2). */
export function recordFlagged(
  parts: Parts,
  connector: { readonly id: ServerId },
  tools: readonly FlaggedDefinition[],
): void {
  for (const tool of tools.slice(0, maxRecorded)) {
    parts
      .record(...entryOf(parts.now(), connector, tool))
      .catch((error: unknown) =>
        parts.log.warn(
          { err: error, server_id: connector.id },
          'a finding of the list guard is not in the audit log',
        ),
      )
  }
}

function entryOf(
  now: number,
  connector: { readonly id: ServerId },
  { name, held, scan }: FlaggedDefinition,
): [OpenEntry, CloseEntry] {
  const action = held ? 'security_violation' : 'security_warning'
  const requestId = newId(now)
  const open: OpenEntry = {
    action,
    actor: { type: 'system', id: 'list-guard' },
    requestId,
    correlationId: requestId,
    serverId: connector.id,
    tool: name,
    resourceType: 'tool_definition',
    resourceId: name,
  }
  const scans = scan.findings.map((finding) => ({
    scanner: 'definitions',
    score: scan.score,
    durationMs: 0,
    action: held ? 'block' : 'alert',
    ...finding,
  }))
  return [
    open,
    {
      action,
      outcome: held ? 'denied' : 'success',
      reason: held
        ? 'The definition waits until a person approves exactly this one.'
        : 'The definition is shown, and a person should read it.',
      scans,
    },
  ]
}
