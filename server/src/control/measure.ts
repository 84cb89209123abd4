import { Counter, Histogram, type Registry } from 'prom-client'

export type RestMetrics = {
  observe(operationId: string, status: number, seconds: number): void
  refusedCredential(): void
}

/** Counts REST requests by operation, never by path: ids in labels would grow without end. */
export function restMetrics(registry: Registry): RestMetrics {
  const duration = new Histogram({
    name: 'runlayer_rest_request_duration_seconds',
    help: 'Time from the first byte of a REST request to the end of its answer',
    labelNames: ['operation', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'runlayer_rest_refused_credentials_total',
    help: 'REST requests whose credential was missing, unknown or malformed',
    registers: [registry],
  })
  return {
    observe: (operation, status, seconds) => duration.observe({ operation, status: String(status) }, seconds),
    refusedCredential: () => refused.inc(),
  }
}
