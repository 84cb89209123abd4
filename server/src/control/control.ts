import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Route } from '../kernel/route.ts'
import type { Log } from '../lib/log.ts'
import { peerAddress } from '../lib/peer-address.ts'
import type { CallerSource } from './admit-request.ts'
import { type ErrorAnswerer, errorAnswerer } from './answer-error.ts'
import { controlRoutes, type HealthCheck } from './api.ts'
import { restMetrics } from './measure.ts'
import { type MountParts, mountRoutes, refuseUnknownPaths } from './mount-routes.ts'
import { openApiDocument } from './openapi.ts'
import { jsonReader } from './read-json.ts'
import { requestFacts } from './request-facts.ts'
import { securityHeaders } from './security-headers.ts'
import { type AssertionConsumer, serveAssertions } from './serve-assertions.ts'
import { type Authorization, serveAuthorization } from './serve-authorization.ts'
import { serveConsole } from './serve-console.ts'
import { serveDocs } from './serve-docs.ts'
import { serveMetrics } from './serve-metrics.ts'
import { type ProvisioningDoor, serveProvisioning } from './serve-provisioning.ts'
import { serveResourceMetadata } from './serve-resource-metadata.ts'
import { servedHosts } from './served-hosts.ts'

/** The REST door: everything on the port that is not MCP. */
export type Control = {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Every operation that is mounted, for completeness tests. */
  readonly routes: readonly Route[]
  close(): Promise<void>
}

export type ControlOptions = {
  /** The operations of the nouns. */
  routes: readonly Route[]
  identity: CallerSource
  journal: Journal
  config: Config
  log: Log
  bus: { ensureFresh(): Promise<void> | undefined }
  now?: () => number
  /** What health looks at, by name. A check that takes over two seconds counts as failing. */
  checks?: Readonly<Record<string, () => Promise<HealthCheck>>>
  metrics?: Registry
  /** The authorization server for AI clients. */
  authorization?: Authorization
  /** SCIM for directories. */
  provisioning?: ProvisioningDoor
  /** Where SAML providers post to. */
  assertions?: AssertionConsumer
  /** The built console; without it only the interface is served. */
  webRoot?: string
}

/** Builds the REST door. It listens on nothing: give requests to `handle`. */
export async function buildControl(options: ControlOptions): Promise<Control> {
  const { config, log, journal, identity } = options
  const now = options.now ?? Date.now
  const registry = options.metrics ?? new Registry()
  const factsOf = requestFacts(peerAddress(config.trustedProxies), now)
  const hosts = servedHosts(config)
  const admission = { hosts, identity, ensureFresh: () => options.bus.ensureFresh() }
  const metrics = restMetrics(registry)
  const parts: MountParts = { admission, journal, metrics, factsOf }
  const isHttps = config.publicUrl.protocol === 'https:'
  const answerError = errorAnswerer(metadataOf(config.publicUrl), log)

  const app = newApp(config, parts, { answerError, isHttps, now })
  let document: unknown
  const own = controlRoutes({
    checks: options.checks ?? {},
    version: config.version,
    document: () => document,
  })
  const routes = [...own, ...options.routes]
  document = openApiDocument(routes, {
    title: config.productName,
    version: config.version,
    serverUrl: config.publicUrl.origin,
  })

  mountRoutes(app, routes, parts)
  serveMetrics(app, { registry, admission, config })
  serveResourceMetadata(app, {
    hosts,
    publicUrl: config.publicUrl,
    productName: config.productName,
    hasIssuer: options.authorization !== undefined,
  })
  if (options.authorization !== undefined)
    await serveAuthorization(app, options.authorization, { hosts, factsOf })
  await mountProvisioning(app, options, { hosts, factsOf })
  if (options.assertions !== undefined) await serveAssertions(app, options.assertions, { hosts, factsOf })
  refuseUnknownPaths(app, parts)
  serveDocs(app, { hosts, isHttps, productName: config.productName })
  if (options.webRoot !== undefined && existsSync(join(options.webRoot, 'index.html'))) {
    await serveConsole(app, options.webRoot, { hosts, isHttps })
  }
  await app.ready()
  return { handle: (request, response) => app.routing(request, response), routes, close: () => app.close() }
}

async function mountProvisioning(
  app: FastifyInstance,
  { provisioning, config }: ControlOptions,
  parts: Pick<Parameters<typeof serveProvisioning>[2], 'hosts' | 'factsOf'>,
): Promise<void> {
  if (provisioning === undefined) return
  const { publicUrl, limits } = config
  // SCIM takes tokens of its own, which are bound to no key.
  const challenge = `Bearer ${metadataOf(publicUrl)}`
  await serveProvisioning(app, provisioning, { ...parts, challenge, jsonDepth: limits.jsonDepth })
}

/** Where a client learns how to authenticate (RFC 9728 §5.1). */
function metadataOf(publicUrl: URL): string {
  return `resource_metadata="${publicUrl.href.replace(/\/$/, '')}/.well-known/oauth-protected-resource"`
}

type AppParts = { answerError: ErrorAnswerer; isHttps: boolean; now: () => number }

function newApp(config: Config, parts: MountParts, { answerError, isHttps, now }: AppParts): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: config.limits.requestBytes,
    genReqId: (raw) => parts.factsOf(raw as IncomingMessage).requestId,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void answerError(error, request.id, reply as never),
  })
  const apiHeaders = securityHeaders('api', isHttps)
  app.addHook('onRequest', async (request, reply) => {
    const facts = parts.factsOf(request.raw)
    reply.headers(apiHeaders).header('x-request-id', facts.requestId)
    if (facts.correlationId !== facts.requestId) reply.header('x-correlation-id', facts.correlationId)
  })
  app.addHook('onResponse', async (request, reply) => {
    const operation = request.routeOptions.config as { operationId?: string }
    parts.metrics.observe(
      operation.operationId ?? 'unknown',
      reply.statusCode,
      (now() - parts.factsOf(request.raw).startedAt) / 1000,
    )
  })
  readJsonOnly(app, config.limits.jsonDepth)
  app.setErrorHandler((error, request, reply) => answerError(error, request.id, reply))
  app.setNotFoundHandler(async (request) => {
    parts.admission.hosts.check(request.headers)
    throw new GatewayError('not-found', 'There is no such page.')
  })
  return app
}

/** JSON is the only body there is. */
function readJsonOnly(app: FastifyInstance, maxDepth: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, jsonReader(maxDepth))
}
