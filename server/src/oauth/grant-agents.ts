import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import { nonceIn } from '../kernel/challenge.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Proofs } from './check-proof.ts'
import { endpoints } from './configure-provider.ts'
import { apiScope, audienceOf, mcpScope, scopeOf } from './name-resource.ts'
import { agentTokenSeconds, type SignedClaims, type SignToken } from './sign-token.ts'

export type AgentGrantParts = {
  provider: Provider
  agents: Pick<AgentAccounts, 'findClient'>
  sign: SignToken
  proofs: Pick<Proofs, 'take'>
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
        ...(await bindingOf(parts, ctx)),
      }
      await answer(parts, ctx, { claims, seconds: agentTokenSeconds })
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

type Binding = { cnf?: { jkt: string } }

/** The key a token will be bound to: the one whose proof came with the request, if one did (RFC 9449 §5). */
export async function bindingOf(
  { proofs }: Pick<AgentGrantParts, 'proofs'>,
  ctx: TokenEndpointGrantContext,
): Promise<Binding> {
  const text = ctx.get('dpop')
  if (text === '') return {}
  try {
    const jkt = await proofs.take({ text, method: ctx.method, path: `${endpoints}/token` })
    return { cnf: { jkt } }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    const nonce = nonceIn(thrown)
    if (nonce !== undefined) {
      ctx.set('dpop-nonce', nonce)
      throw new errors.UseDpopNonce(thrown.message)
    }
    if (thrown.reason === 'key-proof-refused') throw new errors.InvalidDpopProof(thrown.message)
    throw thrown
  }
}

export async function answer(
  { sign }: Pick<AgentGrantParts, 'sign'>,
  ctx: TokenEndpointGrantContext,
  {
    claims,
    seconds,
    ...more
  }: { claims: SignedClaims & Binding; seconds: number; issued_token_type?: string },
): Promise<void> {
  ctx.body = {
    access_token: await sign(claims, seconds),
    token_type: claims.cnf === undefined ? 'Bearer' : 'DPoP',
    expires_in: seconds,
    scope: mcpScope,
    ...more,
  }
}
