import type { Cleared, ClientFacts, RawObject } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, stringOf } from '../lib/raw-json.ts'
import { tasksExtension } from './protocol.ts'

/** What a client may be asked, by the capability it must have declared for that (protocol.md §1.7). */
const kinds: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
}

type Declared = Pick<ClientFacts, 'capabilities' | 'era'>

export function mayAsk(client: Declared, method: string | undefined): boolean {
  const kind = kinds[method ?? '']
  return kind !== undefined && client.capabilities[kind] !== undefined
}

/**
 * Throws upstream-malformed when a result needs something of the client that it did not offer: a question of an
 * undeclared kind, or to follow a task (protocol.md §1.7, §1.9).
 */
export function refuseUnoffered(
  call: Pick<Cleared, 'client' | 'connector' | 'method'>,
  members: RawObject,
): void {
  const type = members.get('resultType')
  if (type === undefined || type === '"complete"') return
  if (type === '"task"' && !(call.method === 'tools/call' && followsTasks(call.client)))
    throw malformed(call, 'answered with a task, which this client cannot follow')
  if (type !== '"input_required"') return
  const requests = members.get('inputRequests')
  if (!isObjectText(requests)) return
  for (const text of membersOf(requests).values()) {
    const method = isObjectText(text) ? stringOf(membersOf(text).get('method')) : undefined
    if (!mayAsk(call.client, method))
      throw malformed(
        call,
        `asked for ${(method ?? 'something').slice(0, 64)}, which this client does not offer`,
      )
  }
}

export function followsTasks(client: Declared): boolean {
  const extensions = client.capabilities['extensions']
  return (
    client.era === 'modern' &&
    typeof extensions === 'object' &&
    extensions !== null &&
    tasksExtension in extensions
  )
}

function malformed(call: Pick<Cleared, 'connector'>, what: string): GatewayError {
  const { name } = call.connector
  return new GatewayError('upstream-malformed', `${name} ${what}`, { connector: name })
}
