import type { FastifyInstance } from 'fastify'
import { proofAlgorithms } from '../kernel/challenge.ts'
import type { ServedHosts } from './served-hosts.ts'

type Parts = { hosts: ServedHosts; publicUrl: URL; productName: string; hasIssuer: boolean }

/**
 * The document every 401 points to (RFC 9728 §3): who issues tokens, and for what. The resource is the path the client
 * came from (§3.1); without one it is Runlayer Plugin.
 */
export function serveResourceMetadata(app: FastifyInstance, parts: Parts): void {
  const { hosts, publicUrl, productName } = parts
  const prefix = '/.well-known/oauth-protected-resource'
  const base = publicUrl.href.replace(/\/$/, '')
  for (const url of [prefix, `${prefix}/*`]) {
    app.get<{ Params: { '*'?: string } }>(url, {
      config: { operationId: 'resourceMetadata' },
      onRequest: async (request) => hosts.check(request.headers),
      handler: async (request, reply) => {
        const path = request.params['*'] ?? ''
        const resource = new URL(`${base}/${path === '' ? 'mcp' : path}`).href
        return reply.header('cache-control', 'no-store').send({
          resource,
          resource_name: productName,
          ...(parts.hasIssuer
            ? {
                authorization_servers: [base],
                scopes_supported: ['mcp'],
                dpop_signing_alg_values_supported: proofAlgorithms,
              }
            : {}),
          bearer_methods_supported: ['header'],
        })
      },
    })
  }
}
