import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import { apiScope, audienceOf, mcpScope, scopeOf } from './name-resource.ts'
import { agentTokenSeconds, type SignToken } from './sign-token.ts'

export type AgentGrantParts = {
  provider: Provider
  agents: Pick<AgentAccounts, 'findClient'>
  sign: SignToken
  base: string
}

/** Lets agent accounts ask for tokens of their own (RFC 6749 §4.4). */
export function grantToAgents(parts: AgentGrantParts): void {
  parts.provider.registerGrantType(
    'client_credentials',
    async (ctx) => {
      const account = await agentOf(parts, ctx)
      const audience = soleAudience(ctx.oidc.params.resource, parts.base)
      const claims = {
        sub: account.id,
        aud: audience,
        client_id: account.clientId,
        agent_generation: account.generation,
      }
      answer(ctx, await parts.sign(claims, agentTokenSeconds), agentTokenSeconds)
    },
    ['scope', 'resource'],
  )
}

/** Whatever a client says of itself, only an agent account of ours is one. */
export async function agentOf(parts: Pick<AgentGrantParts, 'agents'>, ctx: TokenEndpointGrantContext) {
  const found = await parts.agents.findClient(ctx.oidc.client.clientId)
  if (found === undefined) throw new errors.UnauthorizedClient('this grant is for agent accounts')
  return found.account
}

/** The one MCP endpoint a token is for (RFC 8707); without a resource it is Runlayer Plugin. */
export function soleAudience(resource: string | string[] | undefined, base: string): string {
  if (Array.isArray(resource) && resource.length > 1)
    throw new errors.InvalidTarget('a token is for one resource: ask once for each')
  const [asked = `${base}/mcp`] = [resource ?? []].flat()
  const audience = audienceOf(asked, base)
  if (audience === undefined || scopeOf(audience, base) === apiScope)
    throw new errors.InvalidTarget(`this server issues tokens for its own MCP endpoints, such as ${base}/mcp`)
  return audience
}

export function answer(
  ctx: TokenEndpointGrantContext,
  token: string,
  seconds: number,
  more: object = {},
): void {
  ctx.body = { access_token: token, token_type: 'Bearer', expires_in: seconds, scope: mcpScope, ...more }
}
