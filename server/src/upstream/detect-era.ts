import type { UpstreamReply } from '../kernel/call.ts'
import type { UpstreamFacts } from '../kernel/upstream.ts'
import { elementsOf, membersOf, stringOf } from '../lib/raw-json.ts'
import type { Named } from './explain-failure.ts'
import { discoveryOf } from './initialize.ts'
import { unknownFacts } from './modern-http.ts'
import { modernErrors, modernVersion, versionUnsupported } from './rpc-text.ts'

/**
 * What an answer to server/discover proves (protocol.md §1.12): facts of a modern server, or undefined for a legacy one.
 * Only a discovery and the three modern error codes prove the modern era.
 */
export function modernFacts(connector: Named, reply: UpstreamReply): UpstreamFacts | undefined {
  if (reply.kind === 'result') {
    if (!reply.members.has('supportedVersions')) return undefined
    const { versions, facts } = discoveryOf(connector, reply)
    return versions.includes(modernVersion) ? facts : undefined
  }
  if (!modernErrors.has(reply.code)) return undefined
  return reply.code === versionUnsupported && !supported(reply.data).includes(modernVersion)
    ? undefined
    : unknownFacts
}

/** `data.supported` of an UnsupportedProtocolVersion error. */
function supported(data: string | undefined): string[] {
  if (data === undefined || !data.startsWith('{')) return []
  const list = membersOf(data).get('supported')
  return list?.startsWith('[') === true ? elementsOf(list).flatMap((element) => stringOf(element) ?? []) : []
}
