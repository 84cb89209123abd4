import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'
import type { TrustedIssuer } from './issuer-store.ts'
import { assertionAlgorithms, type Issuers } from './keep-issuers.ts'

const address = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .refine((text) => !text.includes('#'), 'must have no fragment')
  .refine((text) => /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(text), 'must be https')
const Issuer = z
  .object({
    id: z.string(),
    issuer: z.string(),
    jwks_uri: z.string(),
    algorithms: z.array(z.enum(assertionAlgorithms)),
    link_by_email: z.boolean(),
    created_by: z.string().nullable(),
    created_at: z.string(),
  })
  .meta({ id: 'TrustedIssuer' })
const NewIssuer = z
  .strictObject({
    issuer: address.describe('Exactly as it stands in the iss of its assertions.'),
    jwks_uri: address,
    algorithms: z.array(z.enum(assertionAlgorithms)).min(1).default(['ES256', 'RS256']),
    link_by_email: z
      .boolean()
      .default(false)
      .describe('Whether a verified email tells whom a subject means that was never seen before.'),
  })
  .meta({ id: 'NewTrustedIssuer' })

const show = (issuer: TrustedIssuer) => ({
  id: issuer.id,
  issuer: issuer.issuer,
  jwks_uri: issuer.jwksUri,
  algorithms: issuer.algorithms.filter((each) =>
    assertionAlgorithms.some((one) => one === each),
  ) as (typeof assertionAlgorithms)[number][],
  link_by_email: issuer.linkByEmail,
  created_by: issuer.createdBy ?? null,
  created_at: issuer.createdAt.toISOString(),
})

const path = '/api/v1/oauth/trusted-issuers'
const common = { tag: 'OAuth', needs: 'system.manage' as const }

/** Identity providers that speak for people at the token endpoint: a Super Admin's to name. */
export function issuerRoutes({ issuers }: { issuers: Issuers }): Route[] {
  return [
    route({
      ...common,
      method: 'GET',
      path,
      operationId: 'listTrustedIssuers',
      summary: 'Identity providers whose assertions give tokens for their people',
      output: z.object({ data: z.array(Issuer), next_cursor: z.null() }),
      status: 200,
      run: async () => ({ data: issuers.list().map(show), next_cursor: null }),
    }),
    route({
      ...common,
      method: 'POST',
      path,
      operationId: 'createTrustedIssuer',
      summary:
        'Trusts an identity provider to speak for people. Whoever holds its keys can act as any of them',
      audit: { action: 'trusted_issuer_created', resourceType: 'trusted_issuer' },
      body: NewIssuer,
      output: Issuer,
      status: 201,
      async run({ caller, record }, { body }) {
        const { issuer, algorithms, jwks_uri: jwksUri, link_by_email: linkByEmail } = body
        const made = show(await issuers.add({ issuer, algorithms, jwksUri, linkByEmail }, caller.id))
        record({ resourceId: made.id, after: made })
        return made
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'deleteTrustedIssuer',
      summary: 'Trusts an identity provider no longer; tokens given on its word end at once',
      audit: { action: 'trusted_issuer_deleted', resourceType: 'trusted_issuer' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run({ record }, { params }) {
        record({ resourceId: params.id, before: show(await issuers.remove(params.id)) })
        return undefined
      },
    }),
  ]
}
