import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../kernel/errors.ts'
import type { FactsOf } from './request-facts.ts'
import type { ServedHosts } from './served-hosts.ts'

/** What the REST door mounts of SAML. */
export type AssertionConsumer = {
  /** Answers the page of the console to go on to. */
  receive(form: { response: string; ip: string }): Promise<string>
  /** XML that providers import; undefined where there is no such provider. */
  metadata(providerId: string | undefined): Promise<string | undefined>
}

const path = '/api/v1/sign-in/saml'
const mostBytes = 512 * 1024

/** SAML speaks forms that other sites post: no JSON, no cookie, no credential; what counts is signed inside. */
export async function serveAssertions(
  app: FastifyInstance,
  consumer: AssertionConsumer,
  parts: { hosts: ServedHosts; factsOf: FactsOf },
): Promise<void> {
  await app.register(async (own) => {
    own.removeAllContentTypeParsers()
    own.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: mostBytes },
      (_request, text, done) => done(null, new URLSearchParams(String(text))),
    )
    own.route({
      method: 'POST',
      url: `${path}/acs`,
      config: { operationId: 'saml' },
      // The page that posts is the provider's: its origin is foreign, and nothing here stands on the browser's word.
      onRequest: async (request) => parts.hosts.check({ host: request.headers.host }),
      handler: async (request, reply) => {
        const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
        const { ip } = parts.factsOf(request.raw)
        const to = await consumer.receive({ response: form.get('SAMLResponse') ?? '', ip })
        return reply.header('cache-control', 'no-store').redirect(to, 303)
      },
    })
    own.route({
      method: 'GET',
      url: `${path}/metadata`,
      exposeHeadRoute: false,
      config: { operationId: 'saml' },
      onRequest: async (request) => parts.hosts.check(request.headers),
      handler: async (request, reply) => {
        const { provider } = request.query as { provider?: unknown }
        const xml = await consumer.metadata(typeof provider === 'string' ? provider : undefined)
        if (xml === undefined) throw new GatewayError('not-found', 'There is no such SAML provider.')
        return reply.type('application/samlmetadata+xml; charset=utf-8').send(xml)
      },
    })
  })
}
