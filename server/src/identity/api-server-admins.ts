import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type ServerId, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Identity } from './identity.ts'

const Admins = z.object({ user_ids: z.array(z.string()) }).meta({ id: 'ServerAdmins' })
const NewAdmins = z
  .strictObject({ user_ids: z.array(z.string().max(100)).max(50) })
  .meta({ id: 'NewServerAdmins' })

type Parts = {
  identity: Pick<Identity, 'serverAdmins' | 'personExists'>
  serverExists(id: ServerId): boolean
}

/** Server Admin: one connector, and no capability over the platform. */
export function serverAdminRoutes({ identity, serverExists }: Parts): Route[] {
  const shared = {
    path: '/api/v1/servers/{id}/admins',
    tag: 'Connectors',
    params: z.object({ id: z.string() }),
    output: Admins,
    status: 200,
  } as const
  const known = (id: string): ServerId => {
    if (isUuid(id) && serverExists(id as ServerId)) return id as ServerId
    throw new GatewayError('not-found', 'There is no connector with this id.')
  }
  const show = async (id: ServerId) => ({ user_ids: await identity.serverAdmins.of(id) })
  return [
    route({
      ...shared,
      method: 'GET',
      operationId: 'listServerAdmins',
      summary: 'Who administers this connector without a role over the others',
      needs: 'connectors.read',
      run: async (_context, { params }) => show(known(params.id)),
    }),
    route({
      ...shared,
      method: 'PUT',
      operationId: 'updateServerAdmins',
      summary: 'Replaces who administers this connector',
      needs: 'connectors.write',
      audit: { action: 'server_admins_updated', resourceType: 'server' },
      body: NewAdmins,
      async run(context, { params, body }) {
        const id = known(params.id)
        for (const [index, userId] of body.user_ids.entries()) {
          if (await identity.personExists(userId)) continue
          const error = {
            loc: `body.user_ids.${index}`,
            rule: 'exists',
            msg: 'There is no person with this id.',
          }
          throw new GatewayError('invalid-field', `${error.loc}: ${error.msg}`, { errors: [error] })
        }
        const before = await show(id)
        await identity.serverAdmins.replace(id, body.user_ids as UserId[])
        const after = await show(id)
        context.record({ resourceId: id, before, after })
        return after
      },
    }),
  ]
}
