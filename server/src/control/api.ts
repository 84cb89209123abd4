import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'

const Check = z
  .object({ state: z.enum(['ok', 'failing']), message: z.string().optional() })
  .meta({ id: 'HealthCheck' })

const Health = z
  .object({ status: z.enum(['ok', 'unavailable']), version: z.string(), checks: z.record(z.string(), Check) })
  .meta({ id: 'HealthReport' })
type Health = z.output<typeof Health>

/** The operations that speak of the interface itself. Both are public. */
export function controlRoutes(parts: { health(): Promise<Health>; document(): unknown }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/utils/health-check/',
      operationId: 'health',
      summary: 'Whether this process can serve; 503 while it cannot',
      tag: 'Interface',
      needs: 'public',
      output: Health,
      status: 200,
      run: () => parts.health(),
    }),
    route({
      method: 'GET',
      path: '/api/v1/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This interface as an OpenAPI 3.1 document',
      tag: 'Interface',
      needs: 'public',
      output: z.record(z.string(), z.unknown()),
      status: 200,
      run: async () => parts.document() as Record<string, unknown>,
    }),
  ]
}
