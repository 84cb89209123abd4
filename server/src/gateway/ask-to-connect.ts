import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { ClientFacts } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { Answer } from './answer-call.ts'
import type { Incoming } from './answer-governed.ts'
import { metaKeys } from './protocol.ts'
import type { RequestStates, StateBinding } from './request-state.ts'
import { connectUrl } from './visible-tools.ts'

export type AskToConnectParts = {
  connectors: Pick<Connectors, 'find'>
  credentials: Pick<Credentials, 'awaits'>
  states: RequestStates
  publicUrl: URL
  serverInfo: string
}

/** Once the person opened the page: how long a call waits for them to be done there, below the limits of clients. */
const patienceMs = 50_000
const pollMs = 500
const requestKey = 'connect'

/** Whether the person at this client can be sent to a page (SEP-1036); an empty capability means forms only. */
export function opensPages({ capabilities }: Pick<ClientFacts, 'capabilities'>): boolean {
  const elicitation = capabilities['elicitation']
  return typeof elicitation === 'object' && elicitation !== null && 'url' in elicitation
}

/** The connector this very person can connect, when that is why the call was refused. */
export function connectableOf(parts: AskToConnectParts, error: GatewayError): Connector | undefined {
  const id = error.reason === 'needs-connection' ? error.data?.['server_id'] : undefined
  return typeof id === 'string' ? parts.connectors.find(id as ServerId) : undefined
}

/**
 * A modern client is asked by an answer, and comes again with the request. A legacy client is asked on its stream:
 * `connected` says whether the call may be tried again. The page is the console's, which connects whoever is signed in
 * there: opened by somebody else it connects that somebody, and never the person who called (protocol.md §2.4).
 */
export async function askToConnect(
  parts: AskToConnectParts,
  incoming: Incoming,
  connector: Connector,
): Promise<{ answer: Answer } | { connected: boolean }> {
  const params = JSON.stringify({
    mode: 'url',
    elicitationId: randomUUID(),
    url: connectUrl(parts.publicUrl, connector),
    message: `${connector.name} needs you to connect first. Open the page while signed in as yourself.`,
  })
  if (incoming.who.client.era === 'modern')
    return { answer: question(parts, incoming, { connector, params }) }
  const reply = await incoming.exchange.ask('elicitation/create', params)
  const accepted = 'result' in reply && actionIn(reply.result) === 'accept'
  return { connected: accepted && (await waitUntilConnected(parts, incoming, connector)) }
}

function question(
  parts: AskToConnectParts,
  incoming: Incoming,
  { connector, params }: { connector: Connector; params: string },
): Answer {
  const state = parts.states.sealConnect(connector.id, bindingOf(incoming))
  return {
    result: objectText([
      ['resultType', '"input_required"'],
      ['inputRequests', `{${JSON.stringify(requestKey)}:{"method":"elicitation/create","params":${params}}}`],
      ['requestState', JSON.stringify(state)],
      ['_meta', `{${JSON.stringify(metaKeys.serverInfo)}:${parts.serverInfo}}`],
    ]),
  }
}

/**
 * The request as if it came for the first time, when it is the retry after a question of ours; waits for the person who
 * opened the page. `asked`: another question would go in circles.
 */
export async function afterConnect(
  parts: AskToConnectParts,
  incoming: Incoming,
): Promise<{ incoming: Incoming; asked: boolean }> {
  const text = stringOf(incoming.params.get('requestState'))
  if (text === undefined || incoming.who.client.era === 'legacy') return { incoming, asked: false }
  const id = parts.states.openConnect(text, bindingOf(incoming))
  if (id === undefined) return { incoming, asked: false }
  const responses = incoming.params.get('inputResponses')
  const params = new Map(incoming.params)
  params.delete('requestState')
  params.delete('inputResponses')
  const next = { ...incoming, params }
  const connector = parts.connectors.find(id as ServerId)
  const response = isObjectText(responses) ? membersOf(responses).get(requestKey) : undefined
  if (connector !== undefined && actionIn(response) === 'accept')
    await waitUntilConnected(parts, next, connector)
  return { incoming: next, asked: true }
}

function bindingOf({ who, method, params }: Incoming): StateBinding {
  const argsText = params.get('arguments')
  const name = stringOf(params.get('name')) ?? ''
  return { caller: who.caller, endpoint: who.endpoint, method, name, argsText }
}

function actionIn(result: string | undefined): string | undefined {
  return isObjectText(result) ? stringOf(membersOf(result).get('action')) : undefined
}

async function waitUntilConnected(
  { credentials }: AskToConnectParts,
  { who, exchange }: Incoming,
  connector: Connector,
): Promise<boolean> {
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    if (!(await credentials.awaits(connector, who.caller.id))) return true
    const left = await wait(pollMs, false, { signal: exchange.signal }).catch(() => true)
    if (left) throw new GatewayError('call-lost', 'The client went away while the person connected.')
  }
  return false
}
