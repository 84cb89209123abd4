import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import type { Principal } from '../kernel/caller.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type AgentGrantParts, agentOf, answer, bindingOf, soleAudience } from './grant-agents.ts'
import { agentTokenSeconds } from './sign-token.ts'
import type { KnownToken } from './tokens.ts'

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const tokenTypes: readonly (string | undefined)[] = [accessTokenType, 'urn:ietf:params:oauth:token-type:jwt']
/** Who the person is, said without proof: their delegation is what makes it acceptable. */
const byEmail = 'urn:runlayer:token-type:user-email'
const byId = 'urn:runlayer:token-type:user-id'

type Params = {
  subject_token?: string
  subject_token_type?: string
  actor_token?: string
  actor_token_type?: string
  requested_token_type?: string
}
export type ExchangeParts = AgentGrantParts & {
  agents: AgentAccounts
  tokens: { find(text: string): Promise<KnownToken | undefined> }
  identity: {
    find(id: UserId): Promise<Principal | undefined>
    personByEmail(email: string): Promise<UserId | undefined>
  }
  now: () => number
}

/** What audit has to know of an exchange besides its outcome. */
export type Exchange = {
  person: Principal | undefined
  why: string | undefined
  /** An agent acts for the person. */
  isActing: boolean
}
export const exchangeOf = (ctx: { state: Record<string, unknown> }) =>
  ctx.state['exchange'] as Exchange | undefined

/** Lets an agent act for a person who delegated to it (RFC 8693). */
export function exchangeTokens(parts: ExchangeParts): void {
  parts.provider.registerGrantType<Params>(
    tokenExchange,
    (ctx) => exchange(parts, ctx),
    [
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'audience',
      'resource',
      'scope',
    ],
    ['resource'],
  )
}

async function exchange(parts: ExchangeParts, ctx: TokenEndpointGrantContext<Params>): Promise<void> {
  const told: Exchange = { person: undefined, why: undefined, isActing: true }
  ctx.state['exchange'] = told
  const { params } = ctx.oidc
  const agent = await agentOf(parts, ctx)
  const audience = soleAudience(params.resource, parts.base)
  if (!tokenTypes.includes(params.requested_token_type ?? accessTokenType))
    throw new errors.InvalidRequest('requested_token_type must be an access token')
  const binding = await bindingOf(parts, ctx)
  await checkActor(parts, params, { id: agent.id, key: binding.cnf?.jkt })
  const person = await personOf(parts, params, told)
  told.person = person
  const found =
    person === undefined ? { ended: 'none' } : await parts.agents.delegations.between(person.id, agent.id)
  if (person === undefined || 'ended' in found) {
    told.why = person === undefined ? 'unknown person' : `delegation ${'ended' in found ? found.ended : ''}`
    // One answer for whoever is unknown and whoever did not delegate: an agent learns nothing about people by asking.
    throw new errors.InvalidGrant('there is no active delegation from this person to this agent')
  }
  const { delegation } = found
  const left = Math.floor((delegation.expiresAt.getTime() - parts.now()) / 1000)
  const seconds = Math.max(1, Math.min(agentTokenSeconds, left))
  const claims = {
    sub: person.id,
    aud: audience,
    client_id: agent.clientId,
    agent_generation: agent.generation,
    delegation: delegation.id,
    act: { sub: agent.id, client_id: agent.clientId },
    ...binding,
  }
  await answer(parts, ctx, { claims, seconds, issued_token_type: accessTokenType })
}

/** The agent shows its own token besides its credential: nobody acts with half of what an agent has. */
async function checkActor(
  { tokens, now }: ExchangeParts,
  params: Params,
  agent: { id: string; key: string | undefined },
): Promise<void> {
  const { actor_token: text, actor_token_type: type } = params
  if (text === undefined) throw new errors.InvalidRequest('actor_token must be the agent’s own access token')
  if (!tokenTypes.includes(type)) throw new errors.InvalidRequest('actor_token_type must be an access token')
  const actor = await tokens.find(text)
  if (
    actor?.kind !== 'agent' ||
    actor.lacks !== undefined ||
    actor.agentId !== agent.id ||
    actor.endsAt <= now()
  )
    throw new errors.InvalidGrant('the actor token is not a living token of this agent')
  if (actor.boundTo !== undefined && actor.boundTo !== agent.key)
    throw new errors.InvalidGrant('the actor token is bound to a key: prove that key with this request')
}

async function personOf(
  { tokens, identity, now }: ExchangeParts,
  { subject_token: text, subject_token_type: type }: Params,
  told: Exchange,
): Promise<Principal | undefined> {
  if (text === undefined || text === '') throw new errors.InvalidRequest('subject_token names the person')
  switch (type) {
    case byEmail: {
      const id = await identity.personByEmail(text)
      return id && identity.find(id)
    }
    case byId:
      return isUuid(text) ? identity.find(text as UserId) : undefined
    case accessTokenType: {
      const token = await tokens.find(text)
      const isLiving = token?.kind === 'person' && token.lacks === undefined && token.endsAt > now()
      if (isLiving && token.boundTo !== undefined) {
        told.why = 'the subject token is bound to a key that only its own client can prove'
        throw new errors.InvalidGrant(told.why)
      }
      return isLiving ? identity.find(token.userId) : undefined
    }
    default:
      throw new errors.InvalidRequest(
        `subject_token_type must be ${byEmail}, ${byId} or an access token of this server`,
      )
  }
}
