import { z } from 'zod'
import { attributeName, attributeValue, mostAttributes } from '../kernel/attributes.ts'
import { isUuid, type ServerId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import { type Route, route } from '../kernel/route.ts'
import {
  changeBuiltin,
  changeRule,
  invalid,
  noSuchRule,
  pageOfRules,
  readDraft,
  rejectUnknown,
  removeBuiltin,
  storedRule,
} from './change-rule.ts'
import type { Known } from './check-rule.ts'
import { findSubject, type Subjects } from './find-subject.ts'
import type { RequestFacts } from './judge-condition.ts'
import type { Policy, Question } from './policy.ts'
import { operators, superAdminRule } from './rule.ts'
import { builtinDocument, documentOf, notesOn } from './show-rule.ts'
import type { StoredRule } from './store.ts'

const plainText = /^\P{Cc}*$/u
const glob = z.string().min(1).max(256).regex(plainText, 'must have no control characters')
const globs = z.array(glob).min(1).max(200)
const scalar = z.union([z.string().max(2000), z.number(), z.boolean()])

const PolicyCondition = z
  .strictObject({
    field: z.string().min(1).max(300),
    operator: z.enum(operators),
    value: z.union([scalar, z.array(scalar).min(1).max(500)]),
  })
  .meta({ id: 'PolicyCondition' })

const PolicyPrincipals = z
  .strictObject({
    type: z.enum(['user', 'group', 'role', 'agent_account', 'attributes', 'everyone']),
    ids: z.array(z.string().min(1).max(320)).max(500).optional(),
    attributes: z
      .record(
        z.string().regex(attributeName, 'must begin with a letter and have letters, digits, _ and - only'),
        z.array(z.string().regex(attributeValue)).min(1).max(100),
      )
      .refine(
        (all) => Object.keys(all).length <= mostAttributes.names,
        `at most ${mostAttributes.names} names`,
      )
      .optional()
      .describe('Of each name, one of the values; all names must fit.'),
  })
  .meta({ id: 'PolicyPrincipals' })

const PolicyScope = z
  .strictObject({
    servers: z.union([z.literal('*'), z.array(z.string().max(100)).min(1).max(500)]),
    tools: globs.nullish(),
    resources: globs.nullish(),
  })
  .meta({ id: 'PolicyScope' })

const fields = {
  effect: z.enum(['allow', 'require_approval', 'deny']),
  description: z.string().trim().max(500).regex(plainText, 'must have no control characters'),
  enabled: z.boolean(),
  expires_at: z.iso.datetime({ offset: true }).nullable(),
  audit: z.enum(['standard', 'full', 'strict']),
  principals: PolicyPrincipals,
  scope: PolicyScope,
  conditions: z.array(PolicyCondition).max(20),
  expression: z.string().max(2000).nullable(),
}
const { effect, principals, scope, ...optional } = fields

const NewPolicy = z
  .strictObject({ effect, principals, scope, ...z.strictObject(optional).partial().shape })
  .meta({ id: 'NewPolicy' })
const PolicyChange = z
  .strictObject({ ...z.strictObject(fields).partial().shape, version: z.int().positive().optional() })
  .meta({ id: 'PolicyChange' })

const PolicyDocument = z
  .object({
    id: z.string(),
    effect: z.enum(['allow', 'require_approval', 'deny']),
    description: z.string(),
    enabled: z.boolean(),
    expires_at: z.string().nullable(),
    audit: z.enum(['standard', 'full', 'strict']),
    principals: z.object({
      type: z.string(),
      ids: z.array(z.string()),
      attributes: z.record(z.string(), z.array(z.string())).optional(),
    }),
    scope: z.object({
      servers: z.union([z.literal('*'), z.array(z.string())]),
      tools: z.array(z.string()).nullable(),
      resources: z.array(z.string()).nullable(),
    }),
    conditions: z.array(PolicyCondition),
    builtin: z.boolean(),
    demo: z.boolean(),
    version: z.int(),
    created_by: z.string().nullable(),
    created_at: z.string().nullable(),
    updated_at: z.string().nullable(),
    notes: z.array(z.string()).describe('What the author should know about how this rule acts.'),
  })
  .meta({ id: 'Policy' })

const PolicyList = z
  .object({ data: z.array(PolicyDocument), next_cursor: z.string().nullable() })
  .meta({ id: 'PolicyList' })
const PolicyParams = z.object({ id: z.string() })
const PolicyQuery = z.strictObject({
  query: z.string().max(200).optional(),
  server_id: z.string().max(100).optional(),
  effect: z.enum(['allow', 'deny']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
})

const Simulation = z
  .strictObject({
    user_id: z.string().max(100).optional(),
    agent_account_id: z.string().max(100).optional(),
    server_id: z.string().max(100),
    tool: z.string().min(1).max(256),
    arguments: z.record(z.string(), z.json()).optional(),
    context: z
      .strictObject({
        ip: z.string().max(100).optional(),
        user_agent: z.string().max(1000).optional(),
        client_name: z.string().max(200).optional(),
        time: z.iso.datetime({ offset: true }).optional(),
      })
      .optional(),
  })
  .meta({ id: 'PolicySimulation' })
const SimulationResult = z
  .object({
    decision: z.enum(['allow', 'require_approval', 'deny']),
    reason: z.string(),
    rules: z.array(z.string()),
  })
  .meta({ id: 'PolicySimulationResult' })

export type PolicyRoutesParts = Known &
  Subjects & {
    policy: Pick<Policy, 'decide' | 'book'>
    connector(id: ServerId): Question['connector'] | undefined
    now: () => number
  }

export function policyRoutes(parts: PolicyRoutesParts): Route[] {
  return [...readRoutes(parts), ...changeRoutes(parts), simulateRoute(parts)]
}

function readRoutes({ policy: { book }, connector }: PolicyRoutesParts): Route[] {
  const show = (rule: StoredRule) => documentOf(rule, notesOn(rule, connector))
  return [
    route({
      method: 'GET',
      path: '/api/v1/policies',
      operationId: 'listPolicies',
      summary: 'Access rules in order of creation; the built-in rule comes first',
      tag: 'Policies',
      needs: 'policies.read',
      query: PolicyQuery,
      output: PolicyList,
      status: 200,
      run: (_context, { query }) => pageOfRules(book, query, show),
    }),
    route({
      method: 'GET',
      path: '/api/v1/policies/{id}',
      operationId: 'getPolicy',
      summary: 'One access rule',
      tag: 'Policies',
      needs: 'policies.read',
      params: PolicyParams,
      output: PolicyDocument,
      status: 200,
      async run(_context, { params }) {
        if (params.id === superAdminRule.id)
          return builtinDocument(await book.builtinState()) ?? rejectUnknown()
        return show(await storedRule(book, params.id))
      },
    }),
  ]
}

function changeRoutes(parts: PolicyRoutesParts): Route[] {
  const { book } = parts.policy
  const show = (rule: StoredRule) => documentOf(rule, notesOn(rule, parts.connector))
  return [
    route({
      method: 'POST',
      path: '/api/v1/policies',
      operationId: 'createPolicy',
      summary: 'Writes an access rule, in force from the next request',
      tag: 'Policies',
      needs: 'policies.write',
      audit: { action: 'policy_created', resourceType: 'policy' },
      body: NewPolicy,
      output: PolicyDocument,
      status: 201,
      async run(context, { body }) {
        const draft = await readDraft({ ...body, conditions: body.conditions ?? [] }, parts)
        const rule = await book.create(draft, context.caller.id)
        const document = show(rule)
        context.record({ resourceId: rule.id, after: document })
        return document
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/policies/{id}',
      operationId: 'updatePolicy',
      summary: 'Changes the given fields of a rule; enabled: true brings the built-in rule back',
      tag: 'Policies',
      needs: 'policies.write',
      audit: { action: 'policy_updated', resourceType: 'policy' },
      params: PolicyParams,
      body: PolicyChange,
      output: PolicyDocument,
      status: 200,
      async run(context, { params, body }) {
        if (params.id === superAdminRule.id) return changeBuiltin(book, body, context)
        const { before, after } = await changeRule(parts, params.id, body)
        context.record({ resourceId: before.id, before: show(before), after: show(after) })
        return show(after)
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/policies/{id}',
      operationId: 'deletePolicy',
      summary: 'Deletes a rule; what it granted ends with the next request',
      tag: 'Policies',
      needs: 'policies.write',
      audit: { action: 'policy_deleted', resourceType: 'policy' },
      params: PolicyParams,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        if (params.id === superAdminRule.id) return removeBuiltin(book, context)
        const before = await storedRule(book, params.id)
        if (!(await book.remove(before.id))) throw noSuchRule()
        context.record({ resourceId: before.id, before: show(before) })
        return undefined
      },
    }),
  ]
}

function simulateRoute(parts: PolicyRoutesParts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/policies/simulate',
    operationId: 'simulatePolicy',
    summary: 'What the rules in force would answer to one call; nothing runs',
    tag: 'Policies',
    needs: 'policies.read',
    audit: { action: 'policy_simulated', resourceType: 'policy' },
    body: Simulation,
    output: SimulationResult,
    status: 200,
    async run(_context, { body }) {
      const decision = parts.policy.decide(await findSubject(body, parts), {
        connector: connectorOf(body, parts),
        kind: 'tool',
        name: body.tool,
        phase: 'call',
        args: (body.arguments ?? {}) as JsonObject,
        facts: factsOf(body, parts.now),
      })
      return { decision: decision.effect, reason: decision.reason, rules: [...decision.rules] }
    },
  })
}

type Simulated = z.output<typeof Simulation>

function connectorOf(body: Simulated, { connector }: PolicyRoutesParts): Question['connector'] {
  const found = isUuid(body.server_id) ? connector(body.server_id as ServerId) : undefined
  if (found === undefined) throw invalid('body.server_id', 'exists', 'There is no such server.')
  return found
}

function factsOf({ context = {} }: Simulated, now: () => number): RequestFacts {
  return {
    ip: context.ip ?? '127.0.0.1',
    userAgent: context.user_agent ?? '',
    clientName: context.client_name,
    timeMs: context.time === undefined ? now() : Date.parse(context.time),
  }
}
