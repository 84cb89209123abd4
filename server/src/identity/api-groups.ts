import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { type GroupId, isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Groups } from './change-people.ts'
import { afterOf, fullPage } from './page-list.ts'
import type { Group } from './person.ts'

const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
const memberIds = z.array(z.uuid()).max(10_000)

const NewGroup = z.strictObject({ name: name, member_ids: memberIds.optional() }).meta({ id: 'NewGroup' })
const GroupChange = z
  .strictObject({ name: name.optional(), member_ids: memberIds.optional() })
  .meta({ id: 'GroupChange' })
const GroupDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    member_ids: z.array(z.string()).describe('Entered here, or by a directory.'),
    sso_member_ids: z
      .array(z.string())
      .describe('Members as well, because an identity provider said so when they last signed in.'),
    demo: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Group' })

const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})

export function groupRoutes(groups: Groups): Route[] {
  return [...readRoutes(groups), ...changeRoutes(groups)]
}

function showGroup(group: Group) {
  return {
    id: group.id,
    name: group.name,
    member_ids: [...group.memberIds],
    sso_member_ids: [...group.ssoMemberIds],
    demo: group.demo,
    created_at: group.createdAt.toISOString(),
    updated_at: group.updatedAt.toISOString(),
  }
}

async function groupOf(groups: Groups, id: string): Promise<Group> {
  const group = isUuid(id) ? await groups.find(id as GroupId) : undefined
  if (group === undefined) throw new GatewayError('not-found', 'There is no group with this id.')
  return group
}

function readRoutes(groups: Groups): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/groups',
      operationId: 'listGroups',
      summary: 'Groups by name',
      tag: 'People',
      needs: 'people.read',
      query: ListQuery,
      output: z.object({ data: z.array(GroupDocument), next_cursor: z.string().nullable() }),
      status: 200,
      async run(_context, { query }) {
        const page = { query: query.query, after: afterOf(query.cursor), limit: query.limit + 1 }
        const found = await groups.page(page)
        return fullPage(found, query.limit, { show: showGroup, keyOf: ({ sortKey }) => sortKey })
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/groups/{id}',
      operationId: 'getGroup',
      summary: 'One group with its members',
      tag: 'People',
      needs: 'people.read',
      params: Params,
      output: GroupDocument,
      status: 200,
      run: async (_context, { params }) => showGroup(await groupOf(groups, params.id)),
    }),
  ]
}

function changeRoutes(groups: Groups): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/groups',
      operationId: 'createGroup',
      summary: 'Adds a group',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'group_created', resourceType: 'group' },
      body: NewGroup,
      output: GroupDocument,
      status: 201,
      async run(context, { body }) {
        const group = await groups.create({ name: body.name, members: (body.member_ids ?? []) as UserId[] })
        context.record({ resourceId: group.id, after: showGroup(group) })
        return showGroup(group)
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/groups/{id}',
      operationId: 'updateGroup',
      summary: 'Renames a group or replaces the members entered here',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'group_updated', resourceType: 'group' },
      params: Params,
      body: GroupChange,
      output: GroupDocument,
      status: 200,
      async run(context, { params, body }) {
        const before = await groupOf(groups, params.id)
        const after = await groups.update(before.id, {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.member_ids === undefined ? {} : { members: body.member_ids as UserId[] }),
        })
        context.record({ resourceId: before.id, before: showGroup(before), after: showGroup(after) })
        return showGroup(after)
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/groups/{id}',
      operationId: 'deleteGroup',
      summary: 'Deletes a group; its members stay people',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'group_deleted', resourceType: 'group' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const before = await groupOf(groups, params.id)
        await groups.remove(before.id)
        context.record({ resourceId: before.id, before: showGroup(before) })
        return undefined
      },
    }),
  ]
}
