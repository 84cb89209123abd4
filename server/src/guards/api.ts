import { z } from 'zod'
import type { JsonObject } from '../kernel/json.ts'
import { type Route, route } from '../kernel/route.ts'
import { additionRoutes } from './api-additions.ts'
import { Action, Sensitivity, type SettingsRouteParts, settingsRoutes } from './api-settings.ts'
import { wordsOf } from './definition-leaves.ts'
import type { ContentKind, Finding } from './finding.ts'
import type { Guards } from './guards.ts'
import type { IntentFacts } from './judge-intent.ts'
import { reachOf } from './tool-reach.ts'

/** Characters of one content, as JSON text. */
const maxContent = 1_000_000

const Content = z.union([z.string().max(maxContent), z.record(z.string(), z.unknown()), z.array(z.unknown())])

const Call = z
  .strictObject({
    tool: z.string().max(256).optional(),
    description: z.string().max(100_000).optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
    purpose: z.string().max(10_000).optional().describe('Why the call was made, in the words of who made it'),
    arguments: z.unknown().optional(),
    output: z.unknown().optional(),
  })
  .describe('For kind "intent": a call with its output')

const ScanRequest = z
  .strictObject({
    kind: z.enum(['tool_definition', 'tool_input', 'tool_output', 'intent', 'skill_file']),
    content: Content.optional().describe('A text, or JSON whose strings are looked at one by one'),
    definition: Content.optional().describe('A tool definition: name, description, inputSchema'),
    call: Call.optional(),
    before: z
      .string()
      .max(4_000)
      .optional()
      .describe(
        'For a stream in parts: the end of the part before; what stands in it alone is not told again',
      ),
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
  .refine(({ before, content }) => before === undefined || typeof content === 'string', {
    message: 'before goes with a content that is a text',
  })
  .meta({ id: 'ScanRequest' })

const maxBatch = 100
const ScanBatch = z
  .strictObject({ items: z.array(ScanRequest).min(1).max(maxBatch) })
  .meta({ id: 'ScanBatch' })

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
    route({
      method: 'POST',
      path: '/api/v1/security/scan/batch',
      operationId: 'scanContents',
      summary: 'Look at up to a hundred contents, in order; nothing is stored',
      tag: 'Security',
      needs: 'anyone',
      audit: { action: 'content_scanned', resourceType: 'scan' },
      body: ScanBatch,
      output: z.object({ data: z.array(ScanAnswer), next_cursor: z.null() }).meta({ id: 'ScanAnswerList' }),
      status: 200,
      async run(context, { body }) {
        const data: z.input<typeof ScanAnswer>[] = []
        for (const item of body.items) {
          if (context.signal.aborted) break
          data.push(await scanned(guards, item))
        }
        return { data, next_cursor: null }
      },
    }),
    ...settingsRoutes(parts),
    ...additionRoutes(parts),
  ]
}

async function scanned(
  guards: Guards,
  body: z.output<typeof ScanRequest>,
): Promise<z.input<typeof ScanAnswer>> {
  const { kind, text } = readRequest(body)
  const { action, risk, score, findings, durationMs } =
    body.kind === 'intent'
      ? await guards.scanCall(intentOf(body.call ?? {}), body.sensitivity)
      : await guards.scan(kind, `${body.before ?? ''}${text}`, body.sensitivity)
  const told =
    body.before === undefined ? [] : (await guards.scan(kind, body.before, body.sensitivity)).findings
  const isNew = (finding: Finding) =>
    !told.some(({ detector, excerpt }) => detector === finding.detector && excerpt === finding.excerpt)
  const detections = findings.filter(isNew).map(({ detector, category, path, excerpt, reason }) => ({
    detector,
    category,
    where: path,
    excerpt,
    reason,
  }))
  return { action, risk, score, detections, duration_ms: Math.round(durationMs * 1_000) / 1_000 }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))

function intentOf(call: z.output<typeof Call>): IntentFacts {
  return {
    reach: reachOf({ name: call.tool ?? '', annotations: call.annotations as JsonObject | undefined }),
    tool: `${wordsOf(call.tool ?? '')} ${call.description ?? ''}`,
    purpose: call.purpose,
    argsText: textOf(call.arguments ?? {}),
    resultText: textOf(call.output),
  }
}

function readRequest({ kind, content, definition, call }: z.output<typeof ScanRequest>): {
  kind: ContentKind
  text: string
} {
  if (kind === 'intent') return { kind: 'tool_output', text: textOf(call?.output) }
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
