import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can, type Route, route } from '../kernel/route.ts'
import type { Grants } from './grants.ts'
import { clientMetadata, signingMetadata } from './register-client.ts'

export type GrantRoutesParts = {
  grants: Grants
  /** Throws not-found for what the caller may not know of. */
  visible(caller: Caller, id: string): Connector
  /** Called when somebody signed in: a connector that waited for it can learn its tools now. */
  onConnected(connector: Connector, caller: Caller): Promise<void>
}

const SignInAnswer = z
  .strictObject({
    state: z.string().min(1).max(200),
    code: z.string().min(1).max(8_192).optional(),
    iss: z.string().max(2_048).optional(),
    error: z.string().max(200).optional(),
    error_description: z.string().max(2_000).optional(),
  })
  .meta({ id: 'SignInAnswer' })

/** A sign-in that serves everybody is an administrator's to make and to end. */
export function checkMayConnect(grants: Grants, caller: Caller, connector: Connector): void {
  if (grants.governs(connector) && grants.isShared(connector) && !can(caller, 'connectors.write'))
    throw new GatewayError(
      'not-allowed',
      `One sign-in at ${connector.name} serves everybody; an administrator makes and ends it.`,
    )
}

export function grantRoutes(parts: GrantRoutesParts): Route[] {
  const { grants } = parts
  return [
    route({
      method: 'POST',
      path: '/api/v1/servers/{id}/connection/authorize',
      operationId: 'authorizeConnection',
      tag: 'Connectors',
      summary: 'Begin your sign-in at this connector’s upstream: the address to open in your browser',
      needs: 'anyone',
      audit: { action: 'connection_requested', resourceType: 'connection' },
      params: z.object({ id: z.string() }),
      output: z.object({ url: z.string() }).meta({ id: 'SignInAddress' }),
      status: 200,
      async run(context, { params }) {
        const connector = parts.visible(context.caller, params.id)
        if (connector.status !== 'active')
          throw new GatewayError(
            'conflict',
            `${connector.name} is not active; it can be connected when it is.`,
          )
        checkMayConnect(grants, context.caller, connector)
        return { url: (await grants.begin(connector, context.caller.id)).href }
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/connections/complete',
      operationId: 'completeConnection',
      tag: 'Connectors',
      summary: 'End your sign-in with what the upstream’s authorization server sent your browser back with',
      needs: 'anyone',
      audit: { action: 'connection_updated', resourceType: 'connection' },
      body: SignInAnswer,
      output: z.object({ server_id: z.string(), name: z.string() }).meta({ id: 'ConnectedServer' }),
      status: 200,
      async run(context, { body }) {
        const { error_description: errorDescription, ...rest } = body
        const connector = await grants.finish(context.caller.id, { ...rest, errorDescription })
        context.record({ resourceId: connector.id, after: { state: 'connected' } })
        await parts.onConnected(connector, context.caller)
        return { server_id: connector.id, name: connector.name }
      },
    }),
    ...documentRoutes(grants),
  ]
}

/** How authorization servers learn who this installation is as their client. */
function documentRoutes(grants: Pick<Grants, 'own'>): Route[] {
  return [
    route({
      method: 'GET',
      path: '/.well-known/oauth-client.json',
      operationId: 'getOauthClient',
      tag: 'Connectors',
      summary:
        'This installation as a client of upstreams’ authorization servers (client id metadata document)',
      needs: 'public',
      output: z.looseObject({ client_id: z.string() }),
      status: 200,
      run: async () => ({
        client_id: grants.own.documentUrl,
        ...clientMetadata(grants.own),
        token_endpoint_auth_method: 'none',
      }),
    }),
    route({
      method: 'GET',
      path: '/.well-known/oauth-client-with-key.json',
      operationId: 'getSigningOauthClient',
      tag: 'Connectors',
      summary:
        'The same client, for authorization servers where it proves itself by signing (private_key_jwt)',
      needs: 'public',
      output: z.looseObject({ client_id: z.string() }),
      status: 200,
      run: async () => ({
        client_id: grants.own.signingDocumentUrl,
        ...clientMetadata(grants.own),
        ...signingMetadata(grants.own),
      }),
    }),
  ]
}
