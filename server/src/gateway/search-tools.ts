import type { CodeMode } from '../code-mode/code-mode.ts'
import { compareKeys, sortKey } from '../connectors/connectors.ts'
import type { Connector } from '../kernel/connector.ts'
import { type Journal, type OpenEntry, userActor } from '../kernel/entry.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { isObjectText, membersOf, objectText } from '../lib/raw-json.ts'
import { offerConnects } from './offer-connects.ts'
import type { Requester } from './requester.ts'
import { toGatewayError } from './rpc-text.ts'
import { type Detail, details, effectOf, type Hit, hitText } from './search-detail.ts'
import type { SearchSpiral } from './search-spiral.ts'
import type { ToolUsage } from './tool-usage.ts'
import { type View, type VisibleParts, viewOf } from './visible-tools.ts'

export type SearchParts = VisibleParts & {
  journal: Journal
  usage: ToolUsage
  spiral: SearchSpiral
  codeMode: Pick<CodeMode, 'isEnabled' | 'declare'>
}

const maxTopK = 10
const defaultTopK = 5
const maxQueryChars = 2_000

type SearchInput = { meta: string; query: string; topK: number; detail: Detail }

/** The result of search_tools as JSON text; broken rules are answered as `isError` naming the rule (contract.md §3). */
export async function searchTools(parts: SearchParts, who: Requester, args: unknown): Promise<string> {
  const input = readInput(args, parts.codeMode.isEnabled())
  if (typeof input === 'string') return ruleBroken(input)
  const entry = await parts.journal.open(opening('tool_searched', who, JSON.stringify(args)))
  try {
    const found = await find(parts, who, input)
    const text = textOf(found, (hit) => hitText(hit, input.detail, (tool) => parts.codeMode.declare(tool)))
    const names = JSON.stringify({ hits: found.results.map((hit) => hit.name) })
    await entry.close({ action: 'tool_searched', outcome: 'success', result: names })
    return `{"content":[{"type":"text","text":${JSON.stringify(text)}}],"structuredContent":${text}}`
  } catch (thrown) {
    await entry.close({ action: 'tool_searched', outcome: 'failure', error: toGatewayError(thrown).reason })
    throw thrown
  }
}

/** What audit knows when a meta tool begins. `args` is JSON text. */
export function opening(action: string, who: Requester, args: string): OpenEntry {
  return {
    action,
    actor: userActor(who.caller),
    requestId: who.requestId,
    correlationId: who.correlationId,
    ip: who.peer.ip,
    via: 'runlayer',
    arguments: args,
    ...(who.client.name === undefined ? {} : { clientName: who.client.name }),
    ...(who.client.version === undefined ? {} : { clientVersion: who.client.version }),
  }
}

function readInput(args: unknown, hasCode: boolean): SearchInput | string {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'arguments must be an object'
  const { meta, query = '', top_k: topK = defaultTopK, detail = 'full' } = args as Record<string, unknown>
  if (typeof meta !== 'string' || meta.trim() === '')
    return 'meta is required: say in a sentence why you are searching'
  if (typeof query !== 'string' || query.length > maxQueryChars)
    return `query must be text of at most ${maxQueryChars} characters`
  if (typeof topK !== 'number' || !Number.isInteger(topK) || topK < 1 || topK > maxTopK)
    return `top_k must be a whole number from 1 to ${maxTopK}`
  const offered = details.filter((each) => each !== 'code' || hasCode)
  const wanted = offered.find((each) => each === detail)
  if (wanted === undefined) return `detail must be one of ${offered.join(', ')}`
  return { meta, query, topK, detail: wanted }
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
  searches_without_result?: number
}

function textOf({ results, ...rest }: Found, shown: (hit: Hit) => string): string {
  const facts = Object.entries(rest).map(([name, value]) => [name, JSON.stringify(value)] as const)
  return objectText([['results', `[${results.map(shown).join(',')}]`], ...facts])
}

