import type { Connector } from '../kernel/connector.ts'
import type { Tools } from '../tools/tools.ts'
import type { Hit } from './search-detail.ts'
import { connectTool, type View } from './visible-tools.ts'

/** How much a query speaks of a connector: words shared with its name, and the share found in all that is said of it. */
type Offer = { readonly hit: Hit; readonly named: number; readonly about: number }

/** From this share of a query's words on, a connector's description is what the query speaks of. */
const aboutShare = 0.5
/** Sign-ins may take this share of the places before tools that already work. */
const firstShare = 0.5

/**
 * The hits with the stand-ins of connectors that wait for the person's sign-in: first when the query names the
 * connector, within the list when it speaks of what the connector is for, and in free places when it shares a word.
 */
export function offerConnects(
  tools: Pick<Tools, 'sharedWords'>,
  { waiting }: Pick<View, 'waiting'>,
  { query, topK, hits }: { query: string; topK: number; hits: readonly Hit[] },
): Hit[] {
  if (waiting.length === 0) return hits.slice(0, topK)
  const offers = waiting.flatMap((connector) => offerOf(tools, query, connector))
  // "google drive" names Google Drive more than it names Google Mail.
  const mostNamed = Math.max(1, ...offers.map(({ named }) => named))
  const first = offers.filter(({ named }) => named === mostNamed).slice(0, Math.ceil(topK * firstShare))
  const others = offers.filter((offer) => !first.includes(offer))
  const kept = others.filter(({ about }) => about >= aboutShare).slice(0, topK - first.length)
  const free = others.filter((offer) => !kept.includes(offer))
  const hitsOf = (some: readonly Offer[]) => some.map(({ hit }) => hit)
  const places = topK - first.length - kept.length
  return [...hitsOf(first), ...hits.slice(0, places), ...hitsOf(kept), ...hitsOf(free)].slice(0, topK)
}

function offerOf(tools: Pick<Tools, 'sharedWords'>, query: string, connector: Connector): Offer[] {
  const name = `${connector.name} ${connector.slug}`
  const { shared, asked } = tools.sharedWords(query, `${name} ${connector.description}`)
  if (asked > 0 && shared.length === 0) return []
  const tool = connectTool(connector)
  const hit: Hit = {
    name: tool.name,
    description: tool.description,
    connector: connector.name,
    kind: 'tool',
    serverId: connector.id,
    upstreamName: tool.name,
    effect: 'unknown',
    matched: shared,
    authRequired: true,
    schemaText: JSON.stringify(tool.inputSchema),
    inputSchema: tool.inputSchema,
    outputSchema: undefined,
  }
  const named = tools.sharedWords(query, name).shared.length
  return [{ hit, named, about: asked === 0 ? 0 : shared.length / asked }]
}
