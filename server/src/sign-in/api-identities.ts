import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'
import type { SignIn } from './sign-in.ts'

const OwnIdentity = z
  .object({
    provider_id: z.string(),
    provider_name: z.string(),
    subject: z.string(),
    created_at: z.string(),
  })
  .meta({ id: 'OwnSsoIdentity' })
type Identity = Awaited<ReturnType<SignIn['identities']['of']>>[number]

const show = (one: Identity) => ({
  provider_id: one.providerId as string,
  provider_name: one.providerName,
  subject: one.subject,
  created_at: one.createdAt.toISOString(),
})

const about = { tag: 'Account security', needs: 'anyone' } as const
const path = '/api/v1/users/me/sso-identities'

/** Who you are at identity providers, seen and ended by yourself. */
export function ownIdentityRoutes({ signIn: { identities } }: { signIn: SignIn }): Route[] {
  return [
    route({
      ...about,
      method: 'GET',
      path,
      operationId: 'listOwnSsoIdentities',
      summary: 'The identity providers your account is connected with, oldest first',
      output: z.object({ data: z.array(OwnIdentity), next_cursor: z.null() }),
      status: 200,
      run: async ({ caller }) => ({
        data: (await identities.of(caller.id)).map(show),
        next_cursor: null,
      }),
    }),
    route({
      ...about,
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'deleteOwnSsoIdentity',
      summary: 'Disconnects you from an identity provider, by its id; another way to sign in must remain',
      audit: { action: 'sso_identity_deleted', resourceType: 'user' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const gone = await identities.disconnect(context.caller, params.id)
        context.record({ resourceId: context.caller.id, before: show(gone) })
        return undefined
      },
    }),
  ]
}
