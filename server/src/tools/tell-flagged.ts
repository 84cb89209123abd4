import type { Connector } from '../kernel/connector.ts'
import type { Log } from '../lib/log.ts'
import type { FlaggedTool, OnFlagged } from './definition-scan.ts'
import type { ScanStore } from './scan-store.ts'

export type TellParts = {
  readonly onFlagged?: OnFlagged
  readonly scans: ScanStore
  readonly log: Log
}

/** Nobody waits for what a model outside has to say; it is kept when it comes. */
export function tellFlagged(parts: TellParts, connector: Connector, flagged: readonly FlaggedTool[]): void {
  if (flagged.length === 0 || parts.onFlagged === undefined) return
  const keep = async (more: readonly FlaggedTool[]) => {
    for (const tool of more) await parts.scans.keep(connector.id, tool)
  }
  parts
    .onFlagged(connector, flagged)
    .then(keep)
    .catch((error: unknown) =>
      parts.log.warn({ err: error, server_id: connector.id }, 'what was said of a definition is not kept'),
    )
}
