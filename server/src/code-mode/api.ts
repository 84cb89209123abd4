import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'
import type { CodeMode } from './code-mode.ts'

const Limits = z.object({
  compute_ms: z.number(),
  wall_ms: z.number(),
  memory_bytes: z.number(),
  calls: z.number(),
  calls_at_once: z.number(),
  argument_chars: z.number(),
  result_chars: z.number(),
  log_chars: z.number(),
})
const CodeModeSettings = z
  .object({
    enabled: z.boolean().describe('Whether the Runlayer Plugin offers run_code'),
    limits: Limits.describe('What one script may use'),
  })
  .meta({ id: 'CodeModeSettings' })
const CodeModeChange = z.strictObject({ enabled: z.boolean() }).meta({ id: 'CodeModeChange' })

const place = {
  path: '/api/v1/runlayer-plugin/code-mode',
  tag: 'Runlayer Plugin',
  output: CodeModeSettings,
  status: 200,
} as const

function show(codeMode: Pick<CodeMode, 'isEnabled' | 'limits'>): z.input<typeof CodeModeSettings> {
  const { computeMs, wallMs, memoryBytes, calls, callsAtOnce, argumentChars, resultChars, logChars } =
    codeMode.limits
  return {
    enabled: codeMode.isEnabled(),
    limits: {
      compute_ms: computeMs,
      wall_ms: wallMs,
      memory_bytes: memoryBytes,
      calls,
      calls_at_once: callsAtOnce,
      argument_chars: argumentChars,
      result_chars: resultChars,
      log_chars: logChars,
    },
  }
}

export function codeModeRoutes(codeMode: CodeMode): Route[] {
  return [
    route({
      ...place,
      method: 'GET',
      operationId: 'getCodeMode',
      summary: 'Whether models may run scripts against their tools, and within which limits',
      needs: 'anyone',
      run: async () => show(codeMode),
    }),
    route({
      ...place,
      method: 'PUT',
      operationId: 'updateCodeMode',
      summary: 'Turn run_code on or off; holds from the next request',
      needs: 'policies.write',
      audit: { action: 'code_mode_updated', resourceType: 'code_mode' },
      body: CodeModeChange,
      async run(context, { body }) {
        const before = { enabled: codeMode.isEnabled() }
        await codeMode.setEnabled(body.enabled)
        context.record({ resourceId: 'runlayer', before, after: body })
        return show(codeMode)
      },
    }),
  ]
}
