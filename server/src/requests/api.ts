import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can, type RequestContext, type Route, route } from '../kernel/route.ts'
import type { Effects, Requests, Verdict } from './requests.ts'
import { type Request, requestStatuses } from './store.ts'

export type RequestRoutesParts = {
  requests: Requests
  effects: Effects
  emailOf(userId: Request['requestedBy']): Promise<string | undefined>
}

const path = '/api/v1/requests'

const Shown = z
  .object({
    id: z.string(),
    kind: z.string(),
    subject: z.string(),
    status: z.enum(requestStatuses),
    requested_by: z.object({ id: z.string(), email: z.string().nullable() }),
    reason: z.string(),
    detail: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    decided_at: z.string().nullable(),
    decided_by: z.string().nullable(),
    note: z.string(),
  })
  .meta({ id: 'Request' })

const Query = z.object({
  kind: z.string().max(50).optional(),
  status: z.enum(requestStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.uuid().optional(),
})

const Params = z.object({ id: z.string() })
const Decision = z.strictObject({ note: z.string().max(1000).default('') })

/** Everybody sees what they asked for; who may decide sees all. */
export function requestRoutes(parts: RequestRoutesParts): Route[] {
  const { requests } = parts
  const show = async (request: Request) => ({
    id: request.id,
    kind: request.kind,
    subject: request.subject,
    status: request.status,
    requested_by: { id: request.requestedBy, email: (await parts.emailOf(request.requestedBy)) ?? null },
    reason: request.reason,
    detail: { ...request.detail },
    created_at: request.createdAt.toISOString(),
    decided_at: request.decidedAt?.toISOString() ?? null,
    decided_by: request.decidedBy ?? null,
    note: request.note,
  })
  const visible = async (id: string, caller: Caller): Promise<Request> => {
    const found = await requests.find(id)
    if (found === undefined || (found.requestedBy !== caller.id && !can(caller, 'requests.read')))
      throw new GatewayError('not-found', 'There is no request with this id.')
    return found
  }
  const decide = async (id: string, verdict: Verdict, { caller, record }: RequestContext) => {
    const before = await visible(id, caller)
    const effect = parts.effects[before.kind]
    if (effect === undefined)
      throw new GatewayError('conflict', 'Nobody can decide this kind of request here.')
    // The effect first: an approval that did nothing would be a lie.
    if (before.status === 'pending')
      await (verdict.status === 'approved' ? effect.approve(before, caller) : effect.reject?.(before, caller))
    const after = await requests.decide(id, verdict, caller.id)
    record({ before: { status: before.status }, after: { ...verdict, subject: after.subject } })
    return show(after)
  }
  return [
    route({
      method: 'GET',
      path,
      operationId: 'listRequests',
      summary: 'What people asked an administrator for; your own unless you may see all',
      tag: 'Requests',
      needs: 'anyone',
      query: Query,
      output: z.object({ data: z.array(Shown), next_cursor: z.string().nullable() }),
      status: 200,
      async run({ caller }, { query: { kind, status, limit, cursor } }) {
        const requestedBy = can(caller, 'requests.read') ? undefined : caller.id
        const rows = await requests.page({ kind, status, requestedBy }, cursor, limit + 1)
        const page = rows.slice(0, limit)
        return {
          data: await Promise.all(page.map(show)),
          next_cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
        }
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}`,
      operationId: 'getRequest',
      summary: 'One request',
      tag: 'Requests',
      needs: 'anyone',
      params: Params,
      output: Shown,
      status: 200,
      run: async ({ caller }, { params }) => show(await visible(params.id, caller)),
    }),
    ...decisionRoutes(decide),
  ]
}

type Decide = (id: string, verdict: Verdict, context: RequestContext) => Promise<z.input<typeof Shown>>

function decisionRoutes(decide: Decide): Route[] {
  return [
    route({
      method: 'POST',
      path: `${path}/{id}/approve`,
      operationId: 'approveRequest',
      summary: 'Give what was asked for',
      tag: 'Requests',
      needs: 'requests.decide',
      audit: { action: 'request_approved', resourceType: 'request' },
      params: Params,
      body: Decision,
      output: Shown,
      status: 200,
      run: (context, { params, body }) => decide(params.id, { status: 'approved', ...body }, context),
    }),
    route({
      method: 'POST',
      path: `${path}/{id}/reject`,
      operationId: 'rejectRequest',
      summary: 'Refuse what was asked for',
      tag: 'Requests',
      needs: 'requests.decide',
      audit: { action: 'request_rejected', resourceType: 'request' },
      params: Params,
      body: Decision,
      output: Shown,
      status: 200,
      run: (context, { params, body }) => decide(params.id, { status: 'rejected', ...body }, context),
    }),
  ]
}
