import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { can, type RequestContext, type Route, route } from '../kernel/route.ts'
import type { Audit } from './audit.ts'
import type { Query, Viewer } from './read-entries.ts'

const Actor = z
  .object({
    type: z.string(),
    id: z.string(),
    email: z.string().optional(),
    proof: z.object({ kind: z.string(), id: z.string() }).optional(),
  })
  .meta({ id: 'AuditActor' })

const row = {
  id: z.string(),
  time: z.string(),
  action: z.string(),
  outcome: z.enum(['success', 'failure', 'denied', 'pending', 'interrupted']),
  actor: Actor,
  server_id: z.string().optional(),
  tool: z.string().optional(),
  plugin_id: z.string().optional(),
  resource_type: z.string().optional(),
  resource_id: z.string().optional(),
  client_name: z.string().optional(),
  client_version: z.string().optional(),
  correlation_id: z.string(),
  request_id: z.string(),
  duration_ms: z.number().optional(),
  reason: z.string().optional(),
  via: z.string().optional(),
  meta: z.string().optional(),
  ip: z.string().optional(),
  demo: z.literal(true).optional(),
}
const AuditLog = z.object(row).meta({ id: 'AuditLog' })
const AuditLogDetail = z
  .object({
    ...row,
    rules: z.array(z.string()).optional(),
    scans: z
      .array(
        z.object({
          scanner: z.string(),
          score: z.number(),
          duration_ms: z.number(),
          action: z.string(),
          detector: z.string().optional(),
          category: z.string().optional(),
          where: z.string().optional(),
          excerpt: z.string().optional(),
          sensitivity: z.string().optional(),
          reason: z.string().optional(),
        }),
      )
      .optional(),
    arguments: z.json().optional(),
    result: z.json().optional(),
    error: z.json().optional(),
    before: z.json().optional(),
    after: z.json().optional(),
    redacted: z.literal(true).optional(),
  })
  .meta({ id: 'AuditLogDetail' })
const AuditLogList = z
  .object({ data: z.array(AuditLog), next_cursor: z.string().nullable() })
  .meta({ id: 'AuditLogList' })

const word = z.string().min(1).max(500).optional()
const moment = z.iso.datetime({ offset: true }).optional()
const filters = {
  action: word,
  actor_id: word,
  resource_type: word,
  resource_id: word,
  server_id: z.uuid().optional(),
  plugin_id: z.uuid().optional(),
  client_name: word,
  /** Client id of an agent: what it did by itself, and what it did for people. */
  agent_client_id: word,
  correlation_id: word,
  outcome: row.outcome.optional(),
  from: moment,
  to: moment,
  cursor: z.string().max(200).optional(),
}
const ListQuery = z.object({ ...filters, limit: z.coerce.number().int().min(1).max(200).default(50) })
const ExportQuery = z.object({ ...filters, format: z.enum(['json', 'jsonl', 'csv']).default('json') })
type Filters = Omit<z.output<typeof ExportQuery>, 'format'>

function queryOf({ from, to, cursor, agent_client_id: agent, ...equal }: Filters, limit: number): Query {
  const proof = agent === undefined ? undefined : `agent_token:${agent}`
  const set = Object.entries({ ...equal, proof }).filter(([, value]) => value !== undefined)
  return {
    equal: Object.fromEntries(set),
    fromMs: from === undefined ? undefined : Date.parse(from),
    toMs: to === undefined ? undefined : Date.parse(to),
    limit,
    cursor,
  }
}

function viewerOf({ caller }: RequestContext): Viewer {
  return { userId: caller.id, everybody: can(caller, 'audit.read'), bodies: can(caller, 'audit.bodies') }
}

/** Reading the journal. Everybody may read their own entries; others' entries and bodies need a role. */
export function auditRoutes(deps: { audit: Audit }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/audit-logs',
      operationId: 'listAuditLogs',
      summary: 'Audit entries, newest first; your own, or everybody’s for those who may read them',
      tag: 'Audit',
      needs: 'anyone',
      query: ListQuery,
      output: AuditLogList,
      status: 200,
      async run(context, { query }) {
        const { limit, ...filter } = query
        const { rows, nextCursor } = await deps.audit.list(viewerOf(context), queryOf(filter, limit))
        return { data: rows, next_cursor: nextCursor }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/audit-logs/export',
      operationId: 'exportAuditLogs',
      summary: 'At most 10,000 entries as a file; json and jsonl can be checked with `runlayer audit verify`',
      tag: 'Audit',
      needs: 'anyone',
      query: ExportQuery,
      output: z.string().meta({ description: 'The file itself' }),
      status: 200,
      async run(context, { query }) {
        const { format, ...filter } = query
        return (await deps.audit.export(viewerOf(context), queryOf(filter, 0), format)).text
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/audit-logs/{id}',
      operationId: 'getAuditLog',
      summary: 'One audit entry with its arguments, result and error as far as you may see them',
      tag: 'Audit',
      needs: 'anyone',
      params: z.object({ id: z.string() }),
      output: AuditLogDetail,
      status: 200,
      async run(context, { params }) {
        const found = await deps.audit.find(viewerOf(context), params.id)
        if (found === undefined)
          throw new GatewayError('not-found', 'There is no such audit entry, or you may not see it.')
        return found
      },
    }),
  ]
}
