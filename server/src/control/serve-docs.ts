import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { securityHeaders } from './security-headers.ts'
import type { ServedHosts } from './served-hosts.ts'

/** The API explorer at /docs: its own files only, no fonts, telemetry or proxy of others. */
export async function serveDocs(
  app: FastifyInstance,
  parts: { hosts: ServedHosts; isHttps: boolean; productName: string },
): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook('onRequest', async (request, reply) => {
      parts.hosts.check(request.headers)
      reply.headers(securityHeaders('docs', parts.isHttps)).header('cache-control', 'no-cache')
    })
    await docs.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/api/v1/openapi.json',
        pageTitle: `${parts.productName} API`,
        withDefaultFonts: false,
        telemetry: false,
        proxyUrl: '',
        persistAuth: false,
      },
    })
  })
}
