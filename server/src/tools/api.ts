import { z } from 'zod'
import { administers, type Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { can, type RequestContext, type Route, route } from '../kernel/route.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { showHidden } from './hidden-characters.ts'
import { showActive, showForReview, state, ToolChange, ToolSchema } from './show-tool.ts'
import type { ReviewRow } from './store.ts'
import type { VersionRow } from './tables-store.ts'
import type { Tools } from './tools.ts'

const DroppedTool = z.object({ name: z.string(), reason: z.string() }).meta({ id: 'DroppedTool' })
const ToolList = z
  .object({
    data: z.array(ToolSchema),
    next_cursor: z.string().nullable(),
    dropped: z.array(DroppedTool),
    learned_at: z.string().nullable(),
  })
  .meta({ id: 'ToolList' })

const LearnReport = z
  .object({
    health: z.enum(['ok', 'failing', 'needs_connection']),
    message: z.string().nullable(),
    active: z.number(),
    quarantined: z.number(),
    dropped: z.array(DroppedTool),
    changed: z.boolean(),
  })
  .meta({ id: 'LearnReport' })

const ToolReview = z
  .strictObject({
    name: z.string().min(1).max(256),
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the definition_hash'),
    decision: z.enum(['approve', 'reject']),
  })
  .meta({ id: 'ToolReview' })

const ToolVersion = z
  .object({
    hash: z.string(),
    decision: z.enum(['pending', 'accepted', 'approved', 'rejected']),
    decided_by: z.string().nullable(),
    decided_at: z.string().nullable(),
    seen_at: z.string(),
    changes: z.array(ToolChange),
    definition: z.string(),
  })
  .meta({ id: 'ToolVersion' })

const ConnectorScan = z
  .object({
    server_id: z.string(),
    risk: z.enum(['none', 'low', 'medium', 'high']),
    tool: z.string().describe('Whose definition is the worst'),
    reason: z.string().nullable(),
    flagged: z.number().describe('Definitions of medium or high risk'),
    scanned_at: z.string().nullable(),
    detector_version: z.string(),
  })
  .meta({ id: 'ConnectorScan' })

const ServerPath = z.object({ id: z.uuid() })
const ListQuery = z.object({
  state: state.optional(),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
  cursor: z.string().max(1_024).optional(),
})

export type ToolRouteParts = {
  readonly tools: Tools
  readonly connectors: { find(id: ServerId): Connector | undefined }
  /** Whether the caller may know that this connector exists. */
  knows(caller: Caller, connector: Connector): boolean
  /** The decision of list, search and call, for one tool. */
  visible(caller: Caller, tool: PinnedTool): boolean
}

function showVersion(row: VersionRow): z.input<typeof ToolVersion> {
  return {
    hash: row.hash,
    decision: row.decision,
    decided_by: row.decidedBy,
    decided_at: row.decidedAt?.toISOString() ?? null,
    seen_at: row.seenAt.toISOString(),
    changes: [...row.changes],
    definition: showHidden(row.definition),
  }
}

function readCursor(cursor: string | undefined): string {
  return cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8')
}

/** Learned tools on REST: who reads connectors sees all of them with their review, others only what they may use. */
export function toolRoutes(parts: ToolRouteParts): Route[] {
  const known = (context: RequestContext, id: string): Connector => {
    const connector = parts.connectors.find(id as ServerId)
    if (connector === undefined || !parts.knows(context.caller, connector))
      throw new GatewayError('not-found', 'There is no such connector.')
    return connector
  }
  return [
    listRoute(parts, known),
    versionsRoute(parts, known),
    reviewRoute(parts, known),
    refreshRoute(parts, known),
    scansRoute(parts),
  ]
}

type FindKnown = (context: RequestContext, id: string) => Connector

function listRoute(parts: ToolRouteParts, known: FindKnown): Route {
  return route({
    method: 'GET',
    path: '/api/v1/servers/{id}/tools',
    operationId: 'listServerTools',
    summary: 'The tools of a connector as last learned',
    tag: 'Tools',
    needs: 'anyone',
    params: ServerPath,
    query: ListQuery,
    output: ToolList,
    status: 200,
    async run(context, { params, query }) {
      const connector = known(context, params.id)
      const isReader = can(context.caller, 'connectors.read') || administers(context.caller, params.id)
      const review = isReader ? await parts.tools.forReview(connector.id) : undefined
      const all =
        review?.tools.map(showForReview) ??
        parts.tools
          .of(connector.id)
          .filter((tool) => parts.visible(context.caller, tool))
          .map(showActive)
      const from = readCursor(query.cursor)
      const wanted = all
        .filter((tool) => (query.state === undefined || tool.state === query.state) && tool.name > from)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
      const page = wanted.slice(0, query.limit)
      const last = page.at(-1)
      return {
        data: page,
        next_cursor:
          wanted.length > page.length && last !== undefined
            ? Buffer.from(last.name).toString('base64url')
            : null,
        dropped: [...(review?.list?.dropped ?? [])],
        learned_at: review?.list?.learnedAt.toISOString() ?? null,
      }
    },
  })
}

function versionsRoute(parts: ToolRouteParts, known: FindKnown): Route {
  return route({
    method: 'GET',
    path: '/api/v1/servers/{id}/tools/versions',
    operationId: 'listToolVersions',
    summary: 'The kept definitions of one tool, newest first, with what changed',
    tag: 'Tools',
    needs: 'connectors.read',
    params: ServerPath,
    query: z.object({ name: z.string().min(1).max(256) }),
    output: z.object({ data: z.array(ToolVersion), next_cursor: z.null() }).meta({ id: 'ToolVersionList' }),
    status: 200,
    async run(context, { params, query }) {
      const rows = await parts.tools.history(known(context, params.id).id, query.name)
      return { data: rows.map(showVersion), next_cursor: null }
    },
  })
}

function reviewRoute(parts: ToolRouteParts, known: FindKnown): Route {
  return route({
    method: 'POST',
    path: '/api/v1/servers/{id}/tools/review',
    operationId: 'reviewServerTool',
    summary: 'Approve or reject exactly one definition of a tool',
    tag: 'Tools',
    needs: 'tools.review',
    audit: { action: 'tool_reviewed', resourceType: 'tool' },
    params: ServerPath,
    body: ToolReview,
    output: ToolSchema,
    status: 200,
    async run(context, { params, body }) {
      const connector = known(context, params.id)
      const find = async () =>
        (await parts.tools.forReview(connector.id)).tools.find((tool) => tool.name === body.name)
      const before = await find()
      await parts.tools.review(connector.id, {
        name: body.name,
        hash: body.hash,
        approve: body.decision === 'approve',
        userId: context.caller.id,
      })
      const after = await find()
      if (after === undefined) throw new GatewayError('not-found', 'This connector offers no such tool.')
      const facts = (row: ReviewRow | undefined) =>
        row && { name: row.name, state: row.state, approved_hash: row.approvedHash }
      context.record({ resourceId: connector.id, before: facts(before), after: facts(after) })
      return showForReview(after)
    },
  })
}

function scansRoute(parts: ToolRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/security/connector-scans',
    operationId: 'listConnectorScans',
    summary: 'The worst that the guards see in the definitions of each connector',
    tag: 'Security',
    needs: 'connectors.read',
    output: z
      .object({ data: z.array(ConnectorScan), next_cursor: z.null() })
      .meta({ id: 'ConnectorScanList' }),
    status: 200,
    async run({ caller }) {
      const all = await parts.tools.worstScans()
      const data = all
        .filter(({ serverId }) => {
          const connector = parts.connectors.find(serverId)
          return connector !== undefined && parts.knows(caller, connector)
        })
        .map(({ serverId, name, scan, flagged }) => ({
          server_id: serverId,
          risk: scan.risk,
          tool: name,
          reason: scan.findings[0]?.reason ?? null,
          flagged,
          scanned_at: scan.at ?? null,
          detector_version: scan.version,
        }))
      return { data, next_cursor: null }
    },
  })
}

function refreshRoute(parts: ToolRouteParts, known: FindKnown): Route {
  return route({
    method: 'POST',
    path: '/api/v1/servers/{id}/refresh',
    operationId: 'refreshServer',
    summary: 'Learn the tools of a connector again now',
    tag: 'Tools',
    needs: 'connectors.write',
    audit: { action: 'server_refreshed', resourceType: 'server' },
    params: ServerPath,
    output: LearnReport,
    status: 200,
    async run(context, { params }) {
      const connector = known(context, params.id)
      if (connector.kind === 'local')
        throw new GatewayError(
          'conflict',
          'A local connector runs on the machines of its users; its tools are learned there.',
        )
      const report = await parts.tools.relearn(
        connector,
        connector.personalValues.length > 0 ? context.caller.id : undefined,
      )
      const { active, quarantined, health, changed } = report
      context.record({ resourceId: connector.id, after: { health, active, quarantined, changed } })
      return {
        health,
        message: report.message ?? null,
        active,
        quarantined,
        changed,
        dropped: [...report.dropped],
      }
    },
  })
}
