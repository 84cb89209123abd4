const proxyPath =
  /^\/api\/v1\/proxy\/(?:(?:plugins|skills)\/)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\/mcp$/

/** To act as this person on MCP endpoints, within what policies allow. */
export const mcpScope = 'mcp'
/** To act as this person on REST. For our own command line alone. */
export const apiScope = 'api'
/** What stands for REST among the paths of resources. */
export const apiPath = '/api/v1'

/**
 * The path a token is for, or undefined when there is no such resource: both addresses of Runlayer Plugin are one, and
 * the installation itself means that one (product: a missing resource means /mcp and nothing else).
 */
export function resourcePath(path: string): string | undefined {
  if (path === '/mcp' || path === '/api/v1/proxy/runlayer/mcp') return '/mcp'
  return path === apiPath || proxyPath.test(path) ? path : undefined
}

/** Reads a `resource` parameter (RFC 8707) into the audience of its tokens; undefined when it is not ours. */
export function audienceOf(resource: string, base: string): string | undefined {
  if (resource === base || resource === `${base}/`) return `${base}/mcp`
  if (!resource.startsWith(`${base}/`)) return undefined
  const path = resourcePath(resource.slice(base.length).replace(/\/$/, ''))
  return path === undefined ? undefined : `${base}${path}`
}

/** The scope that tokens of this audience carry. */
export function scopeOf(audience: string, base: string): string {
  return audience === `${base}${apiPath}` ? apiScope : mcpScope
}

/** The public URL as it stands in issuer and audiences: without a slash at its end. */
export function baseOf(publicUrl: URL): string {
  return publicUrl.href.replace(/\/+$/, '')
}
