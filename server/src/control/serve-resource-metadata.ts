import type { FastifyInstance } from 'fastify'
import type { ServedHosts } from './served-hosts.ts'

type Parts = { hosts: ServedHosts; publicUrl: URL; productName: string }

/**
 * The document every 401 points to (RFC 9728 §3). It says that credentials travel in a header; no authorization server is
 * named, so clients ask their person for an API key. The resource is the path the client came from (§3.1).
 */
export function serveResourceMetadata(app: FastifyInstance, { hosts, publicUrl, productName }: Parts): void {
  const prefix = '/.well-known/oauth-protected-resource'
  const base = publicUrl.href.replace(/\/$/, '')
  for (const url of [prefix, `${prefix}/*`]) {
    app.get<{ Params: { '*'?: string } }>(url, {
      config: { operationId: 'resourceMetadata' },
      onRequest: async (request) => hosts.check(request.headers),
      handler: async (request, reply) => {
        const path = request.params['*'] ?? ''
        const resource = path === '' ? base : new URL(`${base}/${path}`).href
        return reply
          .header('cache-control', 'no-store')
          .send({ resource, resource_name: productName, bearer_methods_supported: ['header'] })
      },
    })
  }
}