async function find(parts: SearchParts, who: Requester, input: SearchInput): Promise<Found> {
  const view = await viewOf(parts, who)
  const asked = input.query.trim() !== ''
  const { hits, unmatched, nearest } = parts.tools.search(input.query, {
    visible: (tool) => view.sees(tool),
    ...(view.key === undefined ? {} : { viewKey: view.key }),
    topK: input.topK,
    ...(asked ? {} : { uses: await parts.usage.of(who.caller.id) }),
  })
  const results = hits.flatMap(({ tool }): Hit[] => {
    const connector = parts.connectors.find(tool.serverId)
    return connector === undefined ? [] : [hitOf(parts, input.query, { tool, connector })]
  })
  const found: Found = { results: offerConnects(parts.tools, view, { ...input, hits: results }) }
  const unavailable = troubled(view)
  if (unavailable.length > 0) found.unavailable = unavailable
  if (found.results.length > 0) {
    parts.spiral.foundSomething(who)
    if (unmatched.length > 0) found.unmatched = unmatched
    return found
  }
  const inARow = asked ? parts.spiral.foundNothing(who) : 1
  return { ...found, ...nothing(view, { asked, unmatched, nearest, inARow }) }
}

function hitOf(
  parts: SearchParts,
  query: string,
  { tool, connector }: { tool: PinnedTool; connector: Connector },
): Hit {
  const properties = Object.keys(tool.inputSchema['properties'] ?? {})
  const text = `${tool.name} ${tool.title ?? ''} ${connector.name} ${properties.join(' ')} ${tool.description}`
  return {
    name: tool.publicName,
    description: tool.description,
    connector: connector.name,
    kind: 'tool',
    serverId: tool.serverId,
    upstreamName: tool.name,
    effect: effectOf(tool.annotations),
    matched: parts.tools.sharedWords(query, text).shared,
    authRequired: false,
    schemaText: membersOf(tool.definition).get('inputSchema') ?? '{}',
    inputSchema: tool.inputSchema,
    outputSchema: outputSchemaOf(tool),
  }
}

function outputSchemaOf(tool: PinnedTool): JsonObject | undefined {
  if (!tool.definition.includes('"outputSchema"')) return undefined
  const text = membersOf(tool.definition).get('outputSchema')
  return isObjectText(text) ? (JSON.parse(text) as JsonObject) : undefined
}

/** In the order of their names. */
function troubled({ waiting, failing }: View): { connector: string; reason: string }[] {
  const asleep = new Set(waiting)
  return [...new Set([...waiting, ...failing])]
    .sort((a, b) => compareKeys(sortKey(a), sortKey(b)))
    .map((connector) => ({
      connector: connector.name,
      reason: asleep.has(connector)
        ? 'needs your own sign-in or values'
        : (connector.health.message ?? 'does not answer'),
    }))
}

type Empty = { asked: boolean; unmatched: string[]; nearest: readonly string[]; inARow: number }

function nothing(view: View, { asked, unmatched, nearest, inARow }: Empty): Partial<Found> {
  const connectors = view.connectors()
  if (connectors.length === 0) {
    return {
      unmatched,
      nearest_connectors: [],
      note: 'There is no connector you may use. Ask an administrator for access.',
    }
  }
  const byId = new Map(connectors.map((connector) => [connector.id as string, connector.name]))
  const near = nearest.length > 0 ? nearest : [...byId.keys()].slice(0, 5)
  return {
    unmatched,
    nearest_connectors: near.flatMap((id) => byId.get(id) ?? []),
    note: asked ? noteOf(inARow) : 'Your connectors offer no tools right now.',
    ...(inARow > 1 ? { searches_without_result: inARow } : {}),
  }
}

/** Firmer with every search in a row that found nothing, so that a model stops rewording (R14). */
function noteOf(inARow: number): string {
  if (inARow === 1)
    return 'Nothing you may use fits this. Searching again with other words for the same thing will not help.'
  if (inARow === 2)
    return 'The second search in a row that finds nothing. The tool you look for is not there; the index knows synonyms and inflected words already.'
  return `Stop searching: ${inARow} searches in a row found nothing, and the next one will not either. Do the task without a tool, or tell the person that no tool they may use does this and that an administrator can give access to more connectors.`
}
