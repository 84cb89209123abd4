import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { type RequestContext, type Route, route } from '../kernel/route.ts'
import type { Connection, Credentials } from './credentials.ts'
import type { KeyRotation } from './rotate-key.ts'

const time = z.string().nullable()
const ConnectionSchema = z
  .object({
    state: z.enum(['connected', 'needs_values', 'not_needed', 'needs_sign_in', 'ended']),
    missing: z.array(z.string()),
    sign_in: z
      .object({
        shared: z.boolean(),
        reason: z.string().nullable(),
        issuer: z.string().nullable(),
        scope: z.string().nullable(),
        connected_at: time,
        refreshed_at: time,
        expires_at: time,
      })
      .nullable(),
  })
  .meta({ id: 'Connection' })
const NewConnection = z
  .strictObject({
    values: z
      .record(z.string().min(1).max(100), z.string().max(8_192))
      .refine((values) => Object.keys(values).length <= 50, { message: 'must have at most 50 entries' }),
  })
  .meta({ id: 'NewConnection' })
const KeyRotationSchema = z
  .object({
    key: z.enum(['file', 'settings']),
    next: z.string().meta({ description: 'What to do with the old key, in words' }),
  })
  .meta({ id: 'KeyRotation' })
const ServerParams = z.object({ id: z.string() })

export type CredentialRoutesParts = {
  credentials: Credentials
  /** Throws not-found for what the caller may not know of. */
  visible(caller: Caller, id: string): Connector
  /** Throws not-allowed when the connection is everybody's and not this person's to end. */
  checkMayForget(caller: Caller, connector: Connector): void
  /** Called when somebody's values are complete: a connector that waited for them can learn its tools now. */
  onConnected(connector: Connector, caller: Caller): Promise<void>
}

function showConnection({ state, missing, signIn }: Connection): z.input<typeof ConnectionSchema> {
  return {
    state,
    missing: [...missing],
    sign_in:
      signIn === undefined
        ? null
        : {
            shared: signIn.shared,
            reason: signIn.reason ?? null,
            issuer: signIn.issuer ?? null,
            scope: signIn.scope ?? null,
            connected_at: signIn.connectedAt ?? null,
            refreshed_at: signIn.refreshedAt ?? null,
            expires_at: signIn.expiresAt ?? null,
          },
  }
}

export function credentialRoutes(parts: CredentialRoutesParts): Route[] {
  const common = {
    path: '/api/v1/servers/{id}/connection',
    tag: 'Connectors',
    needs: 'anyone',
    params: ServerParams,
    status: 200,
  } as const
  const recorded = (context: RequestContext, connector: Connector, after: Connection) => {
    context.record({ resourceId: connector.id, after: showConnection(after) })
    return showConnection(after)
  }
  return [
    route({
      ...common,
      method: 'GET',
      operationId: 'getConnection',
      output: ConnectionSchema,
      summary:
        'Whether your own values for this connector are stored and how your sign-in stands; never the values',
      run: async ({ caller }, { params }) =>
        showConnection(await parts.credentials.connection(parts.visible(caller, params.id), caller.id)),
    }),
    route({
      ...common,
      method: 'PUT',
      operationId: 'putConnection',
      output: ConnectionSchema,
      body: NewConnection,
      summary: 'Store your own values for this connector, replacing those stored before',
      audit: { action: 'connection_updated', resourceType: 'connection' },
      async run(context, { params, body }) {
        const connector = parts.visible(context.caller, params.id)
        const after = await parts.credentials.connect(connector, context.caller.id, body.values)
        if (after.state === 'connected') await parts.onConnected(connector, context.caller)
        return recorded(context, connector, after)
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      operationId: 'deleteConnection',
      output: ConnectionSchema,
      summary: 'Forget your own values and your sign-in for this connector',
      audit: { action: 'connection_deleted', resourceType: 'connection' },
      async run(context, { params }) {
        const connector = parts.visible(context.caller, params.id)
        parts.checkMayForget(context.caller, connector)
        return recorded(context, connector, await parts.credentials.disconnect(connector, context.caller.id))
      },
    }),
  ]
}

export function keyRotationRoutes(rotation: KeyRotation): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/system/key-rotations',
      operationId: 'rotateKey',
      summary: 'Replace the key that protects everything sealed, while the server runs',
      tag: 'System',
      needs: 'system.manage',
      audit: { action: 'secret_key_rotated', resourceType: 'secret_key' },
      output: KeyRotationSchema,
      status: 200,
      async run(context) {
        const done = await rotation.rotate()
        context.record({ resourceId: done.kind, after: { key: done.kind } })
        const backups = 'Backups taken before need it; take a new one.'
        const next =
          done.kind === 'file'
            ? `A new key protects everything. The old one is in ${done.oldKeyFile} and opens nothing here any more: delete it when no backup from before is needed. ${backups}`
            : `The first key of RUNLAYER_SECRET_KEY protects everything. Take the other ${done.droppable === 1 ? 'one' : done.droppable} off the list at the next start of each process. ${backups}`
        return { key: done.kind, next }
      },
    }),
  ]
}
