import type { Connector } from '../kernel/connector.ts'
import { type Journal, type OpenEntry, userActor } from '../kernel/entry.ts'
import { membersOf, objectText } from '../lib/raw-json.ts'
import type { Requester } from './requester.ts'
import { toGatewayError } from './rpc-text.ts'
import type { ToolUsage } from './tool-usage.ts'
import { connectTool, type View, type VisibleParts, viewOf } from './visible-tools.ts'

export type SearchParts = VisibleParts & { journal: Journal; usage: ToolUsage }

const maxTopK = 10
const defaultTopK = 5
const maxQueryChars = 2_000

type SearchInput = { meta: string; query: string; topK: number }
type Hit = {
  name: string
  description: string
  connector: string
  /** JSON text as the upstream sent it: numbers in it keep their digits. */
  input_schema: string
  kind: 'tool'
  server_id: string
  upstream_name: string
  score?: number
}

/** The result of search_tools as JSON text; broken rules are answered as `isError` naming the rule (contract.md §3). */
export async function searchTools(parts: SearchParts, who: Requester, args: unknown): Promise<string> {
  const input = readInput(args)
  if (typeof input === 'string') return ruleBroken(input)
  const entry = await parts.journal.open(opening(who, args))
  try {
    const found = await find(parts, who, input)
    const text = textOf(found)
    const names = JSON.stringify({ hits: found.results.map((hit) => hit.name) })
    await entry.close({ action: 'tool_searched', outcome: 'success', result: names })
    return `{"content":[{"type":"text","text":${JSON.stringify(text)}}],"structuredContent":${text}}`
  } catch (thrown) {
    await entry.close({ action: 'tool_searched', outcome: 'failure', error: toGatewayError(thrown).reason })
    throw thrown
  }
}

function opening(who: Requester, args: unknown): OpenEntry {
  return {
    action: 'tool_searched',
    actor: userActor(who.caller),
    requestId: who.requestId,
    correlationId: who.correlationId,
    ip: who.peer.ip,
    via: 'runlayer',
    arguments: JSON.stringify(args),
    ...(who.client.name === undefined ? {} : { clientName: who.client.name }),
    ...(who.client.version === undefined ? {} : { clientVersion: who.client.version }),
  }
}

function readInput(args: unknown): SearchInput | string {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'arguments must be an object'
  const { meta, query = '', top_k: topK = defaultTopK } = args as Record<string, unknown>
  if (typeof meta !== 'string' || meta.trim() === '')
    return 'meta is required: say in a sentence why you are searching'
  if (typeof query !== 'string' || query.length > maxQueryChars)
    return `query must be text of at most ${maxQueryChars} characters`
  if (typeof topK !== 'number' || !Number.isInteger(topK) || topK < 1 || topK > maxTopK)
    return `top_k must be a whole number from 1 to ${maxTopK}`
  return { meta, query, topK }
}

export function ruleBroken(rule: string): string {
  return JSON.stringify({
    content: [{ type: 'text', text: rule }],
    structuredContent: { error: 'invalid_arguments', rule },
    isError: true,
  })
}

type Found = {
  results: Hit[]
  unavailable?: object[]
  note?: string
  unmatched?: string[]
  nearest_connectors?: string[]
}

function textOf({ results, ...rest }: Found): string {
  const jsonOf = (facts: object) =>
    Object.entries(facts).map(([name, value]) => [name, JSON.stringify(value)] as const)
  const hits = results.map(({ input_schema: schema, ...hit }) =>
    objectText([...jsonOf(hit), ['input_schema', schema]]),
  )
  return objectText([['results', `[${hits.join(',')}]`], ...jsonOf(rest)])
}

async function find(parts: SearchParts, who: Requester, input: SearchInput): Promise<Found> {
  const view = await viewOf(parts, who)
  const { hits, unmatched, nearest } = parts.tools.search(input.query, {
    visible: (tool) => view.sees(tool),
    topK: input.topK,
    ...(input.query.trim() === '' ? { uses: await parts.usage.of(who.caller.id) } : {}),
  })
  const results = hits.flatMap(({ tool }): Hit[] => {
    const connector = parts.connectors.find(tool.serverId)
    if (connector === undefined) return []
    return [
      {
        name: tool.publicName,
        description: tool.description,
        connector: connector.name,
        input_schema: membersOf(tool.definition).get('inputSchema') ?? '{}',
        kind: 'tool',
        server_id: tool.serverId,
        upstream_name: tool.name,
      },
    ]
  })
  const found: Found = { results: [...results, ...connectHits(view, input)].slice(0, input.topK) }
  const unavailable = troubled(view)
  if (unavailable.length > 0) found.unavailable = unavailable
  if (found.results.length === 0) Object.assign(found, nothing(view, input, { unmatched, nearest }))
  else if (unmatched.length > 0) found.unmatched = unmatched
  return found
}

/** Connectors waiting for the person's own values are offered when the query speaks of them, or when nothing was asked. */
function connectHits(view: View, input: SearchInput): Hit[] {
  const words = input.query
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2)
  const waiting = view.connectors.filter((connector) => view.unconnected.has(connector.id))
  const named = waiting.filter((connector) => {
    const text = `${connector.name} ${connector.slug} ${connector.description}`.toLowerCase()
    return words.length === 0 || words.some((word) => text.includes(word))
  })
  return named.map((connector) => {
    const tool = connectTool(connector)
    return {
      name: tool.name,
      description: tool.description,
      connector: connector.name,
      input_schema: JSON.stringify(tool.inputSchema),
      kind: 'tool',
      server_id: connector.id,
      upstream_name: tool.name,
    }
  })
}

function troubled(view: View): { connector: string; reason: string }[] {
  return view.connectors
    .filter((connector) => connector.health.state === 'failing' || view.unconnected.has(connector.id))
    .map((connector) => ({ connector: connector.name, reason: reasonOf(connector, view) }))
}

function reasonOf(connector: Connector, view: View): string {
  if (view.unconnected.has(connector.id)) return 'needs your own sign-in or values'
  return connector.health.message ?? 'does not answer'
}

type Near = { unmatched: string[]; nearest: readonly string[] }

function nothing(view: View, input: SearchInput, { unmatched, nearest }: Near): Partial<Found> {
  if (view.connectors.length === 0) {
    return {
      unmatched,
      nearest_connectors: [],
      note: 'There is no connector you may use. Ask an administrator for access.',
    }
  }
  const byId = new Map(view.connectors.map((connector) => [connector.id as string, connector.name]))
  const near = nearest.length > 0 ? nearest : [...byId.keys()].slice(0, 5)
  const note =
    input.query === ''
      ? 'Your connectors offer no tools right now.'
      : 'Nothing you may use fits this. Searching again with other words for the same thing will not help.'
  return { unmatched, nearest_connectors: near.flatMap((id) => byId.get(id) ?? []), note }
}
