import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { securityHeaders } from './security-headers.ts'
import type { ServedHosts } from './served-hosts.ts'

type DocsParts = { hosts: ServedHosts; isHttps: boolean; productName: string }

/**
 * The API explorer at /docs: its own files only, no fonts, telemetry or proxy of others. It is opened by the first who
 * asks for it, because it holds 16 MB that most installations never need.
 */
export function serveDocs(app: FastifyInstance, parts: DocsParts): void {
  let opening: Promise<FastifyInstance> | undefined
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    parts.hosts.check(request.headers)
    opening ??= openDocs(parts)
    const docs = await opening
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.hijack()
    docs.routing(request.raw, reply.raw)
  }
  app.get('/docs', answer)
  app.get('/docs/*', answer)
  app.addHook('onClose', async () => {
    const docs = await opening?.catch(() => undefined)
    await docs?.close()
  })
}

async function openDocs({ isHttps, productName }: DocsParts): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const docs = Fastify({ logger: false })
  docs.addHook('onRequest', async (_, reply) => {
    reply.headers(securityHeaders('docs', isHttps)).header('cache-control', 'no-cache')
  })
  await docs.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/api/v1/openapi.json',
      pageTitle: `${productName} API`,
      withDefaultFonts: false,
      telemetry: false,
      proxyUrl: '',
      persistAuth: false,
    },
  })
  await docs.ready()
  return docs
}
