import { z } from 'zod'
import { attributeName, attributeValue, mostAttributes } from '../kernel/attributes.ts'
import { type Caller, roles } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type ServerId, type UserId } from '../kernel/ids.ts'
import { type Capability, can, capabilities, type Route, route } from '../kernel/route.ts'
import type { Mail } from '../mail/mail.ts'
import { groupRoutes } from './api-groups.ts'
import { keyRoutes } from './api-keys.ts'
import { linkRoutes } from './api-links.ts'
import { noticeRoutes } from './api-notices.ts'
import { rolesRoute } from './api-roles.ts'
import { serverAdminRoutes } from './api-server-admins.ts'
import { sessionRoutes } from './api-sessions.ts'
import type { Identity } from './identity.ts'
import { type OffBoarding, showLeaving } from './off-board.ts'
import { afterOf, fullPage } from './page-list.ts'
import type { Person } from './person.ts'

const name = z
  .string()
  .trim()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
const email = z.email().max(254)
const role = z.enum(roles)
const status = z.enum(['active', 'deactivated'])
const attributes = z
  .record(
    z.string().regex(attributeName, 'must begin with a letter and have letters, digits, _ and - only'),
    z
      .array(
        z.string().regex(attributeValue, 'must have 1 to 256 characters, none of them control characters'),
      )
      .min(1)
      .max(mostAttributes.values),
  )
  .refine((all) => Object.keys(all).length <= mostAttributes.names, `at most ${mostAttributes.names} names`)
  .describe('What the directory says of a person, for rules to go by: department, title, manager, …')

const NewUser = z
  .strictObject({
    email,
    name: name.optional(),
    roles: z.array(role).max(roles.length).optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: 'NewUser' })
const UserChange = z
  .strictObject({
    email: email.optional(),
    name: name.optional(),
    roles: z.array(role).max(roles.length).optional(),
    status: status.optional(),
    attributes: attributes.optional(),
    hand_over_to: z
      .string()
      .max(100)
      .optional()
      .describe(
        'With deactivation: who owns the person’s connectors from now on. By default whoever deactivates; with a key of the workspace, who has been Super Admin the longest.',
      ),
  })
  .meta({ id: 'UserChange' })
const userFields = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(role),
  status,
  group_ids: z.array(z.string()),
  attributes: z.record(z.string(), z.array(z.string())),
  demo: z.boolean(),
  last_seen_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
}
const User = z.object(userFields).meta({ id: 'User' })
const Me = z
  .object({
    ...userFields,
    groups: z.array(z.object({ id: z.string(), name: z.string() })),
    capabilities: z.array(z.string()),
    csrf_token: z
      .string()
      .optional()
      .describe('Sent back in x-csrf-token with every change; only with a console session.'),
  })
  .meta({ id: 'Me' })

const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() })

export type IdentityRoutesParts = {
  identity: Omit<Identity, 'authenticate'>
  now: () => number
  offBoarding: OffBoarding
  mail: Pick<Mail, 'send'>
  serverExists(id: ServerId): boolean
}

export function identityRoutes(parts: IdentityRoutesParts): Route[] {
  const { identity } = parts
  return [
    meRoute(identity),
    ...userRoutes(identity),
    ...userChangeRoutes(parts),
    ...serverAdminRoutes(parts),
    ...linkRoutes(parts),
    ...groupRoutes(identity.groups),
    ...keyRoutes(parts),
    ...sessionRoutes(parts),
    ...noticeRoutes(parts),
    rolesRoute(),
  ]
}

type Doors = IdentityRoutesParts['identity']

function showUser(person: Person) {
  return {
    id: person.id,
    email: person.email,
    name: person.name,
    roles: [...person.roles],
    status: person.status,
    group_ids: [...person.groupIds],
    attributes: showAttributes(person.attributes),
    demo: person.demo,
    last_seen_at: person.lastSeenAt?.toISOString() ?? null,
    created_at: person.createdAt.toISOString(),
    updated_at: person.updatedAt.toISOString(),
  }
}

function showAttributes(all: Person['attributes']): Record<string, string[]> {
  return Object.fromEntries(Object.entries(all).map(([called, values]) => [called, [...values]]))
}

/** Throws not-found, also for an odd spelling of an id (T10). */
async function personOf({ people }: Doors, id: string): Promise<Person> {
  const person = isUuid(id) ? await people.find(id as UserId) : undefined
  if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
  return person
}

function meRoute(identity: Doors): Route {
  return route({
    method: 'GET',
    path: '/api/v1/users/me',
    operationId: 'getMe',
    summary: 'The person the credential belongs to, with what they may do',
    tag: 'People',
    needs: 'anyone',
    output: Me,
    status: 200,
    async run({ caller }) {
      const person = await personOf(identity, caller.id)
      const names = await identity.groupNames()
      const granted = (Object.keys(capabilities) as Capability[]).filter((capability) =>
        can(person, capability),
      )
      return {
        ...showUser(person),
        groups: person.groupIds.map((id) => ({ id, name: names.get(id) ?? '' })),
        capabilities: granted,
        ...(caller.proof.kind === 'session' ? { csrf_token: identity.csrfTokenOf(caller) } : {}),
      }
    },
  })
}

function userRoutes(identity: Doors): Route[] {
  const { people } = identity
  return [
    route({
      method: 'GET',
      path: '/api/v1/users',
      operationId: 'listUsers',
      summary: 'People by email',
      tag: 'People',
      needs: 'people.read',
      query: ListQuery,
      output: listOf(User),
      status: 200,
      async run(_context, { query }) {
        const found = await people.page({
          query: query.query,
          after: afterOf(query.cursor),
          limit: query.limit + 1,
        })
        return fullPage(found, query.limit, { show: showUser, keyOf: ({ sortKey }) => sortKey })
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/users',
      operationId: 'createUser',
      summary: 'Adds a person; roles other than user need a Super Admin',
      tag: 'People',
      needs: 'people.write',
      audit: { action: 'user_created', resourceType: 'user' },
      body: NewUser,
      output: User,
      status: 201,
      async run(context, { body }) {
        const { email: address, ...rest } = body
        const person = await people.create({ email: address, ...given(rest) }, context.caller)
        const after = showUser(person)
        context.record({ resourceId: person.id, after })
        return after
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/users/{id}',
      operationId: 'getUser',
      summary: 'One person',
      tag: 'People',
      needs: 'people.read',
      params: Params,
      output: User,
      status: 200,
      run: async (_context, { params }) => showUser(await personOf(identity, params.id)),
    }),
  ]
}

function userChangeRoutes({ identity, offBoarding }: IdentityRoutesParts): Route[] {
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
  { identity: { people }, offBoarding }: Pick<IdentityRoutesParts, 'identity' | 'offBoarding'>,
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

type Given<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> }

/** Without the fields that were not sent. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
