import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'

const Status = z
  .object({
    product: z.string(),
    version: z.string(),
    public_url: z.string(),
    mcp_url: z.string().describe('The one address every AI client connects to'),
    store: z.enum(['embedded', 'postgres']),
    sandbox: z.object({ kind: z.string(), reason: z.string().nullable() }),
    demo: z.boolean().describe('Demo data is present'),
    warnings: z.array(z.string()).describe('What an operator should know, in sentences'),
  })
  .meta({ id: 'Status' })

export type SystemStatus = z.output<typeof Status>

export type SystemRoutesParts = {
  status(): Promise<SystemStatus>
  /** Removes everything demo mode made; answers how many things went. */
  removeDemo(): Promise<number>
}

/** What this installation is and what its operator should know. */
export function systemRoutes(parts: SystemRoutesParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/status',
      operationId: 'getStatus',
      summary: 'What this installation is, where clients connect, and what needs attention',
      tag: 'System',
      needs: 'anyone',
      output: Status,
      status: 200,
      run: () => parts.status(),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/system/demo',
      operationId: 'deleteDemo',
      summary: 'Remove all demo data',
      tag: 'System',
      needs: 'system.manage',
      audit: { action: 'demo_removed', resourceType: 'demo' },
      output: z.object({ removed: z.number().int() }).meta({ id: 'DemoRemoved' }),
      status: 200,
      run: async () => ({ removed: await parts.removeDemo() }),
    }),
  ]
}
