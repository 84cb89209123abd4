import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { credentialOwner } from '../kernel/caller.ts'
import type { Log } from '../lib/log.ts'
import type { Policy } from '../policy/policy.ts'
import { type Asker, requesterOf } from './legacy.ts'
import type { LiveSession } from './live-sessions.ts'
import { factsOf } from './request-facts.ts'
import type { Subscriptions } from './subscriptions.ts'

export type SessionWatchParts = {
  connectors: Pick<Connectors, 'find'>
  credentials: Pick<Credentials, 'attach'>
  policy: Pick<Policy, 'decide'>
  watching: Pick<Subscriptions, 'renew'>
  log: Log
}

/** Listens to the connector behind a session whose stream was opened. Never throws: without it the gateway's own news are told. */
export type WatchSession = (asker: Asker, session: LiveSession) => Promise<void>

export function sessionWatch(parts: SessionWatchParts): WatchSession {
  return async (asker, session) => {
    const { endpoint, caller } = asker
    session.who = () => ({ ...requesterOf(asker, session), receivedAt: Date.now() })
    const connector = endpoint.kind === 'connector' ? parts.connectors.find(endpoint.serverId) : undefined
    if (connector === undefined) return
    const { client } = requesterOf(asker, session)
    const visible = parts.policy.decide(caller, {
      connector,
      kind: 'server',
      name: '',
      phase: 'list',
      args: undefined,
      facts: factsOf({ ...asker, client }),
    })
    if (visible.effect !== 'allow') return
    try {
      const credential = await parts.credentials.attach(connector, credentialOwner(caller, connector.id))
      await parts.watching.renew(session, {
        connector,
        credential,
        lane: { principal: caller.id, session: session.facts.key, exclusive: false },
        capabilities: client.capabilities,
      })
    } catch (thrown) {
      parts.log.debug({ err: thrown, connector: connector.id }, 'an upstream could not be watched')
    }
  }
}
