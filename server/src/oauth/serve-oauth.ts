import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Actor, Journal } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import { consentPage, endpoints } from './configure-provider.ts'
import { exchangeOf, tokenExchange } from './exchange-token.ts'
import { assertionGrant, idJagProfile } from './grant-assertions.ts'
import type { Issuers } from './keep-issuers.ts'
import { hourlyLimit } from './limit-hourly.ts'
import type { RedirectState } from './match-redirect.ts'
import { blockedText, errorPage, errorPageHeaders } from './show-error.ts'

export type ServeParts = {
  provider: Provider
  base: string
  journal: Journal
  judge(uri: string): RedirectState
  agents: Pick<AgentAccounts, 'findClient'>
  issuers: Pick<Issuers, 'list'>
  /** The person signed in to the console by this cookie, or undefined. */
  personOf(cookie: string | undefined, ip: string): Promise<Pick<Caller, 'id'> | undefined>
  now: () => number
  log: Log
}

export type OauthHandle = (
  request: IncomingMessage,
  response: ServerResponse,
  facts: { ip: string; requestId: string },
) => Promise<void>

const metadataPath = '/.well-known/oauth-authorization-server'
const openidPath = '/.well-known/openid-configuration'

/** What the authorization server answers. Public on purpose: each judges its own credentials. */
export const oauthPaths: readonly { method: 'GET' | 'POST'; path: string }[] = [
  { method: 'GET', path: metadataPath },
  { method: 'GET', path: openidPath },
  { method: 'GET', path: `${endpoints}/jwks` },
  { method: 'GET', path: `${endpoints}/authorize` },
  { method: 'GET', path: `${endpoints}/authorize/:uid` },
  { method: 'POST', path: `${endpoints}/token` },
  { method: 'POST', path: `${endpoints}/register` },
  { method: 'POST', path: `${endpoints}/revoke` },
  { method: 'POST', path: `${endpoints}/device_authorization` },
]

const registrationsPerHour = 1000

/** Serves oidc-provider behind our rules: one public URL, our own session, our redirect rules, our audit. */
export function serveOauth(parts: ServeParts): OauthHandle {
  const { provider, base } = parts
  const publicUrl = new URL(base)
  // Only what we write ourselves stands in these headers.
  provider.proxy = true
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path === openidPath && parts.issuers.list().length > 0)
      Object.assign(ctx.body as object, { authorization_grant_profiles_supported: [idJagProfile] })
    await afterwards(parts, ctx as unknown as KoaContextWithOIDC)
  })
  const answer = provider.callback()
  const mayRegister = hourlyLimit(registrationsPerHour, parts.now)
  return async (request, response, facts) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path === `${endpoints}/register` && !mayRegister(facts.ip)) return refuseRegistration(response)
    if (path.startsWith(`${endpoints}/authorize/`)) {
      const uid = path.slice(`${endpoints}/authorize/`.length)
      if (!(await isSamePerson(parts, uid, request.headers.cookie, facts.ip))) {
        response.writeHead(303, { location: `${consentPage}/${encodeURIComponent(uid)}` }).end()
        return
      }
    }
    if (path === metadataPath) request.url = openidPath
    takeOver(request, publicUrl, facts)
    response.setHeader('cache-control', 'no-store')
    await answer(request, response)
  }
}

/** The library builds its links from these headers, so they say what configuration says and nothing else (T3). */
function takeOver(request: IncomingMessage, publicUrl: URL, facts: { ip: string; requestId: string }): void {
  const { headers } = request
  headers.host = publicUrl.host
  headers['x-forwarded-proto'] = publicUrl.protocol.slice(0, -1)
  headers['x-forwarded-for'] = facts.ip
  headers['x-request-id'] = facts.requestId
  delete headers['x-forwarded-host']
  // The library's own session would outlive the console's: the person is asked for anew each time.
  const kept = (headers.cookie ?? '')
    .split(';')
    .filter((each) => /^\s*runlayer_(interaction|resume)/.test(each))
  if (kept.length > 0) headers.cookie = kept.join(';')
  else delete headers.cookie
}

/** Only the browser of the person who agreed may go on: a link given to somebody else ends here (T32). */
async function isSamePerson(
  { provider, personOf }: ServeParts,
  uid: string,
  cookie: string | undefined,
  ip: string,
): Promise<boolean> {
  const interaction = /^[\w-]{8,64}$/.test(uid) ? await provider.Interaction.find(uid) : undefined
  const agreed = interaction?.result?.login?.accountId
  if (agreed === undefined) return interaction === undefined || interaction.result?.['error'] !== undefined
  return (await personOf(cookie, ip))?.id === agreed
}

