import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { SsoIdentity } from './provider.ts'
import type { Sso } from './sso.ts'

const SsoIdentityDocument = z
  .object({
    provider_id: z.string(),
    provider_name: z.string(),
    issuer: z.string(),
    subject: z.string(),
    created_at: z.string(),
  })
  .meta({ id: 'SsoIdentity' })
const SsoIdentityList = z.object({ data: z.array(SsoIdentityDocument), next_cursor: z.null() })

function showIdentity(one: SsoIdentity) {
  return {
    provider_id: one.providerId as string,
    provider_name: one.providerName,
    issuer: one.issuer,
    subject: one.subject,
    created_at: one.createdAt.toISOString(),
  }
}

const Params = z.object({ id: z.string() })
const about = {
  tag: 'Single sign-on',
  path: '/api/v1/users/{id}/sso-identities',
  params: Params,
} as const

/** Who somebody is at identity providers, for administrators. */
export function identityRoutes({ sso }: { sso: Sso }): Route[] {
  return [
    route({
      ...about,
      method: 'GET',
      operationId: 'listSsoIdentities',
      summary: 'Who a person is at identity providers, oldest first',
      needs: 'sso.read',
      output: SsoIdentityList,
      status: 200,
      async run(_context, { params }) {
        const found = isUuid(params.id) ? await sso.identitiesOf(params.id as UserId) : []
        return { data: found.map(showIdentity), next_cursor: null }
      },
    }),
    route({
      ...about,
      method: 'DELETE',
      operationId: 'deleteSsoIdentities',
      summary:
        'Forgets who a person is at every identity provider; their next sign-in is judged like a first one',
      needs: 'sso.write',
      audit: { action: 'sso_identity_deleted', resourceType: 'user' },
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const before = isUuid(params.id) ? await sso.identitiesOf(params.id as UserId) : []
        const count = isUuid(params.id) ? await sso.disconnect(params.id as UserId) : 0
        if (count === 0)
          throw new GatewayError('not-found', 'Nobody with this id is connected with an identity provider.')
        context.record({
          resourceId: params.id,
          before: { identities: before.map(showIdentity) },
          after: { disconnected: count },
        })
        return undefined
      },
    }),
  ]
}
