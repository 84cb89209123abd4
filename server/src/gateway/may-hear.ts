import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Policy } from '../policy/policy.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

/** What a piece of news is about. */
export type News = {
  connector: Connector
  kind: 'tool' | 'resource' | 'server'
  name: string
}

/**
 * A stream outlives the rules and the roles it was opened under, so each piece of news is judged as a list would be, by
 * those of the moment. While the rules cannot be read nothing is told.
 */
export function mayHear(policy: Pick<Policy, 'decide'>, who: Requester | undefined, news: News): boolean {
  if (who === undefined) return false
  try {
    const question = { ...news, phase: 'list' as const, args: undefined, facts: factsOf(who) }
    return policy.decide(who.caller, question).effect === 'allow'
  } catch (thrown) {
    if (thrown instanceof GatewayError) return false
    throw thrown
  }
}
