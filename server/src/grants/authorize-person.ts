import { createHash, randomBytes } from 'node:crypto'
import type { Connector, OAuthSettings } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { type AuthFacts, type UpstreamClient, unionOfScopes } from './facts.ts'
import type { FlowStore } from './flow-store.ts'
import type { PresentClient } from './present-client.ts'
import { requestToken, shown, TokenError, type Tokens } from './request-token.ts'

/** A sign-in at an upstream that has begun. Sealed in the store until its answer comes. */
export type Flow = {
  readonly facts: AuthFacts
  readonly client: UpstreamClient
  readonly verifier: string
  readonly redirectUri: string
  readonly owner: string
}

/** What the authorization server sent the browser back with. */
export type Answer = {
  readonly state: string
  readonly code?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
  readonly errorDescription?: string | undefined
}

export type FlowParts = {
  readonly store: Pick<FlowStore, 'beginFlow' | 'takeFlow'>
  readonly keyring: { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }
  readonly fetch: GuardedFetch
  readonly present: PresentClient
  readonly now: () => number
}

const flowMs = 10 * 60_000

/** Keeps the flow for this person alone and gives the address where the person's browser goes. */
export async function beginFlow(
  parts: FlowParts,
  connector: Connector,
  userId: UserId,
  flow: Omit<Flow, 'verifier'> & { grantedBefore: string | undefined },
): Promise<URL> {
  const { grantedBefore, ...rest } = flow
  const state = randomBytes(32).toString('base64url')
  const verifier = randomBytes(32).toString('base64url')
  const scope = unionOfScopes(flow.facts.scope, grantedBefore)
  const facts = scope === undefined ? flow.facts : { ...flow.facts, scope }
  const stateHash = hashOf(state)
  await parts.store.beginFlow(
    {
      stateHash,
      serverId: connector.id,
      userId,
      sealed: parts.keyring.seal(JSON.stringify({ ...rest, facts, verifier }), bindOf(stateHash)),
      expiresAt: new Date(parts.now() + flowMs),
    },
    new Date(parts.now()),
  )
  const url = new URL(facts.authorizationEndpoint)
  const params: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: flow.client.clientId,
    redirect_uri: flow.redirectUri,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope,
    resource: resourceOf(connector, facts),
    // OpenID Connect gives a refresh token only after a prompt (OpenID Connect Core §11).
    prompt: scope?.split(' ').includes('offline_access') === true ? 'consent' : undefined,
  }
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) url.searchParams.set(name, value)
  return url
}

export type EndedFlow = { readonly serverId: ServerId; readonly flow: Flow; readonly tokens: Tokens }

/** Takes the flow this answer belongs to, checks who sent it and exchanges the code. Throws state-refused and such. */
export async function endFlow(
  parts: FlowParts,
  userId: UserId,
  answer: Answer,
  connectorOf: (id: ServerId) => Connector,
): Promise<EndedFlow> {
  const stateHash = hashOf(answer.state)
  const row = await parts.store.takeFlow(stateHash, userId, new Date(parts.now()))
  if (row === undefined)
    throw new GatewayError(
      'state-refused',
      'This sign-in was not begun by you, or it was used or is too old. Open the connector and connect again.',
    )
  const flow = JSON.parse(parts.keyring.open(row.sealed, bindOf(stateHash))) as Flow
  const connector = connectorOf(row.serverId)
  checkIssuer(flow.facts, answer.iss)
  if (connector.url !== flow.facts.serverUrl)
    throw new GatewayError('conflict', `${connector.name} was changed meanwhile; connect again.`)
  if (answer.code === undefined || answer.error !== undefined) throw notGranted(connector, answer)
  const tokens = await exchange(parts, connector, flow, answer.code)
  return { serverId: row.serverId, flow, tokens }
}

/** Compared as plain text, on errors too (RFC 9207, T23): an answer of another server never meets this code or verifier. */
function checkIssuer(facts: AuthFacts, iss: string | undefined): void {
  if (iss === undefined ? facts.issuerInResponse : iss !== facts.issuer)
    throw new GatewayError(
      'state-refused',
      `The answer does not come from ${facts.issuer}, where this sign-in began. Nothing was used of it.`,
    )
}

function notGranted(connector: Connector, { error, errorDescription }: Answer): GatewayError {
  const code = error === undefined ? 'no code' : shown(error, 60)
  const more = errorDescription === undefined ? '' : ` (${shown(errorDescription, 200)})`
  return new GatewayError('upstream-refused', `${connector.name} did not grant access: ${code}${more}.`, {
    connector: connector.name,
  })
}

async function exchange(parts: FlowParts, connector: Connector, flow: Flow, code: string): Promise<Tokens> {
  try {
    return await requestToken({
      fetch: parts.fetch,
      endpoint: flow.facts.tokenEndpoint,
      client: await parts.present(connector, flow.client, flow.facts.issuer),
      params: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: flow.redirectUri,
        code_verifier: flow.verifier,
        resource: resourceOf(connector, flow.facts),
      },
      now: parts.now,
    })
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new GatewayError(
      'upstream-failed',
      `${connector.name}: its authorization server ${flow.facts.issuer} ${error.trouble.what}. Connect again.`,
      { connector: connector.name, cause: error },
    )
  }
}

export function resourceOf(connector: Connector, facts: AuthFacts): string | undefined {
  const settings: OAuthSettings = connector.auth.type === 'oauth' ? connector.auth : {}
  return settings.resource === 'omit' ? undefined : facts.resource
}

function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url')
}

function bindOf(stateHash: string): string {
  return `grant_flows:${stateHash}`
}
