import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { isUuid, type KeyId, type UserId } from '../kernel/ids.ts'
import { can, type Route, route } from '../kernel/route.ts'
import type { Identity } from './identity.ts'
import { afterOf, fullPage } from './page-list.ts'
import type { ApiKey } from './person.ts'

const NewApiKey = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^\P{Cc}*$/u, 'must have no control characters'),
    kind: z.enum(['personal', 'organization', 'enrollment']).optional(),
    role: z.enum(['deploy', 'detect_scan', 'security_scan', 'management']).optional(),
    user_id: z.string().max(100).optional(),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
  })
  .meta({ id: 'NewApiKey' })

const keyFields = {
  id: z.string(),
  name: z.string(),
  kind: z.literal('personal'),
  prefix: z.string().describe('How the secret begins.'),
  user_id: z.string(),
  user_email: z.string(),
  created_by: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable().describe('Up to a minute late.'),
  last_used_ip: z.string().nullable(),
}
const ApiKeyDocument = z.object(keyFields).meta({ id: 'ApiKey' })
const ApiKeyWithSecret = z
  .object({ ...keyFields, secret: z.string().describe('Shown this once.') })
  .meta({ id: 'ApiKeyWithSecret' })

const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  user_id: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})
type Parts = { identity: Pick<Identity, 'keys' | 'people'>; now: () => number }

export function keyRoutes(parts: Parts): Route[] {
  return [...readRoutes(parts), createRoute(parts), deleteRoute(parts)]
}

function show(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    kind: 'personal' as const,
    prefix: key.prefix,
    user_id: key.userId,
    user_email: key.userEmail,
    created_by: key.createdBy ?? null,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    last_used_ip: key.lastUsedIp ?? null,
  }
}

const noSuchKey = () => new GatewayError('not-found', 'There is no key with this id.')

/** Somebody else's key is unknown to whoever may not manage keys. */
async function visibleKey({ identity }: Parts, id: string, caller: Caller): Promise<ApiKey> {
  const key = isUuid(id) ? await identity.keys.find(id as KeyId) : undefined
  if (key === undefined || (key.userId !== caller.id && !can(caller, 'keys.manage'))) throw noSuchKey()
  return key
}

function readRoutes(parts: Parts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/api-keys',
      operationId: 'listApiKeys',
      summary: 'Your own keys, newest first; everybody’s for those who manage keys',
      tag: 'API keys',
      needs: 'anyone',
      query: ListQuery,
      output: z.object({ data: z.array(ApiKeyDocument), next_cursor: z.string().nullable() }),
      status: 200,
      async run({ caller }, { query }) {
        const { user_id: asked, limit } = query
        const owner = can(caller, 'keys.manage') ? asked : caller.id
        if (asked !== undefined && (asked !== owner || !isUuid(asked))) return { data: [], next_cursor: null }
        const after = afterOf(query.cursor)
        if (after !== undefined && !isUuid(after))
          throw wrong('query.cursor', 'cursor', 'Take next_cursor of a list.')
        const filter = { userId: owner as UserId | undefined, query: query.query }
        const found = await parts.identity.keys.page(filter, after as KeyId | undefined, limit + 1)
        return fullPage(found, limit, { show, keyOf: (key) => key.id })
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/api-keys/{id}',
      operationId: 'getApiKey',
      summary: 'One key, without its secret',
      tag: 'API keys',
      needs: 'anyone',
      params: Params,
      output: ApiKeyDocument,
      status: 200,
      run: async ({ caller }, { params }) => show(await visibleKey(parts, params.id, caller)),
    }),
  ]
}

function wrong(loc: string, rule: string, msg: string): GatewayError {
  const errors: FieldError[] = [{ loc, rule, msg }]
  return new GatewayError('invalid-field', `${loc}: ${msg}`, { errors })
}

/** Throws invalid-field naming everything that is not offered yet or makes no sense. */
function checkDraft(body: z.output<typeof NewApiKey>, now: number): void {
  const errors: FieldError[] = []
  if (body.kind !== undefined && body.kind !== 'personal') {
    errors.push({
      loc: 'body.kind',
      rule: 'not-available',
      msg: `Keys of kind ${body.kind} are not available in this version.`,
    })
  }
  if (body.role !== undefined) {
    errors.push({
      loc: 'body.role',
      rule: 'not-available',
      msg: 'A personal key has no role: it acts as its owner.',
    })
  }
  if (body.expires_at != null && Date.parse(body.expires_at) <= now) {
    errors.push({ loc: 'body.expires_at', rule: 'future', msg: 'The end must be in the future.' })
  }
  const [first] = errors
  if (first !== undefined) throw new GatewayError('invalid-field', `${first.loc}: ${first.msg}`, { errors })
}

/** A key acts as its owner, so making one for somebody else is making oneself them. */
async function ownerOf(parts: Parts, asked: string | undefined, caller: Caller): Promise<UserId> {
  if (asked === undefined || asked === caller.id) return caller.id
  if (!caller.roles.includes('super_admin')) {
    throw new GatewayError('not-allowed', 'Only a Super Admin makes keys for somebody else.')
  }
  const owner = isUuid(asked) ? await parts.identity.people.find(asked as UserId) : undefined
  if (owner === undefined) throw wrong('body.user_id', 'exists', 'There is no such person.')
  return owner.id
}

function createRoute(parts: Parts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/api-keys',
    operationId: 'createApiKey',
    summary: 'Makes a personal key and shows its secret this once',
    tag: 'API keys',
    needs: 'anyone',
    audit: { action: 'api_key_created', resourceType: 'api_key' },
    body: NewApiKey,
    output: ApiKeyWithSecret,
    status: 201,
    async run(context, { body }) {
      const { caller } = context
      checkDraft(body, parts.now())
      const userId = await ownerOf(parts, body.user_id, caller)
      const expiresAt = body.expires_at == null ? undefined : new Date(body.expires_at)
      const { key, secret } = await parts.identity.keys.create({
        userId,
        name: body.name,
        expiresAt,
        createdBy: caller.id,
      })
      context.record({ resourceId: key.id, after: show(key) })
      return { ...show(key), secret }
    },
  })
}

function deleteRoute(parts: Parts): Route {
  return route({
    method: 'DELETE',
    path: '/api/v1/api-keys/{id}',
    operationId: 'deleteApiKey',
    summary: 'Revokes a key at once; it cannot be brought back',
    tag: 'API keys',
    needs: 'anyone',
    audit: { action: 'api_key_revoked', resourceType: 'api_key' },
    params: Params,
    output: z.undefined(),
    status: 204,
    async run(context, { params }) {
      const key = await visibleKey(parts, params.id, context.caller)
      await parts.identity.keys.revoke(key.id)
      context.record({ resourceId: key.id, before: show(key) })
      return undefined
    },
  })
}
