import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import { type Challenge, readChallenge } from './challenge.ts'

export type Recovery = {
  /** Whether grants speak for this connector. */
  governs(connector: Connector): boolean
  /** Finds out whether a connector that refused us wants OAuth, and keeps it; undefined: it does not. */
  discover(connector: Connector): Promise<boolean>
  replace(connector: Connector, refused: Credential): Promise<Credential | undefined>
  /** Notes scopes an operation needs; false when they were asked for at the last sign-in already. */
  askFor(connector: Connector, credential: Credential, challenge: Challenge): Promise<boolean>
  needsSignIn(connector: Connector, why?: string): GatewayError
}

type Refusal = { error: GatewayError; status: number; challenge: Challenge | undefined }

/**
 * Upstreams that answer a refused token with one refresh and one more try. A refusal by status 401 was no execution, so
 * asking again is safe. Connectors without OAuth pass as they are.
 */
export function guardCalls<U extends Pick<Upstreams, 'call' | 'facts' | 'watch'>>(
  upstreams: U,
  recovery: Recovery,
): U {
  async function again<Answer>(
    connector: Connector,
    credential: Credential,
    run: (credential: Credential) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await run(credential)
    } catch (error) {
      const refusal = refusalIn(error)
      if (refusal === undefined) throw error
      const next = await recover(recovery, connector, { credential, refusal })
      return await run(next)
    }
  }
  const mayWant = ({ auth, transport }: Connector) =>
    (auth.type === 'oauth' || auth.type === 'auto') && transport !== 'stdio'
  return {
    ...upstreams,
    call: (request) =>
      mayWant(request.connector)
        ? again(request.connector, request.credential, (credential) =>
            upstreams.call(credential === request.credential ? request : { ...request, credential }),
          )
        : upstreams.call(request),
    facts: (connector, credential, lane, capabilities) =>
      again(connector, credential, (next) => upstreams.facts(connector, next, lane, capabilities)),
    watch: (wanted) =>
      again(wanted.connector, wanted.credential, (credential) => upstreams.watch({ ...wanted, credential })),
  }
}

function refusalIn(error: unknown): Refusal | undefined {
  if (!(error instanceof GatewayError) || error.reason !== 'upstream-refused') return undefined
  const status = error.data?.['status']
  if (status !== 401 && status !== 403) return undefined
  return { error, status, challenge: readChallenge(error.data?.['www_authenticate']) }
}

/** The credential to try once more with; throws what the person has to do, or the refusal as it came. */
async function recover(
  recovery: Recovery,
  connector: Connector,
  { credential, refusal }: { credential: Credential; refusal: Refusal },
): Promise<Credential> {
  const { error, status, challenge } = refusal
  if (!recovery.governs(connector)) {
    const wantsOAuth =
      connector.auth.type === 'auto' && status === 401 && (await recovery.discover(connector))
    throw wantsOAuth ? recovery.needsSignIn(connector) : error
  }
  if (status === 403) {
    const isStepUp = challenge?.error === 'insufficient_scope' && challenge.scope !== undefined
    if (!isStepUp || !(await recovery.askFor(connector, credential, challenge))) throw error
    throw recovery.needsSignIn(connector, `it wants more rights for this: ${challenge.scope}`)
  }
  const next = await recovery.replace(connector, credential)
  if (next === undefined) throw error
  return next
}
