import { z } from 'zod'
import { attributeName, attributeValue, mostAttributes } from '../kernel/attributes.ts'
import { roles } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Capability, can, capabilities, type Route, route } from '../kernel/route.ts'
import type { Identity } from './identity.ts'
import { afterOf, fullPage } from './page-list.ts'
import type { Person } from './person.ts'

const name = z
  .string()
  .trim()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
const email = z.email().max(254)
const role = z.enum(roles)
export const status = z.enum(['active', 'deactivated'])
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

export const NewUser = z
  .strictObject({
    email,
    name: name.optional(),
    roles: z.array(role).max(roles.length).optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: 'NewUser' })
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
export const User = z.object(userFields).meta({ id: 'User' })
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

export const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() })

type Doors = Pick<Identity, 'people' | 'groupNames' | 'csrfTokenOf'>

export function showUser(person: Person) {
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
export async function personOf({ people }: Pick<Identity, 'people'>, id: string): Promise<Person> {
  const person = isUuid(id) ? await people.find(id as UserId) : undefined
  if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
  return person
}

export function meRoute(identity: Doors): Route {
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

export function userRoutes(identity: Doors): Route[] {
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

type Given<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> }

/** Without the fields that were not sent. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
