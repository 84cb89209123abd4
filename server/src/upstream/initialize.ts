import type { RawObject, UpstreamReply } from '../kernel/call.ts'
import type { UpstreamFacts } from '../kernel/upstream.ts'
import { elementsOf, stringOf } from '../lib/raw-json.ts'
import { failure, malformed, type Named } from './explain-failure.ts'
import { legacyVersions, objectOf, type Product } from './rpc-text.ts'
import type { Peer } from './session.ts'

/** The upstream hears exactly what the client at the other end can do. */
export function initializeParams(peer: Peer, product: Product): RawObject {
  return new Map([
    ['protocolVersion', JSON.stringify(legacyVersions[0])],
    ['capabilities', JSON.stringify(peer.capabilities)],
    ['clientInfo', JSON.stringify({ name: product.name, version: product.version })],
  ])
}

/** Reads the answer to initialize; refuses errors and revisions we do not speak. */
export function factsOf(connector: Named, reply: UpstreamReply): UpstreamFacts {
  if (reply.kind === 'error') throw initializeRefused(connector, reply)
  const { members } = reply
  const protocolVersion = stringOf(members.get('protocolVersion')) ?? ''
  if (!legacyVersions.some((version) => version === protocolVersion)) {
    throw failure(
      connector,
      'upstream-failed',
      `speaks protocol revision ${JSON.stringify(protocolVersion.slice(0, 40))}, which is not supported.`,
    )
  }
  return {
    era: 'legacy',
    protocolVersion,
    capabilities: objectOf(members.get('capabilities')) ?? {},
    serverInfo: objectOf(members.get('serverInfo')) ?? {},
    instructions: stringOf(members.get('instructions')),
  }
}

function initializeRefused(connector: Named, reply: UpstreamReply & { kind: 'error' }) {
  return failure(connector, 'upstream-failed', `refused to initialize: ${reply.message.slice(0, 200)}`, {
    data: { code: reply.code },
  })
}

/** Reads the answer to server/discover. `versions` decides the era (protocol.md §1.4). */
export function discoveryOf(
  connector: Named,
  reply: UpstreamReply & { kind: 'result' },
): { versions: string[]; facts: UpstreamFacts } {
  const { members } = reply
  const list = members.get('supportedVersions')
  if (list === undefined || !list.startsWith('['))
    throw malformed(connector, 'a discovery without supportedVersions')
  const meta = objectOf(members.get('_meta')) ?? {}
  const info = meta['io.modelcontextprotocol/serverInfo']
  return {
    versions: elementsOf(list).flatMap((element) => stringOf(element) ?? []),
    facts: {
      era: 'modern',
      protocolVersion: '2026-07-28',
      capabilities: objectOf(members.get('capabilities')) ?? {},
      serverInfo: typeof info === 'object' && info !== null && !Array.isArray(info) ? info : {},
      instructions: stringOf(members.get('instructions')),
    },
  }
}
