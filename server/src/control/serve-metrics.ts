import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { type Config, isLoopbackHost } from '../config/config.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can } from '../kernel/route.ts'
import { type Admission, admitCaller, sameText } from './admit-request.ts'

export type MetricsParts = {
  registry: Registry
  admission: Admission
  config: Pick<Config, 'bind' | 'metricsToken'>
}

/**
 * GET /metrics in the Prometheus text format. Open only to this very machine; from elsewhere it needs the configured
 * token or somebody who may manage the system.
 */
export function serveMetrics(app: FastifyInstance, parts: MetricsParts): void {
  app.get('/metrics', {
    config: { operationId: 'metrics' },
    onRequest: (request) => admitReader(parts, request),
    handler: async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .type(parts.registry.contentType)
        .send(await parts.registry.metrics()),
  })
}

async function admitReader(parts: MetricsParts, request: FastifyRequest): Promise<void> {
  const { metricsToken, bind } = parts.config
  const given = request.headers.authorization
  if (metricsToken !== undefined && given !== undefined && sameText(`Bearer ${metricsToken}`, given)) return
  if (given === undefined && request.headers['x-runlayer-api-key'] === undefined && isLocal(request, bind)) {
    return parts.admission.hosts.check(request.headers)
  }
  const caller = await admitCaller(parts.admission, {
    method: 'GET',
    url: request.url,
    headers: request.headers,
    ip: request.ip,
  })
  if (!can(caller, 'system.manage'))
    throw new GatewayError('not-allowed', 'Metrics need the metrics token or the capability system.manage.')
}

/** A proxy on this machine also connects from loopback, so a forwarded request does not count as local. */
function isLocal(request: FastifyRequest, bind: string): boolean {
  const forwarded =
    request.headers['x-forwarded-for'] ?? request.headers['forwarded'] ?? request.headers['x-forwarded-host']
  return (
    isLoopbackHost(bind) &&
    forwarded === undefined &&
    isLoopbackHost((request.headers.host ?? '').replace(/:\d+$/, ''))
  )
}
