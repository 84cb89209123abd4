import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Identity } from './identity.ts'
import type { SignInLink } from './keep-session.ts'

const LinkDocument = z
  .object({ url: z.string(), token: z.string(), expires_at: z.string() })
  .meta({ id: 'SignInLink' })
const Params = z.object({ id: z.string() })

const show = ({ url, token, expiresAt }: SignInLink) => ({ url, token, expires_at: expiresAt.toISOString() })

/** Links to pass on by hand. The secret is in no record: the audit says for whom, not what. */
export function linkRoutes({
  identity,
}: {
  identity: Pick<Identity, 'people' | 'mintSignInLink' | 'invite'>
}): Route[] {
  const shared = { method: 'POST', tag: 'People', params: Params, output: LinkDocument, status: 201 } as const
  return [
    route({
      ...shared,
      path: '/api/v1/users/{id}/invitations',
      operationId: 'createInvitation',
      summary: 'A link to pass on for somebody’s first sign-in, once within 7 days',
      needs: 'people.write',
      audit: { action: 'invitation_created', resourceType: 'user' },
      async run({ caller }, { params }) {
        if (!isUuid(params.id)) throw noSuchPerson()
        return show(await identity.invite(params.id as UserId, caller))
      },
    }),
    route({
      ...shared,
      path: '/api/v1/users/{id}/sign-in-links',
      operationId: 'createSignInLink',
      summary: 'A link to pass on, which signs this person in once within 24 hours',
      // Whoever holds the link is that person, so only those who give roles may make one.
      needs: 'roles.write',
      audit: { action: 'sign_in_link_created', resourceType: 'user' },
      async run(_context, { params }) {
        const person = isUuid(params.id) ? await identity.people.find(params.id as UserId) : undefined
        if (person === undefined) throw noSuchPerson()
        return show(await identity.mintSignInLink(person.email))
      },
    }),
  ]
}

const noSuchPerson = () => new GatewayError('not-found', 'There is no person with this id.')
