import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { FactsOf } from './request-facts.ts'
import type { ServedHosts } from './served-hosts.ts'

/** What the REST door mounts of the authorization server. */
export type Authorization = {
  readonly paths: readonly { method: 'GET' | 'POST'; path: string }[]
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    facts: { ip: string; requestId: string },
  ): Promise<void>
}

/**
 * OAuth speaks its own language: forms, redirects, its own errors. It gets the request unread, with our host check,
 * request id and headers around it.
 */
export async function serveAuthorization(
  app: FastifyInstance,
  { paths, handle }: Authorization,
  parts: { hosts: ServedHosts; factsOf: FactsOf },
): Promise<void> {
  await app.register(async (own) => {
    own.removeAllContentTypeParsers()
    own.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const { method, path } of paths) {
      own.route({
        method,
        url: path,
        exposeHeadRoute: false,
        config: { operationId: 'oauth' },
        onRequest: async (request) => parts.hosts.check(request.headers),
        handler: async (request, reply) => {
          for (const [name, value] of Object.entries(reply.getHeaders()))
            if (value !== undefined) reply.raw.setHeader(name, value)
          reply.hijack()
          await handle(request.raw, reply.raw, parts.factsOf(request.raw))
        },
      })
    }
  })
}
