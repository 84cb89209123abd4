import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Additions } from './open-outside.ts'
import { type Slot, slots } from './outside-models.ts'
import type { StoredPattern } from './outside-store.ts'

const Pattern = z
  .object({
    id: z.string(),
    name: z.string(),
    pattern: z
      .string()
      .describe('Searched anywhere in each string; anchors, classes and repeats, no look-around'),
    looks_at: z.enum(['arguments', 'answers', 'both']),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'GuardPattern' })

const NewPattern = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    pattern: z.string().min(1).max(500),
    looks_at: z.enum(['arguments', 'answers', 'both']).default('both'),
  })
  .meta({ id: 'NewGuardPattern' })

const PatternList = z
  .object({ data: z.array(Pattern), next_cursor: z.null() })
  .meta({ id: 'GuardPatternList' })

const Model = z
  .object({
    slot: z.enum(slots),
    enabled: z.boolean(),
    url: z.string().nullable(),
    model: z.string().nullable(),
    timeout_ms: z.number(),
    when_down: z
      .enum(['open', 'closed'])
      .describe('open: content goes through with a warning; closed: it is refused'),
    has_key: z.boolean(),
  })
  .meta({ id: 'OutsideModel' })

const ModelChange = z
  .strictObject({
    enabled: z.boolean(),
    url: z.url({ protocol: /^https?$/ }).max(2_000),
    model: z.string().trim().min(1).max(200).nullable().default(null),
    timeout_ms: z.number().int().min(100).max(60_000).default(5_000),
    when_down: z.enum(['open', 'closed']).default('open'),
    key: z
      .string()
      .min(1)
      .max(4_000)
      .nullable()
      .optional()
      .describe('Left out: the stored key stays; null: no key'),
  })
  .meta({ id: 'OutsideModelChange' })

const ModelTest = z
  .object({
    works: z.boolean().describe('It answered as agreed and told the attack from the harmless text'),
    harmless: z.number().nullable().describe('Its score for a harmless text'),
    attack: z.number().nullable().describe('Its score for an attack'),
    duration_ms: z.number().describe('For both'),
    message: z.string(),
  })
  .meta({ id: 'OutsideModelTest' })

export type AdditionRouteParts = { readonly guards: { readonly additions: Additions } }

export function additionRoutes({ guards: { additions } }: AdditionRouteParts): Route[] {
  return [...patternRoutes(additions), ...modelRoutes(additions), testRoute(additions)]
}

const shownPattern = ({ id, name, pattern, looksAt, createdAt }: StoredPattern): z.input<typeof Pattern> => ({
  id,
  name,
  pattern,
  looks_at: looksAt,
  created_at: createdAt.toISOString(),
})

function patternRoutes(additions: Additions): Route[] {
  const path = '/api/v1/security/patterns'
  return [
    route({
      method: 'GET',
      path,
      operationId: 'listGuardPatterns',
      summary: 'What administrators forbid in arguments and answers',
      tag: 'Security',
      needs: 'policies.read',
      output: PatternList,
      status: 200,
      run: async () => ({ data: additions.patterns().map(shownPattern), next_cursor: null }),
    }),
    route({
      method: 'POST',
      path,
      operationId: 'createGuardPattern',
      summary: 'Forbid what a pattern matches; holds from the next call',
      tag: 'Security',
      needs: 'policies.write',
      audit: { action: 'guard_pattern_created', resourceType: 'guard_pattern' },
      body: NewPattern,
      output: Pattern,
      status: 201,
      async run(context, { body: { looks_at, ...rest } }) {
        const after = shownPattern(await additions.addPattern({ ...rest, looksAt: looks_at }))
        context.record({ resourceId: after.id, after })
        return after
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'deleteGuardPattern',
      summary: 'Forbid it no longer',
      tag: 'Security',
      needs: 'policies.write',
      audit: { action: 'guard_pattern_deleted', resourceType: 'guard_pattern' },
      params: z.object({ id: z.uuid() }),
      output: z.null(),
      status: 204,
      async run(context, { params }) {
        const before = shownPattern(await additions.removePattern(params.id))
        context.record({ resourceId: params.id, before })
        return null
      },
    }),
  ]
}

function shownModel(additions: Additions, slot: Slot): z.input<typeof Model> {
  const known = additions.models.settings(slot)
  return {
    slot,
    enabled: known?.enabled ?? false,
    url: known?.url ?? null,
    model: known?.model ?? null,
    timeout_ms: known?.timeoutMs ?? 5_000,
    when_down: known?.whenDown ?? 'open',
    has_key: known?.key !== undefined,
  }
}

function modelRoutes(additions: Additions): Route[] {
  const of = {
    path: '/api/v1/security/outside-models/{slot}',
    tag: 'Security',
    params: z.object({ slot: z.enum(slots) }),
  } as const
  return [
    route({
      ...of,
      method: 'GET',
      operationId: 'getOutsideModel',
      summary: 'A model outside that the guards may ask; off unless an administrator sets it',
      needs: 'policies.read',
      output: Model,
      status: 200,
      run: async (_context, { params }) => shownModel(additions, params.slot),
    }),
    route({
      ...of,
      method: 'PUT',
      operationId: 'updateOutsideModel',
      summary: 'Let the guards ask a model outside; texts of calls are sent to it',
      needs: 'policies.write',
      audit: { action: 'outside_model_updated', resourceType: 'outside_model' },
      body: ModelChange,
      output: Model,
      status: 200,
      async run(context, { params: { slot }, body }) {
        const before = shownModel(additions, slot)
        await additions.changeModel(slot, {
          enabled: body.enabled,
          url: body.url,
          model: body.model ?? undefined,
          timeoutMs: body.timeout_ms,
          whenDown: body.when_down,
          key: body.key,
        })
        const after = shownModel(additions, slot)
        context.record({ resourceId: slot, before, after })
        return after
      },
    }),
    route({
      ...of,
      method: 'DELETE',
      operationId: 'deleteOutsideModel',
      summary: 'Ask it no longer and forget its address and key',
      needs: 'policies.write',
      audit: { action: 'outside_model_deleted', resourceType: 'outside_model' },
      output: z.null(),
      status: 204,
      async run(context, { params: { slot } }) {
        const before = shownModel(additions, slot)
        await additions.removeModel(slot)
        context.record({ resourceId: slot, before })
        return null
      },
    }),
  ]
}

function testRoute({ models }: Additions): Route {
  return route({
    method: 'POST',
    path: '/api/v1/security/outside-models/{slot}/test',
    operationId: 'testOutsideModel',
    summary: 'Ask a stored model about a harmless text and an attack, both of our own',
    tag: 'Security',
    needs: 'policies.write',
    audit: { action: 'outside_model_tested', resourceType: 'outside_model' },
    params: z.object({ slot: z.enum(slots) }),
    output: ModelTest,
    status: 200,
    async run(context, { params: { slot } }) {
      if (models.settings(slot) === undefined)
        throw new GatewayError('conflict', 'No such model is stored. Save its address first.')
      const { harmless = null, attack = null, durationMs, trouble } = await models.test(slot)
      const works = attack !== null && harmless !== null && attack >= 0.5 && harmless < 0.5
      context.record({ resourceId: slot, after: { works } })
      return { works, harmless, attack, duration_ms: durationMs, message: tellTest(works, trouble) }
    },
  })
}

function tellTest(works: boolean, trouble: string | undefined): string {
  if (trouble !== undefined) return `The model gave no opinion: ${trouble}.`
  return works
    ? 'The model answered as agreed and told the attack from the harmless text.'
    : 'The model answered, but did not tell the attack from the harmless text.'
}
