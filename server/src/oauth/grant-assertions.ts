import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Principal } from '../kernel/caller.ts'
import type { UserId } from '../kernel/ids.ts'
import { documentHashOf } from './ask-person.ts'
import type { Proofs } from './check-proof.ts'
import type { Exchange } from './exchange-token.ts'
import { answer, bindingOf, soleAudience } from './grant-agents.ts'
import type { Assertion, Issuers, Known } from './keep-issuers.ts'
import { type GrantParts, makeGrant } from './make-grant.ts'
import { mcpScope } from './name-resource.ts'
import type { SignToken } from './sign-token.ts'

export const assertionGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const idJagProfile = 'urn:ietf:params:oauth:grant-profile:id-jag'
const tokenSeconds = 15 * 60

type Params = { assertion?: string }
export type AssertionParts = GrantParts & {
  issuers: Issuers
  sign: SignToken
  proofs: Pick<Proofs, 'take'>
  signIns: Pick<Known, 'bySignIn' | 'issuersOf'>
  identity: {
    find(id: UserId): Promise<Principal | undefined>
    personByEmail(email: string): Promise<UserId | undefined>
  }
}

/** Takes the word of a trusted identity provider in place of a person's own agreement (ID-JAG, RFC 7523). */
export function grantToAssertions(parts: AssertionParts): void {
  parts.provider.registerGrantType<Params>(assertionGrant, (ctx) => grant(parts, ctx), [
    'assertion',
    'scope',
    'resource',
  ])
}

async function grant(parts: AssertionParts, ctx: TokenEndpointGrantContext<Params>): Promise<void> {
  const told: Exchange = { person: undefined, why: undefined, isActing: false }
  ctx.state['exchange'] = told
  const { client, params } = ctx.oidc
  if (client.clientAuthMethod === 'none')
    throw new errors.UnauthorizedClient('a client proves itself to use assertions')
  if (params.assertion === undefined) throw new errors.InvalidRequest('assertion is missing')
  const refuse = (why: string): never => {
    told.why = why
    throw new errors.InvalidGrant(why)
  }
  const binding = await bindingOf(parts, ctx)
  const expected = { issuer: parts.base, clientId: client.clientId }
  const assertion = await parts.issuers.read(params.assertion, expected)
  if (typeof assertion === 'string') return refuse(assertion)
  const audience = resourceIn(assertion, params.resource, parts.base) ?? refuse('made for another resource')
  checkScope(assertion)
  const userId = await parts.issuers.personOf(assertion, {
    byEmail: parts.identity.personByEmail,
    ...parts.signIns,
  })
  const person = userId === undefined ? undefined : await parts.identity.find(userId)
  if (person === undefined) return refuse('nobody active here is linked to this subject')
  told.person = person
  const grantId = await makeGrant(parts, person, {
    client: { id: client.clientId, name: client.clientName ?? '', hash: documentHashOf(client) },
    redirectUri: assertion.from.issuer,
    resources: [audience],
    scopes: [mcpScope],
  })
  // The trust may have ended meanwhile, and with it what was given on it.
  if (!parts.issuers.list().some(({ id }) => id === assertion.from.id)) return refuse('issuer not trusted')
  const claims = {
    sub: person.id,
    aud: audience,
    client_id: client.clientId,
    grant: parts.records.nameOf('Grant', grantId),
    ...binding,
  }
  await answer(parts, ctx, { claims, seconds: tokenSeconds })
}

/** The audience both the assertion and the request mean; undefined when they do not agree on one of ours. */
function resourceIn(
  { claims }: Assertion,
  asked: string | string[] | undefined,
  base: string,
): string | undefined {
  const { resource } = claims
  if (typeof resource !== 'string') return undefined
  try {
    const audience = soleAudience(resource, base)
    return asked === undefined || soleAudience(asked, base) === audience ? audience : undefined
  } catch {
    return undefined
  }
}

/** What is issued is what was asked for and what the assertion allows, which here is one scope or nothing. */
function checkScope({ claims }: Assertion): void {
  const { scope } = claims
  if (scope === undefined) return
  if (typeof scope !== 'string' || !scope.split(' ').includes(mcpScope))
    throw new errors.InvalidScope('the assertion does not allow this scope', mcpScope)
}
