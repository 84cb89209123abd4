import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can, type Route, route } from '../kernel/route.ts'
import { type ConnectionRoutesParts, connectionRoutes } from './api-connections.ts'
import { deviceRoutes } from './api-devices.ts'
import { issuerRoutes } from './api-issuers.ts'
import { redirectRuleRoutes } from './api-redirect-rules.ts'
import type { Asking } from './ask-person.ts'
import type { Oauth } from './oauth.ts'

/** What became of asking an administrator for a redirect address. */
export type RedirectRequest = { id: string; status: 'pending' | 'approved' | 'rejected'; note: string }

export type OauthRoutesParts = ConnectionRoutesParts & {
  oauth: Oauth
  /** The newest request for this address. */
  requested(uri: string): Promise<RedirectRequest | undefined>
  request(asking: Asking, caller: Caller, reason: string): Promise<RedirectRequest>
}

const InteractionId = z.object({ id: z.string().min(8).max(64) })

const Waiting = z
  .object({
    id: z.string(),
    client: z.object({
      id: z.string(),
      name: z.string().describe('As the client calls itself; nothing proves it'),
      uri: z.string().nullable(),
      kind: z.enum(['registered', 'document']),
    }),
    redirect: z.object({
      uri: z.string(),
      host: z.string(),
      kind: z.enum(['loopback', 'web', 'app']),
      state: z.enum(['allowed', 'blocked', 'unknown']),
    }),
    resources: z.array(z.object({ uri: z.string(), name: z.string() })),
    scopes: z.array(z.string()),
    connected_before: z.boolean(),
    may_pass: z.boolean().describe('Nothing new is asked, so the console agrees without asking again'),
    can_decide: z.boolean().describe('The caller may approve the redirect URI for everybody'),
    request: z
      .object({ id: z.string(), status: z.enum(['pending', 'approved', 'rejected']), note: z.string() })
      .nullable(),
  })
  .meta({ id: 'WaitingClient' })

const Continue = z
  .object({ continue_url: z.string().nullable().describe('Where the browser goes on; null: nowhere') })
  .meta({ id: 'OauthContinue' })

export function oauthRoutes(parts: OauthRoutesParts): Route[] {
  return [
    ...consentRoutes(parts),
    ...connectionRoutes(parts),
    ...deviceRoutes({ devices: parts.oauth.devices, resourceName: parts.resourceName }),
    ...redirectRuleRoutes(parts.oauth),
    ...issuerRoutes({ issuers: parts.oauth.issuers }),
  ]
}

async function showAsking(
  { requested, resourceName }: Pick<OauthRoutesParts, 'requested' | 'resourceName'>,
  asking: Asking,
  caller: Caller,
) {
  const last = asking.redirect.state === 'unknown' ? await requested(asking.redirect.uri) : undefined
  const { client, redirect } = asking
  return {
    id: asking.id,
    client: {
      id: client.id,
      name: client.name,
      uri: client.uri ?? null,
      kind: client.isDocument ? ('document' as const) : ('registered' as const),
    },
    redirect,
    resources: asking.resources.map((uri) => ({ uri, name: resourceName(uri, caller) })),
    scopes: [...asking.scopes],
    connected_before: asking.isConnected,
    may_pass: asking.mayPass,
    can_decide: can(caller, 'requests.decide'),
    request: last ?? null,
  }
}

const path = '/api/v1/oauth/interactions/{id}'
const common = { tag: 'OAuth', needs: 'anyone' as const, params: InteractionId }
const facts = ({ client, redirect }: Asking) => ({ client_name: client.name, redirect_uri: redirect.uri })

function consentRoutes(parts: OauthRoutesParts): Route[] {
  const { oauth } = parts
  const show = (asking: Asking, caller: Caller) => showAsking(parts, asking, caller)
  return [
    route({
      ...common,
      method: 'GET',
      path,
      operationId: 'getWaitingClient',
      summary: 'A client that waits for the answer of the person it sent here',
      output: Waiting,
      status: 200,
      run: async ({ caller }, { params }) => show(await oauth.consents.show(params.id, caller), caller),
    }),
    route({
      ...common,
      method: 'POST',
      path: `${path}/agree`,
      operationId: 'agreeToClient',
      summary: 'Let this client act for you',
      audit: { action: 'oauth_client_connected', resourceType: 'oauth_client' },
      output: Continue,
      status: 200,
      async run({ caller, record }, { params }) {
        const { continueUrl, asking } = await oauth.consents.agree(params.id, caller)
        record({ resourceId: asking.client.id.slice(0, 200), after: facts(asking) })
        return { continue_url: continueUrl }
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: `${path}/refuse`,
      operationId: 'refuseClient',
      summary: 'Send this client away',
      audit: { action: 'oauth_client_refused', resourceType: 'oauth_client' },
      output: Continue,
      status: 200,
      async run({ caller, record }, { params }) {
        const { continueUrl, asking } = await oauth.consents.refuse(params.id, caller)
        record({ resourceId: asking.client.id.slice(0, 200), after: facts(asking) })
        return { continue_url: continueUrl ?? null }
      },
    }),
    ...askRoutes(parts),
  ]
}

function askRoutes(parts: OauthRoutesParts): Route[] {
  const { oauth, request } = parts
  return [
    route({
      ...common,
      method: 'POST',
      path: `${path}/ask`,
      operationId: 'askForRedirect',
      summary: 'Ask an administrator to approve where this client wants to be sent',
      audit: { action: 'request_created', resourceType: 'request' },
      body: z.strictObject({ reason: z.string().max(1000).default('') }),
      output: Waiting,
      status: 200,
      async run({ caller, record }, { params, body }) {
        const asking = await oauth.consents.show(params.id, caller)
        if (asking.redirect.state !== 'unknown')
          throw new GatewayError(
            'conflict',
            'Nobody has to approve this redirect URI: it is decided already.',
          )
        const made = await request(asking, caller, body.reason)
        record({ resourceId: made.id, after: facts(asking) })
        return showAsking(parts, asking, caller)
      },
    }),
  ]
}
