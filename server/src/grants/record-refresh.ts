import type { Journal } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { GrantRow } from './store.ts'

/** A renewed token, or one that could not be renewed, is evidence like any change (product.md §14). */
export async function recordRefresh(
  journal: Journal,
  grant: GrantRow,
  outcome: { error?: string },
): Promise<void> {
  const id = newId<'request'>()
  const entry = await journal.open({
    action: 'connection_refreshed',
    actor: { type: 'system', id: 'grants' },
    requestId: id,
    correlationId: id,
    serverId: grant.serverId,
    resourceType: 'connection',
    resourceId: `${grant.serverId}/${grant.owner}`,
  })
  await entry.close({
    action: 'connection_refreshed',
    outcome: outcome.error === undefined ? 'success' : 'failure',
    ...(outcome.error === undefined ? {} : { reason: outcome.error }),
  })
}
