import type { Caller } from '../kernel/caller.ts'
import { type Actor, type Journal, type OpenedEntry, userActor } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Route } from '../kernel/route.ts'

/** What a change said about itself while it ran. */
export type Recorded = { resourceId?: string; before?: unknown; after?: unknown }

export type Change = {
  route: Pick<Route, 'operationId'> & { audit: NonNullable<Route['audit']> }
  caller: Caller | undefined
  requestId: string
  correlationId: string
  ip: string
  userAgent: string
  resourceId: string | undefined
  recorded: Recorded
}

/** Public changes (signing in) have no caller yet: who it was stands in the closing record. */
const nobody: Actor = { type: 'system', id: 'anonymous' }

/**
 * Wraps a change in its audit entry: opened before anything happens, closed before the answer is sent. When it cannot be
 * opened, nothing runs.
 */
export async function auditChange<Out>(
  journal: Journal,
  change: Change,
  run: () => Promise<Out>,
): Promise<Out> {
  const entry = await open(journal, change)
  let result: Out
  try {
    result = await run()
  } catch (thrown) {
    await close(entry, change, thrown)
    throw thrown
  }
  await close(entry, change, undefined)
  return result
}

async function open(journal: Journal, change: Change): Promise<OpenedEntry> {
  const { route, caller, resourceId } = change
  try {
    return await journal.open({
      action: route.audit.action,
      actor: caller === undefined ? nobody : userActor(caller),
      requestId: change.requestId,
      correlationId: change.correlationId,
      resourceType: route.audit.resourceType,
      ip: change.ip,
      ...(change.userAgent === '' ? {} : { clientName: change.userAgent.slice(0, 200) }),
      ...(resourceId === undefined ? {} : { resourceId }),
    })
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('audit-unavailable', 'The change was not made because it could not be recorded.', {
      cause,
    })
  }
}

async function close(entry: OpenedEntry, change: Change, thrown: unknown): Promise<void> {
  const { recorded, route } = change
  try {
    await entry.close({
      action: route.audit.action,
      ...ending(thrown),
      ...(recorded.resourceId === undefined ? {} : { resourceId: recorded.resourceId }),
      ...(recorded.before === undefined ? {} : { before: JSON.stringify(recorded.before) }),
      ...(recorded.after === undefined ? {} : { after: JSON.stringify(recorded.after) }),
    })
  } catch (cause) {
    // What the change did stays done; its open entry stays too, as evidence.
    throw new GatewayError(
      'audit-unavailable',
      'The end of this change could not be recorded. Read the current state before trying again.',
      {
        cause,
      },
    )
  }
}

function ending(thrown: unknown): {
  outcome: 'success' | 'failure' | 'denied'
  reason?: string
  error?: string
} {
  if (thrown === undefined) return { outcome: 'success' }
  if (!(thrown instanceof GatewayError)) return { outcome: 'failure', reason: 'internal' }
  return {
    outcome: thrown.fault === 'policy' ? 'denied' : 'failure',
    reason: thrown.reason,
    error: thrown.message,
  }
}
