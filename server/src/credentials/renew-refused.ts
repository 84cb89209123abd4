import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'

export type RefusedParts = {
  /** Drops what is remembered of this connector's secrets. */
  forget(connector: Connector): void
  attach(connector: Connector, userId: UserId | undefined): Credential | Promise<Credential>
  now(): number
}

const maxResting = 1_000
/** An upstream that refuses every secret must not have the secret store asked for each call. */
const restMs = 10_000

/**
 * Upstreams that read a refused secret anew where it is kept, and call once more when it has changed there. A refusal by
 * status 401 was no execution. Connectors whose secrets are kept here pass as they are.
 */
export function renewRefused<U extends Pick<Upstreams, 'call' | 'facts' | 'watch'>>(
  upstreams: U,
  parts: RefusedParts,
): U {
  const resting = new BoundedCache<{ until: number }>(maxResting)
  async function again<Answer>(
    connector: Connector,
    credential: Credential,
    run: (credential: Credential) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await run(credential)
    } catch (error) {
      if (!isRefusal(error) || (resting.get(connector.id)?.until ?? 0) > parts.now()) throw error
      parts.forget(connector)
      resting.set(connector.id, { until: parts.now() + restMs })
      // With OAuth the token is what was refused, which is renewed elsewhere.
      if (connector.auth.type === 'oauth' || connector.auth.type === 'auto') throw error
      const next = await parts.attach(connector, userIn(credential.owner))
      if (next.revision === credential.revision) throw error
      return await run(next)
    }
  }
  const concerns = ({ secretRefs = {}, transport }: Connector) =>
    transport !== 'stdio' && Object.keys(secretRefs).length > 0
  return {
    ...upstreams,
    call: (request) =>
      concerns(request.connector)
        ? again(request.connector, request.credential, (credential) =>
            upstreams.call({ ...request, credential }),
          )
        : upstreams.call(request),
    facts: (connector, credential, lane, capabilities) =>
      concerns(connector)
        ? again(connector, credential, (next) => upstreams.facts(connector, next, lane, capabilities))
        : upstreams.facts(connector, credential, lane, capabilities),
    watch: (wanted) =>
      concerns(wanted.connector)
        ? again(wanted.connector, wanted.credential, (credential) =>
            upstreams.watch({ ...wanted, credential }),
          )
        : upstreams.watch(wanted),
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof GatewayError && error.reason === 'upstream-refused' && error.data?.['status'] === 401
  )
}

function userIn(owner: string): UserId | undefined {
  return owner.startsWith('user:') ? (owner.slice('user:'.length) as UserId) : undefined
}
