import type { UpstreamReply } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UpstreamRequest, Upstreams } from '../kernel/upstream.ts'
import { elementsOf, stringOf } from '../lib/raw-json.ts'

/** Name of the array in each list's result. */
export const listMember: Record<string, string> = {
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'prompts/list': 'prompts',
}

type Options = { call: Upstreams['call']; request: UpstreamRequest; maxPages: number }

/**
 * Every page of an upstream's list as one, because many clients ignore cursors (R8). A cursor that comes twice, or more
 * pages than allowed, is the upstream's mistake (T37).
 */
export async function listAll({ call, request, maxPages }: Options): Promise<UpstreamReply> {
  const member = listMember[request.method] ?? ''
  const items: string[] = []
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page++) {
    const params = new Map(request.params)
    params.delete('cursor')
    if (cursor !== undefined) params.set('cursor', cursor)
    const reply = await call({ ...request, params })
    if (reply.kind === 'error') return reply
    for (const item of elementsOf(reply.members.get(member) ?? '[]')) items.push(item)
    cursor =
      stringOf(reply.members.get('nextCursor')) === undefined ? undefined : reply.members.get('nextCursor')
    if (cursor === undefined) return whole(reply, member, items)
    if (seen.has(cursor)) throw malformed(request, 'repeats a list cursor')
    seen.add(cursor)
  }
  throw malformed(request, `has more than ${maxPages} pages`)
}

function whole(
  last: UpstreamReply & { kind: 'result' },
  member: string,
  items: readonly string[],
): UpstreamReply {
  const members = new Map(last.members)
  members.set(member, `[${items.join(',')}]`)
  members.delete('nextCursor')
  return { kind: 'result', era: last.era, text: '', members }
}

function malformed(request: UpstreamRequest, what: string): GatewayError {
  return new GatewayError('upstream-malformed', `${request.connector.name} ${what} in ${request.method}`, {
    connector: request.connector.name,
  })
}
