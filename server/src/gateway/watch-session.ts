import type { Log } from '../lib/log.ts'
import type { Watches } from './keep-watching.ts'
import { type Asker, requesterOf } from './legacy.ts'
import type { LiveSession } from './live-session.ts'
import type { Subscriptions } from './subscriptions.ts'

export type SessionWatchParts = {
  watches: Pick<Watches, 'keep'>
  subscriptions: Pick<Subscriptions, 'hear'>
  log: Log
}

/**
 * Listens to the connector behind a session whose stream was opened, as long as the stream's person may see it. Never
 * throws: without it the gateway's own news are told.
 */
export type WatchSession = (asker: Asker, session: LiveSession) => Promise<void>

export function sessionWatch({ watches, subscriptions, log }: SessionWatchParts): WatchSession {
  return async (asker, session) => {
    const who = () => ({ ...requesterOf(asker, session), receivedAt: Date.now() })
    session.who = who
    session.watch?.close()
    session.watch = undefined
    if (asker.endpoint.kind !== 'connector') return
    const { serverId } = asker.endpoint
    session.watch = watches.keep({
      serverId,
      who,
      session: session.facts.key,
      resources: () => [...session.subscriptions],
      onNotification: (connector, method, params) =>
        subscriptions.hear({ session, connector }, method, params),
      // Watched again once a look at the connector finds it well.
      onEnd: () => undefined,
      onGone: () => session.stream?.end(),
    })
    try {
      await session.watch.open()
    } catch (thrown) {
      log.debug({ err: thrown, connector: serverId }, 'an upstream could not be watched')
    }
  }
}
