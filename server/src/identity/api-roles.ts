import { z } from 'zod'
import { roles } from '../kernel/caller.ts'
import { roleMatrix } from '../kernel/role-matrix.ts'
import { type Route, route } from '../kernel/route.ts'

const role = z.enum(roles)
const RoleDocument = z
  .object({
    role,
    title: z.string(),
    description: z.string(),
    capabilities: z.array(z.string()),
    not_with: z.array(role).describe('Roles nobody holds together with this one.'),
  })
  .meta({ id: 'RoleDocument' })

export function rolesRoute(): Route {
  return route({
    method: 'GET',
    path: '/api/v1/roles',
    operationId: 'listRoles',
    summary: 'What each role may do, from the table that every check reads',
    tag: 'People',
    needs: 'anyone',
    output: z.object({ data: z.array(RoleDocument), next_cursor: z.string().nullable() }),
    status: 200,
    run: async () => ({ data: roleMatrix(), next_cursor: null }),
  })
}
