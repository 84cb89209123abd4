import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import { given, NewUser, Params, personOf, showUser, status, User } from './api-users.ts'
import type { Identity } from './identity.ts'
import { type OffBoarding, showLeaving } from './off-board.ts'
import type { Person } from './person.ts'

const UserChange = NewUser.partial()
  .extend({
    status: status.optional(),
    hand_over_to: z
      .string()
      .max(100)
      .optional()
      .describe(
        'With deactivation: who owns the person’s connectors from now on. By default whoever deactivates; with a key of the workspace, who has been Super Admin the longest.',
      ),
  })
  .meta({ id: 'UserChange' })

type Parts = { identity: Pick<Identity, 'people'>; offBoarding: OffBoarding }

export function userChangeRoutes({ identity, offBoarding }: Parts): Route[] {
  return [
    route({
      method: 'PATCH',
      path: '/api/v1/users/{id}',
      operationId: 'updateUser',
      summary: 'Changes the given fields of a person; deactivation ends keys and sessions at once',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'user_updated', resourceType: 'user' },
      params: Params,
      body: UserChange,
      output: User,
      status: 200,
      async run(context, { params, body }) {
        const person = await personOf(identity, params.id)
        const { hand_over_to: heirId, ...change } = body
        const heir = await heirOf(
          { identity, offBoarding },
          { heirId, leaving: change.status === 'deactivated' ? person : undefined },
          context.caller,
        )
        const charge = { by: context.caller, heir }
        const { before, after, leaving } = await offBoarding.update(person.id, given(change), charge)
        context.record({
          resourceId: person.id,
          before: showUser(before),
          after: { ...showUser(after), ...showLeaving(leaving) },
        })
        return showUser(after)
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/users/{id}',
      operationId: 'deleteUser',
      summary: 'Deletes a person with their keys and sessions',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'user_deleted', resourceType: 'user' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const person = await personOf(identity, params.id)
        const heir = await heirOf(
          { identity, offBoarding },
          { heirId: undefined, leaving: person },
          context.caller,
        )
        const leaving = await offBoarding.remove(person.id, { by: context.caller, heir })
        context.record({ resourceId: person.id, before: showUser(person), after: showLeaving(leaving) })
        return undefined
      },
    }),
  ]
}

/**
 * Who owns what somebody leaves behind: whoever is named, else the person who acts. A key of the workspace owns nothing:
 * then it is who has been Super Admin the longest.
 */
async function heirOf(
  { identity: { people }, offBoarding }: Parts,
  { heirId, leaving }: { heirId: string | undefined; leaving: Person | undefined },
  caller: Caller,
): Promise<UserId | undefined> {
  const self = caller.type === 'user' ? caller.id : undefined
  if (heirId === undefined) return leaving && offBoarding.heirOf(leaving.id, self)
  const refuse = (rule: string, msg: string): never => {
    const error = { loc: 'body.hand_over_to', rule, msg }
    throw new GatewayError('invalid-field', `${error.loc}: ${msg}`, { errors: [error] })
  }
  if (leaving === undefined) return refuse('not-with-status', 'Only somebody who is deactivated hands over.')
  const heir = isUuid(heirId) ? await people.find(heirId as UserId) : undefined
  if (heir === undefined || heir.status !== 'active' || heir.id === leaving.id)
    return refuse('exists', 'Name another active person by their id.')
  return heir.id
}
