import { createHash } from 'node:crypto'
import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { Connector } from '../kernel/connector.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import type { Policy } from '../policy/policy.ts'
import type { Tools } from '../tools/tools.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

export type VisibleParts = {
  connectors: Connectors
  credentials: Pick<Credentials, 'attach' | 'lacks'>
  tools: Tools
  policy: Pick<Policy, 'decide' | 'listKey'>
  publicUrl: URL
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

export async function viewOf(parts: VisibleParts, who: Requester, only?: Connector): Promise<View> {
  const facts = factsOf(who)
  const candidates =
    only === undefined
      ? parts.connectors.list().filter((each) => each.status === 'active' && each.kind === 'hosted')
      : [only]
  const allowed = candidates.filter(
    (connector) =>
      parts.policy.decide(who.caller, {
        connector,
        kind: 'server',
        name: '',
        phase: 'list',
        args: undefined,
        facts,
      }).effect === 'allow',
  )
  const unconnected = new Set<string>()
  for (const connector of allowed) if (await lacksValues(parts, who, connector)) unconnected.add(connector.id)
  const usable = new Map(
    allowed
      .filter((connector) => !unconnected.has(connector.id))
      .map((connector) => [connector.id, connector]),
  )
  return {
    connectors: allowed.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    unconnected,
    key: keyOf(parts.policy.listKey(who.caller, facts), usable),
    sees(tool) {
      const connector = usable.get(tool.serverId)
      if (connector === undefined) return false
      return (
        parts.policy.decide(who.caller, {
          connector,
          kind: 'tool',
          name: tool.name,
          phase: 'list',
          args: undefined,
          facts,
        }).effect === 'allow'
      )
    },
  }
}

function keyOf(listKey: string | undefined, usable: ReadonlyMap<string, Connector>): string | undefined {
  if (listKey === undefined) return undefined
  const hash = createHash('sha256').update(listKey)
  for (const { id, revision } of usable.values()) hash.update(` ${id} ${revision}`)
  return hash.digest('base64')
}

function lacksValues(parts: VisibleParts, who: Requester, connector: Connector): Promise<boolean> {
  return parts.credentials.lacks(connector, who.caller.id)
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
export function connectResult(publicUrl: URL, connector: Connector): string {
  const facts = { error: 'auth_required', url: connectUrl(publicUrl, connector), connector: connector.name }
  const text = `${connector.name} needs you to connect first. Open ${facts.url} while signed in as yourself, then try again.`
  return JSON.stringify({ content: [{ type: 'text', text }], structuredContent: facts, isError: true })
}
