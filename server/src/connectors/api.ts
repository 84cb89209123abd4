import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type ServerId } from '../kernel/ids.ts'
import { type RequestContext, type Route, route } from '../kernel/route.ts'
import { authInput, ConnectorAuth, ShownAuth, secretInput, secretText } from './api-auth.ts'
import type { ConnectorChanges } from './change-connector.ts'
import { type Connectors, isVisible } from './connectors.ts'
import { listConnectors } from './list-connectors.ts'
import type { SettingsInput } from './settings.ts'
import { showConnector } from './show-connector.ts'
import type { ConnectorRecord } from './store.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const plain = /^[^\x00-\x1f\x7f]*$/
const name = z.string().trim().min(1).max(100).regex(plain, 'must have no control characters')
const transport = z.enum(['streamable_http', 'sse', 'stdio'])
const status = z.enum(['draft', 'active', 'disabled'])
const texts = (most: number, length: number) =>
  z
    .record(z.string().min(1).max(100), secretInput(length))
    .refine((values) => Object.keys(values).length <= most, { message: `must have at most ${most} entries` })

const changeable = {
  name: name.optional(),
  description: z.string().max(2_000).optional(),
  transport: transport.optional(),
  url: z.string().max(2_048).nullable().optional(),
  headers: texts(50, 8_192).optional(),
  command: z.string().max(1_024).nullable().optional(),
  args: z.array(z.string().max(4_096)).max(100).optional(),
  env: texts(100, 32_768).optional(),
  auth: ConnectorAuth.optional(),
  status: status.optional(),
  tool_output_offloading: z.boolean().optional(),
  skip_input_validation: z.boolean().optional(),
  sensitive: z.boolean().optional(),
  identity_forward: z.boolean().optional(),
  protocol: z.enum(['auto', 'legacy', 'modern']).optional(),
  tool_review: z.enum(['quarantine', 'alert', 'off']).optional(),
  network: z.enum(['none', 'open']).optional(),
  mounts: z
    .array(z.strictObject({ path: z.string().min(1).max(1_024), mode: z.enum(['ro', 'rw']) }))
    .max(20)
    .optional(),
}

const NewConnector = z
  .strictObject({ ...changeable, name, transport, kind: z.enum(['hosted', 'local']).optional() })
  .meta({ id: 'NewConnector' })
const ConnectorChange = z
  .strictObject({ ...changeable, revision: z.number().int().positive().optional() })
  .meta({ id: 'ConnectorChange' })

export const ConnectorSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    description: z.string(),
    kind: z.enum(['hosted', 'local']),
    transport,
    status,
    health: z.enum(['unknown', 'ok', 'failing', 'needs_connection']),
    health_message: z.string().nullable(),
    health_checked_at: z.string().nullable(),
    mcp_url: z.string(),
    personal_values: z.array(z.string()),
    url: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    command: z.string().nullable(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    references: z.record(z.string(), z.string()),
    auth: ShownAuth,
    protocol: z.enum(['auto', 'legacy', 'modern']),
    tool_review: z.enum(['quarantine', 'alert', 'off']),
    skip_input_validation: z.boolean(),
    tool_output_offloading: z.boolean(),
    sensitive: z.boolean(),
    identity_forward: z.boolean(),
    network: z.enum(['none', 'open']),
    mounts: z.array(z.object({ path: z.string(), mode: z.enum(['ro', 'rw']) })),
    package: z.object({ name: z.string(), version: z.string(), integrity: z.string() }).nullable(),
    fingerprint: z.string(),
    demo: z.boolean(),
    created_by: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    revision: z.number(),
  })
  .meta({ id: 'Connector' })

