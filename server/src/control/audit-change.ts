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
  const entry = await open(journal, change, change.caller === undefined ? nobody : userActor(change.caller))
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

/**
 * Wraps a public change, whose author is known only once it is under way: `identified` opens the entry under their name,
 * before anything is changed. An attempt that never got so far is nobody's; one refused for its rate is only counted.
 */
export async function auditSignIn<Out>(
  journal: Journal,
  change: Change,
  run: (identified: (actor: Actor) => Promise<void>) => Promise<Out>,
): Promise<Out> {
  let entry: OpenedEntry | undefined
  const identified = async (actor: Actor) => {
    entry ??= await open(journal, change, actor)
  }
  let result: Out
  try {
    result = await run(identified)
  } catch (thrown) {
    if (entry === undefined && thrown instanceof GatewayError && thrown.reason === 'rate-limited')
      throw thrown
    await close(entry ?? (await open(journal, change, nobody)), change, thrown)
    throw thrown
  }
  await close(entry ?? (await open(journal, change, nobody)), change, undefined)
  return result
}

async function open(journal: Journal, change: Change, actor: Actor): Promise<OpenedEntry> {
  const { route, resourceId } = change
  try {
    return await journal.open({
      action: route.audit.action,
      actor,
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
