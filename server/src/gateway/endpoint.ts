import type { Endpoint } from '../kernel/call.ts'
import { isUuid, type ServerId } from '../kernel/ids.ts'

const proxy = '/api/v1/proxy/'

/** True for every path this door answers, known or not; all else belongs to the control door. */
export function isMcpPath(path: string): boolean {
  return path === '/mcp' || path.startsWith(proxy)
}

/** The endpoint a path names (contract.md §3), or undefined: an odd id is an unknown id, never a wider scope (T10). */
export function readEndpoint(path: string): Endpoint | undefined {
  if (path === '/mcp' || path === '/api/v1/proxy/runlayer/mcp') return { kind: 'runlayer' }
  if (!path.startsWith(proxy) || !path.endsWith('/mcp')) return undefined
  const id = path.slice(proxy.length, -'/mcp'.length)
  return isUuid(id) ? { kind: 'connector', serverId: id as ServerId } : undefined
}

/** A stable name of the endpoint: sessions and request states are bound to it. */
export function endpointKey(endpoint: Endpoint): string {
  return endpoint.kind === 'runlayer' ? 'runlayer' : endpoint.serverId
}
