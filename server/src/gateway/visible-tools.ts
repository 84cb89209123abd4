import { createHash } from 'node:crypto'
import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { type Caller, credentialOwner } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Policy, Question } from '../policy/policy.ts'
import type { Tools } from '../tools/tools.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

type RequestFacts = Question['facts']

export type VisibleParts = {
  connectors: Connectors
  credentials: Pick<Credentials, 'attach' | 'lacks'>
  tools: Tools
  policy: Pick<Policy, 'decide' | 'listKey'>
  publicUrl: URL
  allowedConnectors: AllowedByKey
}

/** What one person may see right now, decided by the same function that decides calls. */
export type View = {
  sees(tool: PinnedTool): boolean
  /** Names all that `sees` goes by but the tool; undefined where that changes with time. */
  readonly key: string | undefined
  /** Active hosted connectors on which the person may use anything, sorted by name. */
  readonly connectors: readonly Connector[]
  /** Those among them that wait for the person's own values. */
  readonly unconnected: ReadonlySet<string>
}

/** The reserved ending of the tool that stands for "connect this first" (contract.md §3). */
export const connectSuffix = '_connect'

/** An agent that acts for nobody. */
const isAlone = ({ caller }: Requester) => caller.type === 'agent' && caller.acting === undefined

export async function viewOf(parts: VisibleParts, who: Requester, only?: Connector): Promise<View> {
  const facts = factsOf(who)
  const listKey = parts.policy.listKey(who.caller, facts)
  const { allowed, personal, key } =
    only === undefined
      ? allowedConnectors(parts, who, { listKey, facts })
      : decideConnectors(parts, who, { listKey, facts, from: [only] })
  const unconnected = new Set<string>()
  for (const connector of personal)
    if (await lacksValues(parts, who, connector)) unconnected.add(connector.id)
  const usable = () => allowed.filter((connector) => !unconnected.has(connector.id))
  let byId: ReadonlyMap<string, Connector> | undefined
  return {
    // An agent by itself cannot sign in anywhere: what waits for a sign-in is not there for it.
    connectors: isAlone(who) ? usable() : allowed,
    unconnected,
    key: unconnected.size === 0 ? key : keyOf(listKey, usable()),
    sees(tool) {
      byId ??= new Map(usable().map((connector) => [connector.id, connector]))
      const connector = byId.get(tool.serverId)
      return (
        connector !== undefined && isAllowed(parts, who, { connector, kind: 'tool', name: tool.name, facts })
      )
    },
  }
}

/** What was decided about all connectors for one person, as long as neither rules nor connectors change. */
type AllowedConnectors = {
  readonly from: readonly Connector[]
  readonly allowed: readonly Connector[]
  /** Those among them to which each person may bring values or a sign-in of their own. */
  readonly personal: readonly Connector[]
  readonly key: string | undefined
}
export type AllowedByKey = BoundedCache<AllowedConnectors>
/** So many people's are remembered, each as long as the list of connectors. */
const maxAllowed = 500

export function openAllowedConnectors(): AllowedByKey {
  return new BoundedCache(maxAllowed)
}

type Ask = { readonly listKey: string | undefined; readonly facts: RequestFacts }

function allowedConnectors(parts: VisibleParts, who: Requester, ask: Ask): AllowedConnectors {
  const from = parts.connectors.list()
  const known = ask.listKey === undefined ? undefined : parts.allowedConnectors.get(ask.listKey)
  // The list is another one as soon as a connector changes, its health included.
  if (known?.from === from) return known
  const open = from.filter((each) => each.status === 'active' && each.kind === 'hosted')
  const decided = { ...decideConnectors(parts, who, { ...ask, from: open }), from }
  if (ask.listKey !== undefined) parts.allowedConnectors.set(ask.listKey, decided)
  return decided
}

function decideConnectors(
  parts: VisibleParts,
  who: Requester,
  { from, listKey, facts }: Ask & { from: readonly Connector[] },
): Omit<AllowedConnectors, 'from'> {
  const allowed = from.filter((connector) =>
    isAllowed(parts, who, { connector, kind: 'server', name: '', facts }),
  )
  return {
    allowed,
    personal: allowed.filter(mayLack),
    key: keyOf(listKey, allowed),
  }
}

/** Whether a person could have to connect first; whether this one has to is asked each time. */
export function mayLack({ personalValues, auth }: Connector): boolean {
  return personalValues.length > 0 || auth.type === 'oauth' || auth.type === 'auto'
}

function isAllowed(
  { policy }: VisibleParts,
  { caller }: Requester,
  question: { connector: Connector; kind: 'server' | 'tool'; name: string; facts: RequestFacts },
): boolean {
  return policy.decide(caller, { ...question, phase: 'list', args: undefined }).effect === 'allow'
}

function keyOf(listKey: string | undefined, usable: readonly Connector[]): string | undefined {
  if (listKey === undefined) return undefined
  const text = usable.map(({ id, revision }) => ` ${id} ${revision}`).join('')
  return createHash('sha256').update(listKey).update(text).digest('base64')
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
