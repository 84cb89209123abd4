import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Oauth } from './oauth.ts'
import type { RedirectRule } from './rule-store.ts'

const Rule = z
  .object({
    id: z.string(),
    effect: z.enum(['allow', 'block']),
    pattern: z.string().describe('An exact address, one with *. as the first label of its host, or loopback'),
    note: z.string(),
    created_by: z.string().nullable(),
    created_at: z.string(),
  })
  .meta({ id: 'RedirectRule' })

const NewRule = z
  .strictObject({
    effect: z.enum(['allow', 'block']),
    pattern: z.string().min(1).max(2000),
    note: z.string().max(500).default(''),
  })
  .meta({ id: 'NewRedirectRule' })

const showRule = ({ id, effect, pattern, note, createdBy, createdAt }: RedirectRule) => ({
  id,
  effect,
  pattern,
  note,
  created_by: createdBy ?? null,
  created_at: createdAt.toISOString(),
})

export function redirectRuleRoutes({ redirects }: Pick<Oauth, 'redirects'>): Route[] {
  const path = '/api/v1/oauth/redirect-rules'
  return [
    route({
      method: 'GET',
      path,
      operationId: 'listRedirectRules',
      summary: 'Where authorization codes may be sent, and where never',
      tag: 'OAuth',
      needs: 'requests.read',
      output: z.object({ data: z.array(Rule), next_cursor: z.null() }),
      status: 200,
      run: async () => ({ data: redirects.list().map(showRule), next_cursor: null }),
    }),
    route({
      method: 'POST',
      path,
      operationId: 'createRedirectRule',
      summary: 'Allow or block a redirect URI. Whoever is allowed here receives tokens for everybody',
      tag: 'OAuth',
      needs: 'requests.decide',
      audit: { action: 'redirect_rule_created', resourceType: 'redirect_rule' },
      body: NewRule,
      output: Rule,
      status: 201,
      async run({ caller, record }, { body }) {
        const shown = showRule(await redirects.add(body, caller.id))
        record({ resourceId: shown.id, after: shown })
        return shown
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'deleteRedirectRule',
      summary: 'Take a redirect URI off its list',
      tag: 'OAuth',
      needs: 'requests.decide',
      audit: { action: 'redirect_rule_deleted', resourceType: 'redirect_rule' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run({ record }, { params }) {
        const before = redirects.list().find(({ id }) => id === params.id)
        if (before === undefined) throw new GatewayError('not-found', 'There is no such rule.')
        await redirects.remove(params.id)
        record({ before: showRule(before) })
        return undefined
      },
    }),
  ]
}
