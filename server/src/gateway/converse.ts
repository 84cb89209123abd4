import type { AskReply, Cleared, Received } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'

/** Rounds one call may take before it is given up as a loop. */
const maxRounds = 16
const maxQuestions = 16

export type ConverseParts = {
  run(call: Received): Promise<Cleared>
  /** Every round re-enters at authenticate: a key revoked while the person was asked ends the call. */
  reauthenticate(): Caller | Promise<Caller>
}

/**
 * Runs a call for a legacy client. A modern upstream asks by answering `input_required`; a legacy client can only be
 * asked by real requests on its stream, so each round becomes those, and the next call carries the answers.
 */
export async function converse(parts: ConverseParts, first: Received): Promise<Cleared> {
  let call = first
  let connector: string | undefined
  for (let round = 0; round < maxRounds; round++) {
    const done = await parts.run(call)
    if (done.reply.kind !== 'result' || done.reply.members.get('resultType') !== '"input_required"')
      return done
    connector = done.connector.name
    const answers = await askAll(call, done.reply.members.get('inputRequests'))
    const state = done.reply.members.get('requestState')
    const params = new Map(first.params)
    if (answers.size > 0) params.set('inputResponses', objectText(answers))
    call = { ...first, caller: await parts.reauthenticate(), params, resume: { kind: 'upstream', state } }
  }
  throw new GatewayError(
    'upstream-failed',
    `${connector} asked for input more than ${maxRounds} times`,
    connector === undefined ? {} : { connector },
  )
}

async function askAll(call: Received, requests: string | undefined): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  if (!isObjectText(requests)) return answers
  const questions = [...membersOf(requests)]
  if (questions.length > maxQuestions)
    throw new GatewayError('upstream-malformed', 'the connector asked too many questions at once')
  const asked = questions.map(async ([key, text]) => [key, await askOne(call, text)] as const)
  for (const [key, reply] of await Promise.all(asked)) {
    if ('error' in reply) throw refusedByClient(reply.error)
    answers.set(key, reply.result)
  }
  return answers
}

function askOne(call: Received, text: string): Promise<AskReply> {
  const question = isObjectText(text) ? membersOf(text) : new Map<string, string>()
  const method = stringOf(question.get('method'))
  if (method === undefined)
    throw new GatewayError('upstream-malformed', 'the connector asked a question without a method')
  return call.exchange.ask(method, question.get('params') ?? '{}')
}

function refusedByClient(error: string): GatewayError {
  const message = isObjectText(error) ? stringOf(membersOf(error).get('message')) : undefined
  return new GatewayError(
    'invalid-request',
    `the client did not answer: ${message?.slice(0, 200) ?? 'no reason given'}`,
  )
}