const ConnectorId = z.object({ id: z.string() })
const ListQuery = z.object({
  query: z.string().max(200).optional(),
  scope: z.enum(['accessible', 'all']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  cursor: z.string().max(1_000).optional(),
})

export type ConnectorRoutesParts = {
  connectors: Connectors
  changes: ConnectorChanges
  /** Whether policy lets somebody see anything on this connector. */
  mayUse(caller: Caller, connector: Connector): boolean
  /** stderr of the connector's hosted processes. */
  processLog(id: ServerId): readonly string[]
  publicUrl: URL
}

export function connectorRoutes(parts: ConnectorRoutesParts): Route[] {
  const show = (context: RequestContext, record: ConnectorRecord) =>
    showConnector(record, context.caller, parts.publicUrl)
  const find = visibleConnector(parts)
  const visible: FindVisible = (context, id) => find(context.caller, id)
  return [...readingRoutes(parts, show, visible), ...changingRoutes(parts, show, visible)]
}

/** Finds by id what the caller may know of; throws not-found for everything else alike. */
export function visibleConnector(
  parts: Pick<ConnectorRoutesParts, 'connectors' | 'mayUse'>,
): (caller: Caller, id: string) => ConnectorRecord {
  return (caller, id) => {
    const record = isUuid(id) ? parts.connectors.find(id as ServerId) : undefined
    if (record === undefined || !isVisible(caller, record, parts.mayUse)) {
      throw new GatewayError('not-found', 'There is no connector with this id.')
    }
    return record
  }
}

type Show = (context: RequestContext, record: ConnectorRecord) => z.input<typeof ConnectorSchema>
type FindVisible = (context: RequestContext, id: string) => ConnectorRecord

function readingRoutes(parts: ConnectorRoutesParts, show: Show, visible: FindVisible): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/servers',
      operationId: 'listServers',
      tag: 'Connectors',
      summary: 'Connectors, by name: those you may use, or all for who may read connectors',
      needs: 'anyone',
      query: ListQuery,
      status: 200,
      output: z.object({ data: z.array(ConnectorSchema), next_cursor: z.string().nullable() }),
      async run(context, { query }) {
        const page = listConnectors(parts, context.caller, query)
        return { data: page.records.map((record) => show(context, record)), next_cursor: page.next }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/servers/{id}',
      operationId: 'getServer',
      tag: 'Connectors',
      summary: 'One connector',
      needs: 'anyone',
      params: ConnectorId,
      output: ConnectorSchema,
      status: 200,
      run: async (context, { params }) => show(context, visible(context, params.id)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/servers/{id}/log',
      operationId: 'getServerLog',
      tag: 'Connectors',
      summary: 'The last lines a hosted server wrote to stderr, oldest first',
      needs: 'connectors.write',
      params: ConnectorId,
      status: 200,
      output: z.object({ data: z.array(z.string()), next_cursor: z.null() }),
      run: async (context, { params }) => ({
        data: [...parts.processLog(visible(context, params.id).id)],
        next_cursor: null,
      }),
    }),
  ]
}

function changingRoutes(parts: ConnectorRoutesParts, show: Show, visible: FindVisible): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/servers',
      operationId: 'createServer',
      tag: 'Connectors',
      summary:
        'Create a connector; an active one has learned its tools when this answers, or says in health why not',
      needs: 'connectors.write',
      audit: { action: 'server_created', resourceType: 'server' },
      body: NewConnector,
      output: ConnectorSchema,
      status: 201,
      async run(context, { body }) {
        const input = { ...settingsInput(body), name: body.name, transport: body.transport, kind: body.kind }
        const shown = show(context, await parts.changes.create(input, { caller: context.caller }))
        context.record({ resourceId: shown.id, after: shown })
        return shown
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/servers/{id}',
      operationId: 'updateServer',
      tag: 'Connectors',
      summary:
        'Change a connector; "[hidden]" keeps a stored secret, revision refuses a change made from an older state',
      needs: 'connectors.write',
      audit: { action: 'server_updated', resourceType: 'server' },
      params: ConnectorId,
      body: ConnectorChange,
      output: ConnectorSchema,
      status: 200,
      async run(context, { params, body }) {
        const before = visible(context, params.id)
        const by = { caller: context.caller, expected: body.revision }
        const shown = show(context, await parts.changes.update(before.id, settingsInput(body), by))
        context.record({ resourceId: shown.id, before: show(context, before), after: shown })
        return shown
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/servers/{id}',
      operationId: 'deleteServer',
      tag: 'Connectors',
      summary: 'Delete a connector with its secrets, tools, sessions and the rules that named only it',
      needs: 'connectors.write',
      audit: { action: 'server_deleted', resourceType: 'server' },
      params: ConnectorId,
      output: z.null(),
      status: 204,
      async run(context, { params }) {
        const before = visible(context, params.id)
        context.record({ resourceId: before.id, before: show(context, before) })
        await parts.changes.remove(before.id)
        return null
      },
    }),
  ]
}

function secretTexts(given: z.output<ReturnType<typeof texts>> | undefined) {
  if (given === undefined) return undefined
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, secretText(value)]))
}

/** From the wire's snake_case to settings. */
function settingsInput(
  body: z.output<typeof ConnectorChange> | z.output<typeof NewConnector>,
): SettingsInput {
  return {
    name: body.name,
    description: body.description,
    transport: body.transport,
    url: body.url,
    headers: secretTexts(body.headers),
    command: body.command,
    args: body.args,
    env: secretTexts(body.env),
    auth: authInput(body.auth),
    status: body.status,
    protocol: body.protocol,
    toolReview: body.tool_review,
    skipInputValidation: body.skip_input_validation,
    toolOutputOffloading: body.tool_output_offloading,
    sensitive: body.sensitive,
    identityForward: body.identity_forward,
    network: body.network,
    mounts: body.mounts,
  }
}
