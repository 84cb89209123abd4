import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Requester } from './requester.ts'

/**
 * Counts searches in a row that found nothing, per person and conversation: a model that gets the same soft answer to
 * every new wording goes on asking (R14).
 */
export type SearchSpiral = {
  /** How many in a row found nothing, this one included. */
  foundNothing(who: Requester): number
  foundSomething(who: Requester): void
}

type Streak = { count: number; at: number }

const maxStreaks = 10_000
/** After so long it is another task. */
const forgottenAfterMs = 10 * 60_000

export function searchSpiral(): SearchSpiral {
  const streaks = new BoundedCache<Streak>(maxStreaks)
  // Requests of the modern era belong to no session, so the client's name has to tell conversations apart.
  const keyOf = (who: Requester) => `${who.caller.id} ${who.client.sessionKey ?? who.client.name ?? ''}`
  return {
    foundNothing(who) {
      const key = keyOf(who)
      const last = streaks.get(key)
      const goesOn = last !== undefined && who.receivedAt - last.at < forgottenAfterMs
      const count = goesOn ? last.count + 1 : 1
      streaks.set(key, { count, at: who.receivedAt })
      return count
    },
    foundSomething(who) {
      streaks.delete(keyOf(who))
    },
  }
}
