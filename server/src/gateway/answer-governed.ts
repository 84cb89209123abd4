import type { Cleared, Exchange, GovernedMethod, RawObject, Received, Resume } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { stringOf } from '../lib/raw-json.ts'
import { type Answer, type AnswerParts, answerCall } from './answer-call.ts'
import { converse } from './converse.ts'
import { LivesElsewhere } from './pass-on.ts'
import type { Requester } from './requester.ts'
import { nameIn } from './steps/resolve-target.ts'

export type GovernedParts = AnswerParts & {
  run(call: Received): Promise<Cleared>
  /** The name of this process, where processes pass requests on to each other. */
  self: string | undefined
}

/** One request of either era, with the way back to its client. */
export type Incoming = {
  who: Requester
  method: string
  params: RawObject
  mirrors: Readonly<Record<string, string>> | undefined
  exchange: Exchange
  reauthenticate(): Caller | Promise<Caller>
}

/** The request as the pipeline takes it. */
export function received(parts: GovernedParts, incoming: Incoming): Received {
  const { who, params } = incoming
  const method = incoming.method as GovernedMethod
  const name = nameIn(method, params)
  const call = {
    requestId: who.requestId,
    correlationId: who.correlationId,
    receivedAt: who.receivedAt,
    caller: who.caller,
    endpoint: who.endpoint,
    client: who.client,
    peer: who.peer,
    method,
    name,
    params,
    exchange: incoming.exchange,
    via: undefined,
    meta: undefined,
    mirrors: incoming.mirrors,
  }
  return { ...call, resume: resumeOf(parts, call) }
}

function resumeOf(
  parts: Pick<GovernedParts, 'states' | 'self'>,
  call: Omit<Received, 'resume'>,
): Resume | undefined {
  const text = call.params.get('requestState')
  if (text === undefined || call.client.era === 'legacy') return undefined
  const state = stringOf(text)
  if (state === undefined)
    throw new GatewayError('state-refused', 'requestState must be the string that was issued')
  const { home, ...resume } = parts.states.open(state, { ...call, argsText: call.params.get('arguments') })
  if (home !== undefined && home !== parts.self) throw new LivesElsewhere(home)
  return resume
}

/** Runs a call through the pipeline, and what is asked in the middle of it, and says the answer in its client's era. */
export async function governed(parts: GovernedParts, call: Received, incoming: Incoming): Promise<Answer> {
  const legacy = call.client.era === 'legacy'
  const done = legacy
    ? await converse({ run: parts.run, reauthenticate: incoming.reauthenticate }, call)
    : await parts.run(call)
  return answerCall(parts, done)
}
