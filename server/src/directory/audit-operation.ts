import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ProvisioningToken } from './keep-tokens.ts'
import { ScimRefusal } from './scim-error.ts'
import type { Changed } from './sync-people.ts'

export type RequestFacts = { requestId: string; correlationId: string; ip: string; userAgent: string }

type Entry = {
  action: string
  resourceType: 'user' | 'group'
  resourceId: string | undefined
  token: ProvisioningToken
  facts: RequestFacts
}

/** Opened before anything is changed, closed before the answer; the token is its own actor. */
export async function auditOperation(
  journal: Journal,
  { action, resourceType, resourceId, token, facts }: Entry,
  run: () => Promise<Changed>,
): Promise<Changed> {
  const opened = await journal.open({
    action,
    actor: { type: 'provisioning_token', id: token.id },
    requestId: facts.requestId,
    correlationId: facts.correlationId,
    ip: facts.ip,
    resourceType,
    ...(facts.userAgent === '' ? {} : { clientName: facts.userAgent.slice(0, 200) }),
    ...(resourceId === undefined ? {} : { resourceId: resourceId.slice(0, 200) }),
  })
  let done: Changed
  try {
    done = await run()
  } catch (thrown) {
    const isRefusal = thrown instanceof ScimRefusal || thrown instanceof GatewayError
    await opened.close({
      action,
      outcome: thrown instanceof ScimRefusal && thrown.status === 403 ? 'denied' : 'failure',
      reason: thrown instanceof GatewayError ? thrown.reason : isRefusal ? 'refused' : 'internal',
      ...(isRefusal ? { error: thrown.message } : {}),
    })
    throw thrown
  }
  await opened.close({
    action,
    outcome: 'success',
    resourceId: done.id,
    ...(done.before === undefined ? {} : { before: JSON.stringify(done.before) }),
    after: JSON.stringify(done.resource),
  })
  return done
}
