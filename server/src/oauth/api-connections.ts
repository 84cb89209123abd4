import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Connection } from './connection-store.ts'
import type { Oauth } from './oauth.ts'

export type ConnectionRoutesParts = {
  oauth: Pick<Oauth, 'connectionsOf' | 'disconnect'>
  /** How the thing a resource names is called, for people. */
  resourceName(resource: string, caller: Caller): string
}

const ConnectedClient = z
  .object({
    id: z.string(),
    client_id: z.string(),
    client_name: z.string(),
    redirect_uri: z.string(),
    resources: z.array(z.object({ uri: z.string(), name: z.string() })),
    created_at: z.string(),
    last_used_at: z.string().nullable(),
    last_used_ip: z.string().nullable(),
  })
  .meta({ id: 'ConnectedClient' })

/** The AI clients of each person. */
export function connectionRoutes({ oauth, resourceName }: ConnectionRoutesParts): Route[] {
  const show = (connection: Connection, caller: Caller) => ({
    id: connection.id,
    client_id: connection.clientId,
    client_name: connection.clientName,
    redirect_uri: connection.redirectUri,
    resources: [...new Set(connection.resources.flatMap((each) => each.split(' ')))].map((uri) => ({
      uri,
      name: resourceName(uri, caller),
    })),
    created_at: connection.createdAt.toISOString(),
    last_used_at: connection.lastUsedAt?.toISOString() ?? null,
    last_used_ip: connection.lastUsedIp ?? null,
  })
  return [
    route({
      method: 'GET',
      path: '/api/v1/oauth/connections',
      operationId: 'listConnectedClients',
      summary: 'AI clients you let act for you',
      tag: 'OAuth',
      needs: 'anyone',
      output: z.object({ data: z.array(ConnectedClient), next_cursor: z.null() }),
      status: 200,
      run: async ({ caller }) => ({
        data: (await oauth.connectionsOf(caller.id)).map((each) => show(each, caller)),
        next_cursor: null,
      }),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/oauth/connections/{id}',
      operationId: 'disconnectClient',
      summary: 'End what a client may do; its tokens are refused from the next request on',
      tag: 'OAuth',
      needs: 'anyone',
      audit: { action: 'oauth_client_disconnected', resourceType: 'oauth_client' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run({ caller, record }, { params }) {
        const ended = await oauth.disconnect(params.id, caller.id)
        record({
          resourceId: ended.clientId.slice(0, 200),
          before: { client_name: ended.clientName, redirect_uri: ended.redirectUri },
        })
        return undefined
      },
    }),
  ]
}
