import { createHash } from 'node:crypto'
import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { type Caller, credentialOwner } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import type { Policy, Question } from '../policy/policy.ts'
import type { Tools } from '../tools/tools.ts'
import { type AllowedConnectors, allowedOne } from './allowed-connectors.ts'
import type { Place } from './connector-roster.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

type RequestFacts = Question['facts']

export type VisibleParts = {
  connectors: Connectors
  credentials: Pick<Credentials, 'attach' | 'lacks'>
  tools: Tools
  policy: Pick<Policy, 'decide' | 'listKey'>
  publicUrl: URL
  allowedConnectors: AllowedConnectors
}

/** What one person may see right now, decided by the same function that decides calls. */
export type View = {
  sees(tool: PinnedTool): boolean
  /** Names all that `sees` goes by but the tool; undefined where that changes with time. */
  readonly key: string | undefined
  /** Active hosted connectors on which the person may use anything, sorted by name. */
  connectors(): readonly Connector[]
  /** Those among them that wait for the person's own values. */
  readonly waiting: readonly Connector[]
  /** Those among them whose health is failing. */
  readonly failing: readonly Connector[]
}

/** The reserved ending of the tool that stands for "connect this first" (contract.md §3). */
export const connectSuffix = '_connect'

/** An agent that acts for nobody. */
const isAlone = ({ caller }: Requester) => caller.type === 'agent' && caller.acting === undefined

/** With `only`, as if there were no other connector. */
export async function viewOf(parts: VisibleParts, who: Requester, only?: Connector): Promise<View> {
  const facts = factsOf(who)
  const ask = {
    listKey: parts.policy.listKey(who.caller, facts),
    isAllowed: (connector: Connector) =>
      isAllowed(parts, who, { connector, kind: 'server', name: '', facts }),
  }
  const allowed =
    only === undefined ? parts.allowedConnectors.of(parts.connectors.list(), ask) : allowedOne(only, ask)
  const { roster } = allowed
  const lacking = new Set<Place>()
  for (const place of roster.personal)
    if (allowed.has(place) && (await lacksValues(parts, who, place.connector))) lacking.add(place)
  // An agent by itself cannot sign in anywhere: what waits for a sign-in is not there for it.
  const isThere = (place: Place) => allowed.has(place) && !(isAlone(who) && lacking.has(place))
  const connectorsOf = (places: Iterable<Place>) =>
    [...places].filter(isThere).map(({ connector }) => connector)
  return {
    connectors: () => connectorsOf(roster.places),
    waiting: connectorsOf(lacking),
    failing: connectorsOf(roster.failing),
    key: keyWithout(allowed.key, lacking),
    sees(tool) {
      const place = roster.byId.get(tool.serverId)
      if (place === undefined || !allowed.has(place) || lacking.has(place)) return false
      const { connector } = place
      return isAllowed(parts, who, { connector, kind: 'tool', name: tool.name, facts })
    },
  }
}

function keyWithout(key: string | undefined, lacking: ReadonlySet<Place>): string | undefined {
  if (key === undefined || lacking.size === 0) return key
  const hash = createHash('sha256').update(key)
  for (const { connector } of lacking) hash.update(connector.id)
  return hash.digest('base64')
}

function isAllowed(
  { policy }: VisibleParts,
  { caller }: Requester,
  question: { connector: Connector; kind: 'server' | 'tool'; name: string; facts: RequestFacts },
): boolean {
  return policy.decide(caller, { ...question, phase: 'list', args: undefined }).effect === 'allow'
}

function lacksValues(parts: VisibleParts, who: Requester, connector: Connector): Promise<boolean> {
  return parts.credentials.lacks(connector, credentialOwner(who.caller, connector.id))
}

export function connectUrl(publicUrl: URL, connector: Connector): string {
  return new URL(`/connectors/${connector.id}/connection`, publicUrl).href
}

/** The stand-in tool of a connector that needs the caller's own values first. */
export function connectTool(connector: Connector): {
  name: string
  description: string
  inputSchema: { type: 'object' }
} {
  return {
    name: `${connector.slug}${connectSuffix}`,
    description: `${connector.name} needs your own sign-in or values before its tools can be used. Call this to get the link.`,
    inputSchema: { type: 'object' },
  }
}

/** What calling the stand-in answers. */
export function connectResult(publicUrl: URL, connector: Connector, caller: Caller): string {
  const { name } = connector
  if (caller.acting !== undefined) {
    const facts = { error: 'auth_required', url: new URL('/delegations', publicUrl).href, connector: name }
    const text = `${name} needs a sign-in that ${caller.email} has not lent to this agent. They can lend theirs at ${facts.url}.`
    return JSON.stringify({ content: [{ type: 'text', text }], structuredContent: facts, isError: true })
  }
  const facts = { error: 'auth_required', url: connectUrl(publicUrl, connector), connector: name }
  const text = `${connector.name} needs you to connect first. Open ${facts.url} while signed in as yourself, then try again.`
  return JSON.stringify({ content: [{ type: 'text', text }], structuredContent: facts, isError: true })
}

/** The same once the person has connected, for who still has the stand-in on their list. */
export const connectedResult = JSON.stringify({
  content: [{ type: 'text', text: 'You are connected. The tools are there now: list or search them again.' }],
  structuredContent: { connected: true },
})