/** Sees each answer before it leaves: where it sends the browser, and what audit has to know. */
async function afterwards(parts: ServeParts, ctx: KoaContextWithOIDC): Promise<void> {
  const location = ctx.response.get('location') || ''
  const isAway =
    location !== '' && !location.startsWith(consentPage) && !location.startsWith(`${parts.base}/`)
  if (isAway && ctx.path.startsWith(`${endpoints}/authorize`)) {
    const target = ctx.oidc.params?.['redirect_uri']
    const state = typeof target === 'string' ? parts.judge(target) : 'blocked'
    if (state !== 'allowed') {
      await record(parts, ctx, {
        action: 'redirect_uri_blocked',
        outcome: 'denied',
        resourceId: String(target),
      })
      refuseRedirect(ctx, state)
      return
    }
  }
  const action = actionOf(ctx)
  if (action !== undefined) await record(parts, ctx, action)
}

function refuseRedirect(ctx: KoaContextWithOIDC, state: RedirectState): void {
  ctx.remove('location')
  for (const [name, value] of Object.entries(errorPageHeaders)) ctx.set(name, value)
  ctx.status = 403
  ctx.body = errorPage(
    'redirect_blocked',
    state === 'blocked' ? blockedText : 'No administrator has approved this redirect URI yet.',
  )
}

type Happened = {
  action: string
  outcome: 'success' | 'denied'
  resourceId: string | undefined
  reason?: string
}

function actionOf(ctx: KoaContextWithOIDC): Happened | undefined {
  const isGood = ctx.status < 400
  const oidc = ctx.path.startsWith(endpoints) && ctx.method === 'POST' ? ctx.oidc : undefined
  const clientId = oidc?.client?.clientId
  if (ctx.path === `${endpoints}/register` && isGood)
    return {
      action: 'oauth_client_registered',
      outcome: 'success',
      resourceId: (ctx.body as { client_id?: string }).client_id,
    }
  if (ctx.path === `${endpoints}/revoke` && isGood && clientId !== undefined)
    return { action: 'oauth_token_revoked', outcome: 'success', resourceId: clientId }
  if (ctx.path !== `${endpoints}/token`) return undefined
  const action = tokenActions[String(oidc?.params?.['grant_type'])] ?? 'oauth_token_issued'
  if (isGood) return { action, outcome: 'success', resourceId: clientId }
  const { error } = ctx.body as { error?: string }
  // Of failures only those by known clients: anybody can send nonsense.
  return clientId === undefined
    ? undefined
    : { action, outcome: 'denied', resourceId: clientId, ...whyOf(ctx, error) }
}

/** A refused exchange says whom it was about and what was missing. */
function whyOf(ctx: KoaContextWithOIDC, error: string | undefined): { reason?: string } {
  const { person, why } = exchangeOf(ctx) ?? {}
  const words = [error, why, person?.email].filter((word) => word !== undefined)
  return words.length === 0 ? {} : { reason: words.join(': ') }
}

const tokenActions: Readonly<Record<string, string>> = {
  refresh_token: 'oauth_token_refreshed',
  client_credentials: 'agent_token_issued',
  [tokenExchange]: 'agent_token_exchanged',
  [assertionGrant]: 'oauth_assertion_exchanged',
}

/** The person a token is for, or the agent account that asked for one. */
async function actorOf({ agents }: ServeParts, ctx: KoaContextWithOIDC): Promise<Actor> {
  const { entities, client } = ctx.oidc
  const accountId = entities.Account?.accountId ?? entities.RefreshToken?.accountId
  if (accountId !== undefined) return { type: 'user', id: accountId }
  const told = ctx.status < 400 ? exchangeOf(ctx) : undefined
  // What was done for a person stands among what they see of themselves; what was refused was not theirs.
  if (told?.person !== undefined && client !== undefined) {
    const { id, email } = told.person
    const proof = told.isActing ? { proof: { kind: 'agent_token' as const, id: client.clientId } } : {}
    return { type: 'user', id, email, ...proof }
  }
  const agent = client === undefined ? undefined : await agents.findClient(client.clientId)
  return agent === undefined ? { type: 'system', id: 'anonymous' } : { type: 'agent', id: agent.account.id }
}

async function record(parts: ServeParts, ctx: KoaContextWithOIDC, happened: Happened): Promise<void> {
  const { action, outcome, resourceId, reason } = happened
  const requestId = ctx.get('x-request-id') || newId(parts.now())
  const actor = await actorOf(parts, ctx)
  const clientName = ctx.oidc.client?.clientName
  const entry = await parts.journal.open({
    action,
    actor,
    requestId,
    correlationId: requestId,
    resourceType: action === 'redirect_uri_blocked' ? 'redirect_uri' : 'oauth_client',
    ip: ctx.ip,
    ...(resourceId === undefined ? {} : { resourceId: resourceId.slice(0, 200) }),
    ...(clientName === undefined ? {} : { clientName }),
  })
  await entry.close({ action, outcome, ...(reason === undefined ? {} : { reason }) })
}

function refuseRegistration(response: ServerResponse): void {
  response.writeHead(429, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'retry-after': '3600',
  })
  response.end(
    JSON.stringify({
      error: 'temporarily_unavailable',
      error_description: `one address may register ${registrationsPerHour} clients an hour`,
    }),
  )
}
