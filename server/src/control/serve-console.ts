import { stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../kernel/errors.ts'
import { securityHeaders } from './security-headers.ts'
import type { ServedHosts } from './served-hosts.ts'

const year = 365 * 24 * 3600

/**
 * Serves the built console. Files whose name carries a hash never change and are kept for a year; every page address is
 * the one page, so that a reload of any view works.
 */
export async function serveConsole(
  app: FastifyInstance,
  webRoot: string,
  parts: { hosts: ServedHosts; isHttps: boolean },
): Promise<void> {
  const headers = securityHeaders('console', parts.isHttps)
  await app.register(fastifyStatic, { root: webRoot, serve: false, cacheControl: false, index: false })
  app.get('/*', {
    config: { operationId: 'console' },
    onRequest: async (request) => parts.hosts.check(request.headers),
    handler: async (request, reply) => {
      const path = decodeURIComponent(new URL(request.url, 'http://console').pathname)
      reply.headers(headers)
      if (await isFile(webRoot, path)) {
        const cached = path.startsWith('/assets/') ? `public, max-age=${year}, immutable` : 'no-cache'
        return reply.header('cache-control', cached).sendFile(path.slice(1), webRoot)
      }
      if (!(request.headers.accept ?? '').includes('text/html'))
        throw new GatewayError('not-found', 'There is no such file.')
      return reply.header('cache-control', 'no-cache').sendFile('index.html', webRoot)
    },
  })
}

async function isFile(webRoot: string, path: string): Promise<boolean> {
  const inside = normalize(path)
  if (inside === '/' || inside.includes('\0') || inside.split('/').some((part) => part.startsWith('.')))
    return false
  const found = await stat(join(webRoot, inside)).catch(() => undefined)
  return found?.isFile() === true
}
