import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { type Route, route } from '../kernel/route.ts'

const HealthCheck = z
  .object({ state: z.enum(['ok', 'failing']), message: z.string().optional() })
  .meta({ id: 'HealthCheck' })
/** One part of the process as health sees it. `message` is safe to show to anybody. */
export type HealthCheck = z.output<typeof HealthCheck>

const HealthReport = z
  .object({ status: z.literal('ok'), version: z.string(), checks: z.record(z.string(), HealthCheck) })
  .meta({ id: 'HealthReport' })

const checkLimitMs = 2000

type Parts = {
  checks: Readonly<Record<string, () => Promise<HealthCheck>>>
  version: string
  document(): unknown
}

/** The operations that speak of the interface itself. All are public. */
export function controlRoutes({ checks, version, document }: Parts): Route[] {
  const health = {
    method: 'GET',
    summary: 'Whether this process can serve; 503 while it cannot',
    tag: 'Interface',
    needs: 'public',
    output: HealthReport,
    status: 200,
    run: async () => {
      const seen = await look(checks)
      const failing = Object.keys(seen).filter((name) => seen[name]?.state !== 'ok')
      if (failing.length > 0)
        throw new GatewayError('busy', `Not ready: ${failing.join(', ')}.`, {
          data: { status: 'unavailable', version, checks: seen },
        })
      return { status: 'ok' as const, version, checks: seen }
    },
  } as const
  return [
    route({ ...health, path: '/api/v1/utils/health-check/', operationId: 'health' }),
    route({
      method: 'GET',
      path: '/api/v1/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This interface as an OpenAPI 3.1 document',
      tag: 'Interface',
      needs: 'public',
      output: z.record(z.string(), z.unknown()),
      status: 200,
      run: async () => document() as Record<string, unknown>,
    }),
  ]
}

async function look(checks: Parts['checks']): Promise<Record<string, HealthCheck>> {
  const seen = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await bounded(check)] as const),
  )
  return Object.fromEntries(seen)
}

/** A part that does not answer in time is not healthy, and why it failed is for the log, not for the public. */
async function bounded(check: () => Promise<HealthCheck>): Promise<HealthCheck> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<HealthCheck>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'failing', message: 'did not answer in time' }), checkLimitMs)
  })
  try {
    return await Promise.race([check(), late])
  } catch {
    return { state: 'failing' }
  } finally {
    clearTimeout(timer)
  }
}
