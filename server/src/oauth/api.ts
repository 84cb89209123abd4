import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can, type Route, route } from '../kernel/route.ts'
import { deviceRoutes } from './api-devices.ts'
import { issuerRoutes } from './api-issuers.ts'
import type { Asking } from './ask-person.ts'
import type { Connection } from './connection-store.ts'
import type { Oauth } from './oauth.ts'
import type { RedirectRule } from './rule-store.ts'

/** What became of asking an administrator for a redirect address. */
export type RedirectRequest = { id: string; status: 'pending' | 'approved' | 'rejected'; note: string }

export type OauthRoutesParts = {
  oauth: Oauth
  /** The newest request for this address. */
  requested(uri: string): Promise<RedirectRequest | undefined>
  request(asking: Asking, caller: Caller, reason: string): Promise<RedirectRequest>
  /** How the thing a resource names is called, for people. */
  resourceName(resource: string, caller: Caller): string
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

export function oauthRoutes(parts: OauthRoutesParts): Route[] {
  return [
    ...consentRoutes(parts),
    ...connectionRoutes(parts),
    ...deviceRoutes({ devices: parts.oauth.devices, resourceName: parts.resourceName }),
    ...ruleRoutes(parts),
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

function connectionRoutes({ oauth, resourceName }: OauthRoutesParts): Route[] {
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

function ruleRoutes({ oauth: { redirects } }: OauthRoutesParts): Route[] {
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
