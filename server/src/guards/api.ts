import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'
import { Action, Sensitivity, type SettingsRouteParts, settingsRoutes } from './api-settings.ts'
import type { ContentKind } from './finding.ts'
import type { Guards } from './guards.ts'
import { intentText } from './read-intent.ts'

/** Characters of one content, as JSON text. */
const maxContent = 1_000_000

const Content = z.union([z.string().max(maxContent), z.record(z.string(), z.unknown()), z.array(z.unknown())])

const ScanRequest = z
  .strictObject({
    kind: z.enum(['tool_definition', 'tool_input', 'tool_output', 'intent', 'skill_file']),
    content: Content.optional().describe('A text, or JSON whose strings are looked at one by one'),
    definition: Content.optional().describe('A tool definition: name, description, inputSchema'),
    call: z
      .object({
        tool: z.string().optional(),
        description: z.string().optional(),
        arguments: z.unknown().optional(),
        output: z.unknown().optional(),
      })
      .optional()
      .describe('For kind "intent": a call with its output'),
    sensitivity: Sensitivity.optional(),
  })
  .refine(
    ({ kind, content, definition, call }) =>
      (kind === 'intent' ? call : kind === 'tool_definition' ? (definition ?? content) : content) !==
      undefined,
    {
      message: 'send content; for tool_definition send definition, for intent send call',
    },
  )
  .meta({ id: 'ScanRequest' })

const ScanAnswer = z
  .object({
    action: Action,
    risk: z.enum(['none', 'low', 'medium', 'high']),
    score: z
      .number()
      .min(0)
      .max(1)
      .describe('One scale over all detectors; 0.5 is one false alarm in a hundred'),
    detections: z.array(
      z.object({
        detector: z.string(),
        category: z.string(),
        where: z.string(),
        excerpt: z.string(),
        reason: z.string(),
      }),
    ),
    duration_ms: z.number(),
  })
  .meta({ id: 'ScanAnswer' })

export type GuardRouteParts = SettingsRouteParts & { readonly guards: Guards }

export function guardRoutes(parts: GuardRouteParts): Route[] {
  const { guards } = parts
  return [
    route({
      method: 'POST',
      path: '/api/v1/security/scan',
      operationId: 'scanContent',
      summary: 'Look at a text, a call or a tool definition with every guard; nothing is stored',
      tag: 'Security',
      needs: 'anyone',
      audit: { action: 'content_scanned', resourceType: 'scan' },
      body: ScanRequest,
      output: ScanAnswer,
      status: 200,
      run: async (_context, { body }) => scanned(guards, body),
    }),
    ...settingsRoutes(parts),
  ]
}

async function scanned(
  guards: Guards,
  body: z.output<typeof ScanRequest>,
): Promise<z.input<typeof ScanAnswer>> {
  const { kind, text } = readRequest(body)
  const { action, risk, score, findings, durationMs } = await guards.scan(kind, text, body.sensitivity)
  const detections = findings.map(({ detector, category, path, excerpt, reason }) => ({
    detector,
    category,
    where: path,
    excerpt,
    reason,
  }))
  return { action, risk, score, detections, duration_ms: Math.round(durationMs * 1_000) / 1_000 }
}

function readRequest({ kind, content, definition, call }: z.output<typeof ScanRequest>): {
  kind: ContentKind
  text: string
} {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))
  if (kind === 'intent') return { kind: 'tool_output', text: intentText(call ?? {}) }
  if (kind === 'tool_definition') {
    const given = definition ?? content
    return {
      kind,
      text:
        typeof given === 'string' && !/^\s*[{[]/.test(given)
          ? JSON.stringify({ description: given })
          : textOf(given),
    }
  }
  return { kind, text: textOf(content) }
}
