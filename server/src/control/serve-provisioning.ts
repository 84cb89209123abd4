import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { Json } from '../kernel/json.ts'
import { jsonReader } from './read-json.ts'
import type { FactsOf } from './request-facts.ts'
import type { ServedHosts } from './served-hosts.ts'

export type ProvisioningDoor = Directory['provisioning']
type Token = Awaited<ReturnType<ProvisioningDoor['admit']>>

const methods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * SCIM speaks its own language: media type, errors, and a credential that counts nowhere else. Its operations are those of
 * RFC 7644, described at /scim/v2/Schemas, so they are no part of the OpenAPI document.
 */
export async function serveProvisioning(
  app: FastifyInstance,
  door: ProvisioningDoor,
  parts: { hosts: ServedHosts; factsOf: FactsOf; challenge: string; jsonDepth: number },
): Promise<void> {
  const tokens = new WeakMap<object, Token>()
  const say = (reply: FastifyReply, answer: ReturnType<ProvisioningDoor['refuse']>) => {
    reply.code(answer.status).header('cache-control', 'no-store')
    if (answer.status === 401) reply.header('www-authenticate', parts.challenge)
    if (answer.location !== undefined) reply.header('location', answer.location)
    if (answer.body === undefined) return reply.send()
    return reply.type('application/scim+json; charset=utf-8').send(JSON.stringify(answer.body))
  }
  await app.register(async (own) => {
    own.removeAllContentTypeParsers()
    own.addContentTypeParser(
      ['application/scim+json', 'application/json'],
      { parseAs: 'string' },
      jsonReader(parts.jsonDepth),
    )
    own.setErrorHandler((error, request, reply) => say(reply, door.refuse(error, request.id)))
    for (const url of ['/scim/v2', '/scim/v2/*'])
      own.route({
        method: methods,
        url,
        config: { operationId: 'scim' },
        // Before the host, before the body: a bad credential is 401 whatever else is wrong (contract.md §4).
        onRequest: async (request) => {
          const token = await door.admit(request.headers.authorization, parts.factsOf(request.raw))
          parts.hosts.check(request.headers)
          tokens.set(request, token)
        },
        handler: async (request, reply) => {
          const token = tokens.get(request)
          if (token === undefined) throw new Error('a SCIM request without its token')
          const mark = request.url.indexOf('?')
          const answer = await door.answer(
            {
              ...parts.factsOf(request.raw),
              method: request.method,
              path: `/${(request.params as { '*'?: string })['*'] ?? ''}`,
              query: new URLSearchParams(mark === -1 ? '' : request.url.slice(mark + 1)),
              body: request.body as Json | undefined,
            },
            token,
          )
          return say(reply, answer)
        },
      })
  })
}
